// From bytes in chunks of any size to samples: an odd byte waits for the next chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sound/byte_phase.h"

namespace hostmode {

// One for each utterance: what is left over never reaches another one. Where a byte is missing, of a chunk
// that came late or a stream that went on after a pause, the rest is brought into phase again. Not
// thread-safe.
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
  [[nodiscard]] Samples join(const std::uint8_t* data, std::size_t size, std::vector<std::int16_t>& scratch);

  // Whether that chunk was out of phase: a byte of it, or the one that waited, is left out.
  [[nodiscard]] bool realigned() const noexcept { return left_out_ != 0; }

  // What that chunk leaves for the next one.
  void keep_odd_byte(const std::uint8_t* data, std::size_t size) noexcept;

 private:
  BytePhase phase_;
  std::size_t left_out_ = 0;
  std::uint8_t byte_ = 0;
  bool holds_byte_ = false;
};

}  // namespace hostmode
