// Where sound that was sent lies in sound that came, whatever was done to it on its way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "listening/loudness.h"
#include "listening/loudness_meter.h"
#include "listening/place_line.h"
#include "listening/sound_beginning.h"
#include "listening/sound_search.h"
#include "listening/staircase.h"

namespace hostmode {

// Compares how loud sound is as it comes with how loud a sender says that it was. What comes may be late,
// louder, coded, lengthened or shortened by up to 6 %. A place counts once its levels leave no doubt,
// and is taken back where what follows at once is another sound.
// Thread-safe: no. Realtime-safe: no (allocates).
class Listening {
 public:
  explicit Listening(int rate_hz) noexcept : meter_(rate_hz, kLoudnessPhases) {}

  // The sound that follows.
  void hear(const std::int16_t* samples, std::size_t count);
  // Of what was heard, in whole measurements.
  [[nodiscard]] double heard_s() const noexcept;
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
  // Where the latest sound lies, told from what is audible before it; nothing where that cannot be told to
  // within 10 ms: too little came, or what came is not like it, or it has been silent for too long.
  // Where sound jumps again and again, the line is told about which it does.
  // `earliest_s` and `latest_s`: of base_s(), between which it is looked for where it has not just been
  // found.
  [[nodiscard]] std::optional<Place> find(double earliest_s, double latest_s);
  // Whether the latest find() has taken back what earlier ones told: the sound that followed was another one.
  [[nodiscard]] bool taken_back() const noexcept { return taken_back_; }
  // What can be told sooner, and of sounds too short and too few: where one begins. Right to within 10 ms.
  // Where that is not its place any more, what was sent before is forgotten.
  [[nodiscard]] std::optional<SoundBeginning> find_beginning(double earliest_s, double latest_s);

 private:
  // How alike the sounds are where they are believed to be from now on; nothing where that is not told.
  [[nodiscard]] std::optional<double> look(const SoundSearch& search, double earliest_s, double latest_s);
  [[nodiscard]] std::optional<double> follow(const SoundSearch& search);
  // What is searched of the sound that came, in kLoudnessPhases.
  struct LatestSound {
    const Loudness* begin;
    std::size_t count;  // of measurements of 5 ms that do not overlap
  };
  [[nodiscard]] LatestSound latest_sound() const noexcept;
  // See SoundSearch::end_of_sent, by the line.
  [[nodiscard]] double end_of_sent_s(const SoundSearch& search) const noexcept;
  // The same of what is nothing but short sounds, apart.
  [[nodiscard]] std::optional<double> look_at_clicks(const SoundSearch::Match& match,
                                                     const PlaceLine::Place& place, int clicks) noexcept;
  void believe(const PlaceLine::Place& place) noexcept;
  void lose() noexcept;

  LoudnessMeter meter_;
  std::vector<Loudness> heard_;   // in kLoudnessPhases
  std::int64_t first_heard_ = 0;  // the number of the measurement of 5 ms at [0]
  std::map<std::int64_t, FrameLoudness> sent_;

  std::optional<PlaceLine::Place> clicks_;  // an earlier comparison of such, that another has to agree with
  PlaceLine line_;                          // empty while nothing was found
  double first_s_ = 0, latest_s_ = 0;       // the positions of the first and the latest place on it
  double found_s_ = 0;                      // up to where sound had come then
  std::optional<double> end_base_s_;        // of the latest sound, when that was last known
  Staircase staircase_;                     // of such
  bool taken_back_ = false;
};

}  // namespace hostmode
