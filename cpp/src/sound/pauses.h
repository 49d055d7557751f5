// Finds the pauses of speech: where its sound may wait and no word is torn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace hostmode {

// From one sample of a stream to another.
struct SpeechPause {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// A pause is as much as a tenth of a second that is much quieter than the speech around it: 40 dB below its
// loudest, or no louder than the noise behind it where that is 18 dB below. Sound that never falls so far has
// none. Not thread-safe.
class PauseFinder {
 public:
  explicit PauseFinder(int rate_hz) noexcept : piece_samples_(rate_hz / 100), least_samples_(rate_hz / 10) {}

  // Looks at the next samples of the stream, in chunks of any size.
  void look(const std::int16_t* samples, std::size_t count);

  // The pauses that were found or have become longer since the last time, oldest first; one that becomes
  // longer keeps its beginning.
  [[nodiscard]] std::vector<SpeechPause> take() noexcept;

 private:
  void end_piece();

  const std::int64_t piece_samples_;
  const std::int64_t least_samples_;
  std::int64_t position_ = 0;
  std::int64_t in_piece_ = 0;
  double sum_ = 0.0;                                        // of squares, of the piece so far
  double loud_ = 0.0;                                       // mean squares of pieces: of the loudest lately
  double noise_ = std::numeric_limits<double>::infinity();  // of the quietest lately
  std::int64_t quiet_since_ = -1;
  std::vector<SpeechPause> found_;
};

}  // namespace hostmode
