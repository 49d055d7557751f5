#include "sound/byte_phase.h"

#include <algorithm>

#include "sound/pcm_texture.h"

namespace hostmode {
namespace {

constexpr std::size_t kWindowBytes = 2 * BytePhase::kWindow + 1;
// -32 dB at full scale: what is out of phase and weaker than that came from near silence and is hardly heard.
constexpr double kHeard = 6e-4;
// By how much the other phase must be calmer.
constexpr double kCalmer = 8.0;
// What the lower halves of natural samples have: many values, none of them often. Clipped sound has two,
// tones of simple fractions of the sample rate a handful.
constexpr int kManyValues = 12;
constexpr double kOften = 0.25;

bool is_in_phase(const std::uint8_t* window) noexcept {
  const PcmTexture taken = texture_of(window, BytePhase::kWindow);
  const PcmTexture other = texture_of(window + 1, BytePhase::kWindow);
  return taken.step_power * kCalmer < other.step_power;
}

}  // namespace

bool is_out_of_phase(const std::uint8_t* window) noexcept {
  const PcmTexture taken = texture_of(window, BytePhase::kWindow);
  if (taken.power < kHeard || !taken.is_white()) return false;
  if (taken.upper_bytes < kManyValues || taken.top_share > kOften) return false;
  const PcmTexture other = texture_of(window + 1, BytePhase::kWindow);
  // Sound of 8 bits that was widened to 16 has nothing in its lower halves.
  return other.upper_bytes > 1 && other.step_power * kCalmer < taken.step_power;
}

std::size_t BytePhase::look(const std::uint8_t* held, const std::uint8_t* bytes, std::size_t size) {
  if (size < kWindowBytes + 1) {
    if (undecided_.empty() && held != nullptr) undecided_.push_back(*held);
    undecided_.insert(undecided_.end(), bytes, bytes + size);
    if (undecided_.size() < kWindowBytes) return kInPhase;
    const bool shifted = is_out_of_phase(undecided_.data() + (undecided_.size() - kWindowBytes) / 2 * 2);
    undecided_.clear();
    return shifted ? 0 : kInPhase;
  }
  undecided_.clear();
  const std::size_t first = held != nullptr ? 1 : 0;
  const std::size_t last = first + (size - first - kWindowBytes) / 2 * 2;
  std::size_t known = first;
  for (std::size_t at = first; at <= last; at = at < last ? std::min(at + 2 * kWindow, last) : last + 1) {
    if (is_out_of_phase(bytes + at)) return known == first ? 0 : known + first;
    if (is_in_phase(bytes + at)) known = at + 2 * kWindow;
  }
  return kInPhase;
}

}  // namespace hostmode
