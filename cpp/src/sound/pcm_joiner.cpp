#include "sound/pcm_joiner.h"

#include <algorithm>
#include <cstring>

namespace hostmode {

PcmJoiner::Samples PcmJoiner::join(const std::uint8_t* data, std::size_t size,
                                   std::vector<std::int16_t>& scratch) {
  const std::size_t before = holds_byte_ ? 1 : 0;
  const std::size_t place = phase_.look(holds_byte_ ? &byte_ : nullptr, data, size);
  left_out_ = place != BytePhase::kInPhase && size > 0 ? 1 : 0;
  const std::size_t count = (before + size - left_out_) / 2;
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % alignof(std::int16_t) == 0;
  if (before == 0 && left_out_ == 0 && aligned) return {reinterpret_cast<const std::int16_t*>(data), count};

  std::vector<std::uint8_t> kept;
  kept.reserve(before + size);
  if (before != 0) kept.push_back(byte_);
  kept.insert(kept.end(), data, data + size);
  if (left_out_ != 0)
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(std::min(place, kept.size() - 1)));
  scratch.resize(count);
  if (count > 0) std::memcpy(scratch.data(), kept.data(), count * sizeof(std::int16_t));
  return {scratch.data(), count};
}

void PcmJoiner::keep_odd_byte(const std::uint8_t* data, std::size_t size) noexcept {
  if (size == 0) return;
  holds_byte_ = (size + (holds_byte_ ? 1 : 0) - left_out_) % 2 != 0;
  if (holds_byte_) byte_ = data[size - 1];
}

}  // namespace hostmode
