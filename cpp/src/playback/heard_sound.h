// What a player knows of the sound of a track, for who looks for its packets' sound there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "listening/loudness.h"
#include "playback/external_clock.h"

namespace hostmode {

// How loud the sound of a packet's frame was when it was sent.
struct ExpectedSound {
  std::int64_t position = 0;  // in frames, of its round
  FrameLoudness loudness{};
};

// What to look for, and between which seconds of the track position 0 of its round may lie.
struct SoundQuestion {
  std::uint64_t round = 0;
  bool open = false;  // else there is nothing to look for
  double earliest_s = 0, latest_s = 0;
  std::vector<ExpectedSound> expected;  // what is new
};

// Where the latest sound was found; the seconds of a track count from where it began to be listened to.
struct SoundAnswer {
  std::uint64_t round = 0;
  bool looked = false;
  bool found = false;
  bool taken_back = false;  // what was found earlier was other sound
  double heard_s = 0;       // of the track
  double position_s = 0;    // of the round
  double stretch = 1;       // seconds of the track that a second of the round takes
  double likeness = 0;      // of the latest look; 0: it has told nothing
};

// The time of a track, and what is expected in it. Serialised by the caller.
class HeardSound {
 public:
  // `heard_s` of the track is heard at `time_s`.
  void report(double heard_s, double time_s) noexcept { clock_.report(heard_s, time_s); }
  // Another track.
  void restart() noexcept { clock_ = ExternalClock{}; }
  [[nodiscard]] bool started() const noexcept { return clock_.started(); }
  [[nodiscard]] double heard_s(double time_s) const noexcept { return clock_.at(time_s); }
  [[nodiscard]] double time_of(double heard_s) const noexcept { return clock_.time_of(heard_s); }

  void open_round() {
    ++round_;
    expected_.clear();
  }
  [[nodiscard]] std::uint64_t round() const noexcept { return round_; }
  void expect(std::int64_t position, const FrameLoudness& loudness) {
    if (expected_.size() >= kMostExpected) expected_.erase(expected_.begin());
    expected_.push_back({position, loudness});
  }
  [[nodiscard]] std::vector<ExpectedSound> take_expected() { return std::exchange(expected_, {}); }

 private:
  static constexpr std::size_t kMostExpected = 75;  // frames; nobody may be listening

  ExternalClock clock_;
  std::uint64_t round_ = 0;
  std::vector<ExpectedSound> expected_;
};

}  // namespace hostmode
