#include "sound/foreign_samples.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "sound/pcm_texture.h"

namespace hostmode {
namespace {

constexpr std::size_t kWindow = ForeignSamples::kWindow;
constexpr std::size_t kWords = kWindow / 2;

// Below -32 dB at full scale nothing is settled: what is another form of speech is louder as 16-bit samples.
constexpr double kHeard = 6e-4;
constexpr double kLoud = 0.02;

constexpr NotPcm kFloat32{"32-bit floats", "convert them: (numpy.clip(x, -1, 1) * 32767).astype('<i2')"};
constexpr NotPcm kFloat64{"64-bit floats", "convert them: (numpy.clip(x, -1, 1) * 32767).astype('<i2')"};
constexpr NotPcm kBigEndian{"big-endian PCM",
                            "swap its bytes first: numpy.frombuffer(data, '>i2').astype('<i2')"};
constexpr NotPcm kBytes{"samples of 8 bits (mu-law, A-law or 8-bit PCM)",
                        "decode or widen them to 16 bits first, or ask the service for linear 16-bit PCM"};

std::uint16_t word_at(const std::uint8_t* window, std::size_t i) noexcept {
  return static_cast<std::uint16_t>(window[2 * i] | window[2 * i + 1] << 8);
}

// ---- floats: the uppermost word of each holds its sign and its magnitude, which for sound lies within a
// few powers of two. As a 16-bit sample that would be one of two narrow, uneven bands, met by every second or
// fourth sample and by no others.

struct FloatForm {
  std::size_t words;     // of one number
  std::uint16_t least;   // upper words of magnitudes of sound, without the sign
  std::uint16_t half;    // of 0.5
  std::uint16_t beyond;  // of 2
};
constexpr FloatForm kSingle{2, 0x3300, 0x3F00, 0x4000};
constexpr FloatForm kDouble{4, 0x3E00, 0x3FE0, 0x4000};

bool are_floats(const std::uint8_t* window, const FloatForm& form) noexcept {
  constexpr std::size_t kFew = 8;
  const auto in_band = [&](std::uint16_t word) {
    const int magnitude = word & 0x7FFF;
    return magnitude >= form.least && magnitude < form.beyond;
  };
  std::size_t sounding = 0, fitting = 0, others = 0, others_fitting = 0;
  std::array<std::size_t, 2> below_half{};  // of each sign
  std::array<std::uint16_t, kFew> different{};
  std::size_t differences = 0;
  for (std::size_t i = 0; i + form.words <= kWords; i += form.words) {
    const std::uint16_t top = word_at(window, i + form.words - 1);
    if ((top & 0x7FFF) == 0) continue;
    ++sounding;
    for (std::size_t k = 0; k + 1 < form.words; ++k, ++others)
      others_fitting += in_band(word_at(window, i + k));
    if (!in_band(top)) continue;
    ++fitting;
    if ((top & 0x7FFF) < form.half) ++below_half[top >> 15];
    const auto end = different.begin() + differences;
    if (differences < kFew && std::find(different.begin(), end, top) == end) different[differences++] = top;
  }
  return sounding >= kWords / form.words / 4 && fitting * 100 >= sounding * 97 &&
         others_fitting * 2 < others && below_half[0] * 10 >= sounding && below_half[1] * 10 >= sounding &&
         differences == kFew;
}

// ---- big-endian words

int sample_of(std::uint8_t upper, std::uint8_t lower) noexcept {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(upper << 8 | lower));
}

// Little-endian samples of which a byte is missing have the upper byte first as well. But it is the byte
// before an upper one that belongs to it then, and with the wrong lower bytes the steps are larger.
bool are_swapped_rather_than_shifted(const std::uint8_t* window) noexcept {
  constexpr double kCertain = 4.0;  // standard errors
  double sum = 0, squares = 0;
  for (std::size_t i = 2; i + 3 < kWindow; i += 2) {
    const double swapped = sample_of(window[i + 2], window[i + 3]) - sample_of(window[i], window[i + 1]);
    const double shifted = sample_of(window[i + 2], window[i + 1]) - sample_of(window[i], window[i - 1]);
    const double more = shifted * shifted - swapped * swapped;
    sum += more;
    squares += more * more;
  }
  constexpr double kSteps = kWords - 2;
  const double mean = sum / kSteps;
  return mean > kCertain * std::sqrt((squares / kSteps - mean * mean) / kSteps);
}

bool are_swapped(const std::uint8_t* window, const PcmTexture& taken) noexcept {
  constexpr int kManyValues = 128;  // lower bytes of sound are of any value
  constexpr double kOften = 0.05;
  constexpr double kCalm = 0.3;
  if (!taken.is_white() || taken.upper_bytes < kManyValues || taken.top_share > kOften) return false;
  std::array<std::uint8_t, kWindow> swapped;
  for (std::size_t i = 0; i < kWindow; ++i) swapped[i] = window[i ^ 1];
  const PcmTexture other = texture_of(swapped.data(), kWords);
  return other.power > kHeard && other.step_power < kCalm * other.power &&
         are_swapped_rather_than_shifted(window);
}

// ---- samples of one byte

// Whether one byte of a word gives the other, in most cases.
bool are_widened(const std::uint8_t* window, int upper_bytes) noexcept {
  std::array<std::uint16_t, kWords - 1> words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = word_at(window, i);
  std::sort(words.begin(), words.end());
  const auto different = std::unique(words.begin(), words.end()) - words.begin();
  return 2 * different < std::ptrdiff_t{3} * upper_bytes;
}

// The lower byte of a loud 16-bit sample says nothing of the upper one and is spread otherwise. Where bytes
// are samples, whatever a byte means, each tells much of the next, and all are spread alike; where 8 bits
// were widened to 16, each tells all.
bool are_bytes(const std::uint8_t* window, const PcmTexture& taken) noexcept {
  constexpr std::size_t kParts = 16;
  constexpr int kManyValues = 24;
  constexpr double kOften = 0.2;
  constexpr double kTells = 0.3;  // Cramer's V: 0.17 where bytes are independent, 1 where one gives the other
  constexpr double kUnlike = 0.1;
  if (taken.is_calm() || taken.upper_bytes < kManyValues || taken.top_share > kOften) return false;
  // Of words in phase, and of such that have lost a byte.
  if (are_widened(window, taken.upper_bytes) || are_widened(window + 1, taken.upper_bytes)) return false;
  std::array<std::array<double, kParts>, kParts> pairs{};
  std::array<double, kParts> lower{};
  std::array<double, kParts> upper{};
  for (std::size_t i = 0; i < kWords; ++i) {
    const std::size_t low = window[2 * i] >> 4;
    const std::size_t high = window[2 * i + 1] >> 4;
    ++pairs[low][high];
    ++lower[low];
    ++upper[high];
  }
  double unlike = 0, chi_square = 0;
  for (std::size_t low = 0; low < kParts; ++low) {
    unlike += std::abs(lower[low] - upper[low]) / (2.0 * kWords);
    for (std::size_t high = 0; high < kParts; ++high) {
      const double expected = lower[low] * upper[high] / kWords;
      const double off = pairs[low][high] - expected;
      if (expected > 0) chi_square += off * off / expected;
    }
  }
  const auto parts = [](const std::array<double, kParts>& counts) {
    return std::count_if(counts.begin(), counts.end(), [](double count) { return count > 0; });
  };
  const auto degrees =
      static_cast<double>(std::max<std::ptrdiff_t>(1, std::min(parts(lower), parts(upper)) - 1));
  return unlike < kUnlike && chi_square > kTells * kTells * kWords * degrees;
}

}  // namespace

NotPcm foreign_form_of(const std::uint8_t* window) noexcept {
  if (are_floats(window, kSingle)) return kFloat32;
  if (are_floats(window, kDouble)) return kFloat64;
  const PcmTexture taken = texture_of(window, kWords);
  if (taken.power < kLoud) return {};
  if (are_swapped(window, taken)) return kBigEndian;
  return are_bytes(window, taken) ? kBytes : NotPcm{};
}

NotPcm ForeignSamples::look(const std::uint8_t* bytes, std::size_t size) noexcept {
  while (convictions_ < kConvinced && size > 0) {
    const std::size_t more = std::min(size, kWindow - waiting_);
    std::memcpy(window_.data() + waiting_, bytes, more);
    waiting_ += more;
    bytes += more;
    size -= more;
    if (waiting_ < kWindow) break;
    waiting_ = 0;
    if (const NotPcm found = foreign_form_of(window_.data()); found.what != nullptr) {
      if (++suspicions_ >= kEnough) return found;
      continue;
    }
    const PcmTexture texture = texture_of(window_.data(), kWords);
    if (texture.is_calm() && texture.power > kHeard) ++convictions_;
  }
  return {};
}

}  // namespace hostmode
