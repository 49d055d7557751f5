in vec3 position;
in vec3 normal;
in vec2 uv;
in vec4 colour;  // sRGB, and how much of the atlas covers it
in vec4 shade;   // ambient, lit, material, lips
in vec3 place;   // at rest; of hair, the way its strands run
uniform mat4 view_projection;
uniform vec3 eye;
uniform float mouth_open;
out vec2 atlas_uv;
out vec4 albedo;
#ifdef PER_PIXEL
out vec3 seen_normal;
out vec3 seen_position;
out vec3 rest_place;
flat out int material;
out vec3 lights;
#else
out vec3 diffuse;
out vec3 gloss;
#endif

void main() {
  gl_Position = view_projection * vec4(position, 1.0);
  atlas_uv = uv;
  int kind = int(shade.z + 0.5);
  float cover = kind == SKIN || kind == CLOTH ? colour.a : kind == HAIR || kind == TEETH ? 1.0 : 0.0;
  albedo = vec4(colour.rgb * colour.rgb * (1.0 - cover), cover);
#ifdef PER_PIXEL
  seen_normal = normal;
  seen_position = position;
  rest_place = place;
  material = kind;
  lights = vec3(shade.xy, shade.w);
#else
  light_up(kind, normal, normalize(eye - position), place, shade.x, shade.y, shade.w, mouth_open, diffuse, gloss);
#endif
}
