in float root;
out vec4 pixel;

// The strips end no further from their root than here: nothing may be seen of where they end.
const float kEnd = 0.3;

void main() {
  float cover = clamp((root - kEnd) / (1.0 - kEnd), 0.0, 1.0);
  pixel = vec4(0.085, 0.062, 0.056, pow(cover, 1.7) * 0.95);
}
