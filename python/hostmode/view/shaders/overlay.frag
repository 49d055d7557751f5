in vec2 at;
uniform sampler2D text;
out vec4 pixel;

void main() {
  float ink = texture(text, at).r;
  pixel = vec4(vec3(ink), 0.55 + 0.45 * ink);
}
