in vec3 position;
in vec3 normal;
in vec4 shade;
in vec3 place;
uniform mat4 view_projection;
out vec3 seen_normal;
out vec3 seen_position;
out vec3 rest_place;  // from the middle of the ball; the pupil is at +z
out float lit;

void main() {
  gl_Position = view_projection * vec4(position, 1.0);
  seen_normal = normal;
  seen_position = position;
  rest_place = place;
  lit = shade.y;
}
