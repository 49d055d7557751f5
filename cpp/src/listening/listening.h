// Where sound that was sent lies in sound that came, whatever was done to it on its way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "listening/loudness.h"
#include "listening/loudness_meter.h"
#include "listening/sound_shape.h"

namespace hostmode {

// Compares how loud sound is as it comes with how loud a sender says that it was. What comes may be late,
// louder, coded, lengthened or shortened by up to 6 %. A place counts once two comparisons agree on it,
// or one leaves no doubt.
// Thread-safe: no. Realtime-safe: no (allocates).
class Listening {
 public:
  explicit Listening(int rate_hz) noexcept : meter_(rate_hz) {}

  // The sound that follows.
  void hear(const std::int16_t* samples, std::size_t count);
  // Another round begins: what was sent is forgotten.
  void restart() noexcept;
  // How loud the sound of a frame of 40 ms was when it was sent, `position` frames from the round's
  // beginning.
  void expect(std::int64_t position, const FrameLoudness& loudness);

  struct Place {
    double position_s = 0;  // of the round
    double heard_s = 0;     // where that lies in the sound that came, from its beginning
    double stretch = 1;     // seconds that a second of the round takes there
    double likeness = 0;    // 0 to 1

    // Where position 0 would lie if, up to here, a second took a second.
    [[nodiscard]] double base_s() const noexcept { return heard_s - position_s; }
  };
  // Where the latest sound lies, told from what is audible before it; nothing where that cannot be told: too
  // little came, or what came is not like it. `earliest_s` and `latest_s`: of base_s(), between which it is
  // looked for where it has not just been found.
  [[nodiscard]] std::optional<Place> find(double earliest_s, double latest_s);

 private:
  struct Match {
    double base = 0;  // in measurements
    double stretch = 1;
    double likeness = -1;
  };
  // What is believed, from which a match has to gain something to differ.
  struct Prior {
    double base = 0, base_doubt = 0;
    double stretch = 1, stretch_doubt = 0;
    [[nodiscard]] double score(const Match& match) const noexcept;
  };
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
  [[nodiscard]] std::optional<Place> search(double earliest_s, double latest_s);
  void prepare();
  [[nodiscard]] double likeness_at(double base, double stretch) const noexcept;
  [[nodiscard]] Match match_at(double base, double stretch) const noexcept;
  [[nodiscard]] Match refined(const Match& coarse, const Prior& prior) const noexcept;
  [[nodiscard]] Match nearby(const Prior& prior) const noexcept;
  [[nodiscard]] Match anywhere(double first, double last) const;
  [[nodiscard]] double heard_end() const noexcept;
  [[nodiscard]] double end_of_sent(double base) const noexcept;
  [[nodiscard]] Window window_of(double base) const noexcept;
  [[nodiscard]] bool is_sure(const Match& match) const noexcept;
  [[nodiscard]] bool is_clicks(const Match& match) const noexcept;
  [[nodiscard]] double expected_base(const Place& place, double base) const noexcept;

  LoudnessMeter meter_;
  std::vector<Loudness> heard_;
  std::int64_t first_heard_ = 0;  // the number of the measurement at [0]
  std::map<std::int64_t, FrameLoudness> sent_;

  // As find() sees them.
  SoundShape sent_shape_, heard_shape_;
  // Of what was sent up to each measurement: the end of the last audible one, and how many are.
  std::vector<std::size_t> audible_end_, audible_;
  std::int64_t first_sent_ = 0;

  std::optional<Place> candidate_;  // of an earlier comparison, that another has to agree with
  std::optional<Place> found_;
};

}  // namespace hostmode
