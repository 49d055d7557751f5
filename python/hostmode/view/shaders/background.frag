in vec2 at;
uniform vec3 middle;
uniform vec3 edge;
uniform sampler2D picture;
uniform bool has_picture;
out vec4 pixel;

void main() {
  float r = length((at - vec2(-0.1, 0.25)) * vec2(0.75, 0.8));
  vec3 plain = mix(middle, edge, smoothstep(0.0, 1.5, r));
  pixel = vec4(has_picture ? texture(picture, at * 0.5 + 0.5).rgb : plain, 1.0);
}
