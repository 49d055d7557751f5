in vec2 atlas_uv;
in vec4 albedo;
#ifdef PER_PIXEL
in vec3 seen_normal;
in vec3 seen_position;
in vec3 rest_place;
flat in int material;
in vec3 lights;
uniform vec3 eye;
uniform float mouth_open;
#else
in vec3 diffuse;
in vec3 gloss;
#endif
uniform sampler2D atlas;
out vec4 pixel;

void main() {
  vec3 texel = texture(atlas, atlas_uv).rgb;
  vec3 base = albedo.rgb + texel * texel * albedo.a;
#ifdef PER_PIXEL
  vec3 diffuse, gloss;
  vec3 n = normalize(seen_normal) * (gl_FrontFacing ? 1.0 : -1.0);
  light_up(material, n, normalize(eye - seen_position), rest_place, lights.x, lights.y, lights.z, mouth_open,
           diffuse, gloss);
#endif
  pixel = vec4(tone(base * diffuse + gloss), 1.0);
}
