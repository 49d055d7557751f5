// From bytes in chunks of any size to samples: an odd byte waits for the next chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace hostmode {

// One for each utterance: what is left over never reaches another one. Not thread-safe.
class PcmJoiner {
 public:
  struct Samples {
    const std::int16_t* data;
    std::size_t count;
  };

  [[nodiscard]] bool holds_byte() const noexcept { return holds_byte_; }

  // How many samples `bytes` more bytes make.
  [[nodiscard]] std::size_t samples_of(std::size_t bytes) const noexcept {
    return (bytes + (holds_byte_ ? 1 : 0)) / 2;
  }

  // The samples that a chunk completes; `scratch` holds them where they cannot stay where they are.
  [[nodiscard]] Samples join(const std::uint8_t* data, std::size_t size,
                             std::vector<std::int16_t>& scratch) const {
    const std::size_t before = holds_byte_ ? 1 : 0;
    const std::size_t count = (size + before) / 2;
    const bool aligned = reinterpret_cast<std::uintptr_t>(data) % alignof(std::int16_t) == 0;
    Samples samples{reinterpret_cast<const std::int16_t*>(data), count};
    if (before != 0 || !aligned) {
      scratch.resize(count);
      auto* const bytes = reinterpret_cast<std::uint8_t*>(scratch.data());
      if (count > 0) {
        if (before != 0) bytes[0] = byte_;
        std::memcpy(bytes + before, data, count * 2 - before);
      }
      samples.data = scratch.data();
    }
    return samples;
  }

  // What that chunk leaves for the next one.
  void keep_odd_byte(const std::uint8_t* data, std::size_t size) noexcept {
    if (size == 0) return;
    holds_byte_ = (size + (holds_byte_ ? 1 : 0)) % 2 != 0;
    if (holds_byte_) byte_ = data[size - 1];
  }

 private:
  std::uint8_t byte_ = 0;
  bool holds_byte_ = false;
};

}  // namespace hostmode
