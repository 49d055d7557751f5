in vec2 corner;
uniform vec4 box;  // left, bottom, right, top in clip space
out vec2 at;

void main() {
  at = corner;
  gl_Position = vec4(mix(box.xy, box.zw, corner), 0.0, 1.0);
}
