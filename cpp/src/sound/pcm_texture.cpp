#include "sound/pcm_texture.h"

#include <algorithm>
#include <array>

namespace hostmode {

PcmTexture texture_of(const std::uint8_t* bytes, std::size_t count) noexcept {
  PcmTexture texture;
  if (count < 2) return texture;
  std::array<std::size_t, 256> upper{};
  double sum = 0.0;
  double squares = 0.0;
  double step_squares = 0.0;
  double before = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    ++upper[bytes[2 * i + 1]];
    const auto word = static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8);
    const double sample = static_cast<std::int16_t>(word) / 32768.0;
    sum += sample;
    squares += sample * sample;
    if (i > 0) step_squares += (sample - before) * (sample - before);
    before = sample;
  }
  const auto n = static_cast<double>(count);
  texture.power = std::max(0.0, squares / n - sum / n * (sum / n));
  texture.step_power = step_squares / (n - 1);
  texture.top_share = static_cast<double>(*std::max_element(upper.begin(), upper.end())) / n;
  texture.upper_bytes = static_cast<int>(
      std::count_if(upper.begin(), upper.end(), [](std::size_t times) { return times > 0; }));
  return texture;
}

bool sounds_compressed(const std::uint8_t* bytes, std::size_t size) noexcept {
  constexpr std::size_t kEnough = 64;
  constexpr double kLoud = 0.15;  // bytes of chance have a third
  const std::size_t count = size / 2;
  if (count < kEnough) return false;
  const PcmTexture texture = texture_of(bytes, count);
  return texture.power > kLoud && texture.is_white() && texture.upper_bytes > 40;
}

}  // namespace hostmode
