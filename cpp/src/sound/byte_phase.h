// Finds sound whose samples begin a byte later than they are taken to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hostmode {

// One lost byte turns speech into loud white noise for good: the lower half of each sample becomes the upper
// half of the next. Such a stream is told by its other phase, which is calm. Silence, noise, and whatever is
// rough in both phases or calm in the one it has says nothing, and changes nothing.
class BytePhase {
 public:
  // Samples that are judged at once, 5 to 32 ms.
  static constexpr std::size_t kWindow = 256;
  static constexpr std::size_t kInPhase = static_cast<std::size_t>(-1);

  // Looks at the next bytes of a stream: `held`, where not null, and then `size` more; the first of them
  // begins a sample. Returns the place, even, at which one byte is to be left out to bring the rest into
  // phase: the first from which on they are not known to be in phase; kInPhase where they are, or nothing can
  // be said.
  [[nodiscard]] std::size_t look(const std::uint8_t* held, const std::uint8_t* bytes, std::size_t size);

 private:
  std::vector<std::uint8_t> undecided_;  // what came in pieces shorter than a window
};

// Whether one window, kWindow samples and a byte, begins a byte too early.
[[nodiscard]] bool is_out_of_phase(const std::uint8_t* window) noexcept;

}  // namespace hostmode
