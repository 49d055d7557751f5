// From linear light to what a screen shows.
vec3 tone(vec3 c) {
  vec3 t = c * (1.0 + c * 0.154) / (1.0 + c);
  float grey = dot(t, vec3(0.3, 0.6, 0.1));
  t = clamp((grey + (t - grey) * 1.08) * 1.1, 0.0, 1.0);
  vec3 s = sqrt(t);
  return s * (1.0 + 0.12 * (1.0 - s));
}
