// Looks for the place of sound that was sent in sound that came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "listening/loudness.h"
#include "listening/place_line.h"
#include "listening/sound_end.h"
#include "listening/sound_evidence.h"
#include "listening/sound_shape.h"

namespace hostmode {

// Compares the latest 0.8 s of what was sent, up to its last sound that has come, where that could lie.
// Counts in measurements, from the beginning of the round and of the sound that came; a base leads from the
// one to the other. Thread-safe: yes. Realtime-safe: no (allocates).
class SoundSearch {
 public:
  // `sent` is not empty, of frames by position; `heard` are the latest `count` measurements of the
  // `heard_end` that came, in kLoudnessPhases, and stay while they are searched.
  SoundSearch(const std::map<std::int64_t, FrameLoudness>& sent, const Loudness* heard, std::size_t count,
              double heard_end);

  struct Match {
    double base = 0;
    double stretch = 1;  // measurements that one that was sent takes
    double likeness = -1;
  };
  // What is believed, from which a match has to gain something to differ.
  struct Prior {
    double base = 0, base_doubt = 0;
    double stretch = 1, stretch_doubt = 0;
    [[nodiscard]] double score(const Match& match) const noexcept;
  };

  // The best at most 40 ms away from `prior`.
  [[nodiscard]] Match nearby(const Prior& prior) const noexcept;
  // The best between two bases, if more speaks for it than for any that is not near.
  [[nodiscard]] Match anywhere(double first, double last) const;

  // The same, laid as precisely as it can be: where most speaks for it.
  [[nodiscard]] Match polished(const Match& match, const Prior& prior) const noexcept;
  // What speaks for a match, in what is compared and in as much before it.
  [[nodiscard]] Evidence evidence_of(const Match& match) const noexcept;
  [[nodiscard]] Evidence evidence_before(const Match& match) const noexcept;
  // The same where the sound jumps, and where its end lies.
  [[nodiscard]] SoundEnd end_of(const Match& match) const noexcept;
  [[nodiscard]] SoundEnd end_before(const Match& match) const noexcept;

  // Of what was sent, the end of the last audible measurement that has come if position 0 lies at `base`:
  // what is compared ends with a sound, or where that lies would be told from a stretch that many values fit.
  [[nodiscard]] double end_of_sent(double base) const noexcept;
  // How much of what is compared is audible.
  [[nodiscard]] double audible_s(double base) const noexcept;
  // Of how many short sounds, apart, what is compared consists; 0 where it is more than that.
  [[nodiscard]] int clicks(double base) const noexcept;
  [[nodiscard]] PlaceLine::Place place_of(const Match& match) const noexcept;

 private:
  // The first of those considered that scores highest.
  struct Best {
    const Prior& prior;
    Match match{};
    double score = -1;
    void consider(const Match& other) noexcept;
  };
  // What is compared, as indices into what was sent.
  struct Window {
    std::size_t begin, end;
    [[nodiscard]] std::size_t span() const noexcept { return end - begin; }
  };
  [[nodiscard]] Window window_of(double base) const noexcept;
  [[nodiscard]] Overlay overlay_of(double base, double stretch) const noexcept;
  [[nodiscard]] Overlay overlay_before(const Match& match) const noexcept;
  [[nodiscard]] Match match_at(double base, double stretch) const noexcept;
  [[nodiscard]] double likeness_at(double base, double stretch) const noexcept;
  [[nodiscard]] Match refined(const Match& coarse, const Prior& prior) const noexcept;

  const Loudness* heard_;
  SoundShape sent_shape_, heard_shape_;
  // Of what was sent up to each measurement: the end of the last audible one, and how many are.
  std::vector<std::size_t> audible_end_, audible_;
  std::int64_t first_sent_;
  double heard_end_;
};

}  // namespace hostmode
