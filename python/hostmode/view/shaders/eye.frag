in vec3 seen_normal;
in vec3 seen_position;
in vec3 rest_place;
in float lit;
uniform vec3 eye;
out vec4 pixel;
const float IRIS = 0.405;  // radians from the middle of the pupil

void main() {
  vec3 n = normalize(seen_normal), v = normalize(eye - seen_position), d = normalize(rest_place);
  float r = acos(clamp(d.z, -1.0, 1.0)), around = atan(d.y, d.x), q = r / IRIS;
  vec3 white = mix(vec3(0.80, 0.77, 0.74), vec3(0.66, 0.42, 0.38), smoothstep(0.62, 1.25, r) * 0.8);
  float fibres = 0.5 + 0.5 * sin(around * 37.0 + 3.0 * sin(around * 11.0));
  vec3 iris = mix(vec3(0.115, 0.070, 0.038), vec3(0.33, 0.215, 0.115), smoothstep(0.95, 0.35, q) * (0.55 + 0.45 * fibres));
  iris *= mix(1.0, 0.28, smoothstep(0.72, 1.0, q));
  iris *= 1.0 + 0.9 * max(0.0, -d.y * 2.2 + d.x * 0.8) * smoothstep(0.35, 0.8, q);
  iris = mix(iris, vec3(0.008), 1.0 - smoothstep(0.36, 0.42, q));
  float in_iris = 1.0 - smoothstep(IRIS - 0.025, IRIS + 0.02, r);
  vec3 base = mix(white * white, iris, in_iris);
  // The upper lid throws its shadow on the ball.
  float shadow = mix(1.0, 0.45, smoothstep(0.0, 1.2, n.y * 1.6 + 0.25));
  float key = max(dot(n, KEY) * 0.6 + 0.4, 0.0) * 0.75 + 0.25;
  vec3 c = base * (KEY_C * 0.50 * key * mix(0.6, 1.0, lit) + FILL_C * 0.5 * max(dot(n, FILL), 0.0) + sky(n.y) * 0.55) * shadow;
  vec3 h = normalize(KEY + v), h2 = normalize(normalize(vec3(0.55, 0.35, 0.8)) + v);
  c += (smoothstep(0.9885, 0.9945, dot(n, h)) * 1.25 + smoothstep(0.992, 0.996, dot(n, h2)) * 0.30) * mix(0.35, 1.0, shadow);
  c += 0.06 * pow(1.0 - max(dot(n, v), 0.0), 3.0);
  pixel = vec4(tone(c), 1.0);
}
