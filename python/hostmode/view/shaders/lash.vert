in vec3 position;
in vec2 uv;
uniform mat4 view_projection;
out float root;

void main() {
  gl_Position = view_projection * vec4(position, 1.0);
  root = uv.y;
}
