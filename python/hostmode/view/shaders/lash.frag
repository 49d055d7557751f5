in float root;
out vec4 pixel;

void main() {
  pixel = vec4(0.085, 0.062, 0.056, pow(clamp(root, 0.0, 1.0), 1.7) * 0.95);
}
