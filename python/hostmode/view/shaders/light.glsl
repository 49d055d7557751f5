// Two lamps, two rims and the sky. Colours are linear; albedo is multiplied later.
const vec3 KEY = normalize(vec3(-0.50, 0.55, 0.67)), FILL = normalize(vec3(0.75, 0.10, 0.62));
const vec3 RIM_R = normalize(vec3(0.62, 0.42, -0.66)), RIM_L = normalize(vec3(-0.80, 0.25, -0.55));
const vec3 KEY_C = vec3(1.95, 1.80, 1.64), FILL_C = vec3(0.34, 0.38, 0.46);
const vec3 RIM_R_C = vec3(1.10, 1.16, 1.28), RIM_L_C = vec3(0.50, 0.55, 0.66);
const int SKIN = 0, MOUTH = 1, TEETH = 2, TONGUE = 3, EYE = 4, LASH = 5, HAIR = 6, CLOTH = 7;

vec3 sky(float up) {
  return mix(vec3(0.21, 0.165, 0.145), vec3(0.37, 0.40, 0.45), 0.5 + 0.5 * up);
}

float ggx(float nh, float alpha) {
  float a2 = alpha * alpha, d = nh * nh * (a2 - 1.0) + 1.0;
  return a2 / (3.1416 * d * d);
}

// Kajiya and Kay: light on strands that run along `flow`.
void light_hair(vec3 n, vec3 v, vec3 flow, float ambient, float lit, out vec3 diffuse, out vec3 gloss) {
  float key = mix(0.35, 1.0, lit) * 0.55 * max(dot(n, KEY) * 0.7 + 0.3, 0.0) + 0.1;
  diffuse = KEY_C * key + sky(n.y) * 0.75 * ambient + FILL_C * 0.35 * max(dot(n, FILL) * 0.8 + 0.2, 0.0);
  vec3 t = normalize(flow), t1 = normalize(t + n * 0.10), t2 = normalize(t - n * 0.12), h = normalize(KEY + v);
  float s1 = sqrt(max(0.0, 1.0 - pow(dot(t1, h), 2.0))), s2 = sqrt(max(0.0, 1.0 - pow(dot(t2, h), 2.0)));
  vec3 shine = KEY_C * mix(0.15, 1.0, lit) * max(dot(n, KEY) + 0.25, 0.0) * (0.55 + 0.45 * ambient);
  diffuse += shine * 1.3 * pow(s2, 26.0);
  gloss = shine * vec3(0.022, 0.020, 0.018) * pow(s1, 90.0);
  float rim = max(dot(n, RIM_R), 0.0), along = dot(t1, normalize(RIM_R + v));
  diffuse += RIM_R_C * rim * (1.6 * pow(max(0.0, 1.0 - along * along), 14.0) * ambient + 0.6);
}

// Skin lets light through: it wraps around the form, red further than blue.
void light_surface(int material, vec3 n, vec3 v, vec3 place, float ambient, float lit, float lips, float mouth_open,
                   out vec3 diffuse, out vec3 gloss) {
  if (material == TEETH) {  // they pass light on to each other
    ambient = mix(ambient, 1.0, 0.6);
    lit = mix(lit, 1.0, 0.5);
  }
  float through = material == SKIN ? 1.0 : material == CLOTH ? 0.0 : 0.5;
  vec3 wrap = vec3(0.36, 0.15, 0.085) * through;
  float rough = mix(material == SKIN ? 0.46 : material == CLOTH ? 0.85 : 0.24, 0.27, lips), alpha = rough * rough;
  float f0 = material == CLOTH ? 0.02 : 0.03, k = mix(1.0, lit, 0.85);
  float nl = dot(n, KEY), nf = dot(n, FILL), nv = max(dot(n, v), 1e-3);
  vec3 shadow = pow(vec3(k), mix(vec3(1.0), vec3(0.72, 1.08, 1.2), through));
  diffuse = KEY_C * clamp((nl + wrap) / (1.0 + wrap), 0.0, 1.0) * shadow;
  diffuse += FILL_C * clamp((nf + wrap) / (1.0 + wrap), 0.0, 1.0) * mix(0.5, 1.0, ambient);
  diffuse += (RIM_R_C * max(dot(n, RIM_R), 0.0) + RIM_L_C * max(dot(n, RIM_L), 0.0)) * ambient * 0.8;
  diffuse += sky(n.y) * pow(vec3(ambient), mix(vec3(1.0), vec3(0.78, 1.06, 1.12), through));
  vec3 h = normalize(KEY + v), h2 = normalize(FILL + v);
  float fresnel = f0 + (1.0 - f0) * pow(1.0 - max(dot(h, v), 0.0), 5.0);
  gloss = KEY_C * k * ggx(max(dot(n, h), 0.0), alpha) * fresnel * max(nl, 0.0) / (4.0 * max(0.25, nv)) * 0.85;
  gloss += FILL_C * ambient * ggx(max(dot(n, h2), 0.0), alpha) * f0 * max(nf, 0.0) * 0.6;
  float edge = pow(1.0 - nv, 4.0) * 0.16 * ambient * (material == CLOTH ? 0.4 : 1.0);
  gloss += (RIM_R_C * max(dot(n, RIM_R) + 0.15, 0.0) + RIM_L_C * max(dot(n, RIM_L) + 0.15, 0.0)) * edge;
  if (material == MOUTH || material == TEETH || material == TONGUE) {
    // Light falls off towards the throat, and less comes in through a small opening.
    float depth = material == TEETH    ? mix(1.0, 0.15, smoothstep(1.5, 2.6, abs(place.x))) * smoothstep(8.0, 10.6, place.z)
                  : material == TONGUE ? smoothstep(4.5, 12.0, place.z) * 0.95
                                       : pow(smoothstep(3.5, 12.5, place.z), 2.2) * 0.55;
    float enters = mix(material == TEETH ? 0.95 : 0.30, 1.0, mouth_open) * depth;
    diffuse *= enters;
    gloss *= enters;
  }
}

void light_up(int material, vec3 n, vec3 v, vec3 place, float ambient, float lit, float lips, float mouth_open,
              out vec3 diffuse, out vec3 gloss) {
  if (material == HAIR) {
    light_hair(n, v, place, ambient, lit, diffuse, gloss);
  } else {
    light_surface(material, n, v, place, ambient, lit, lips, mouth_open, diffuse, gloss);
  }
}
