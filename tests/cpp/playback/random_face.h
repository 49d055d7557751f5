// One player in virtual time, looked at 120 times a second, whose every setting and arrival is drawn at
// random.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "hostmode/player.h"
#include "motion/idle_motion.h"

namespace hostmode::testing {

// Fails the running test where a value moves further from one picture to the next than a transition between
// everything that it has been, 1.5 times the fastest ordinary speech step, or the curve through keyframes
// that jump (from rest to rest it is at its steepest 1.5 times steeper than the line between two), whichever
// is most, and what idle motion moves meanwhile; but for the jumps that transitions of no length ask for.
class RandomFace {
 public:
  // What moves, how far and how fast: speech hardly moves anything by more than 0.9 rad of its cycle a
  // keyframe.
  struct Channel {
    std::size_t index;
    double amplitude;
    double rate;  // radians a keyframe
    double idle_lowest;
    double idle_highest;
  };

  explicit RandomFace(std::uint32_t seed);

  void look(std::size_t conversations);

 private:
  using Pose = std::array<float, kKeyframeFloats>;
  struct Utterance {
    std::string id;
    double began_s = 0.0;
    double sound_every_s = 0.0;  // 0: all at once
    double motion_lead_s = 0.0;  // before the sound it belongs to
    double jitter_s = 0.0;
    std::size_t cut = 1;        // keyframes a message
    std::size_t keyframes = 0;  // of all its motion
    std::size_t samples = 0;    // of all its sound
    std::size_t pushed_keyframes = 0;
    std::size_t pushed_samples = 0;
    std::size_t eyes_from = 0;
    std::size_t jumps_at = 0;
    std::string req_id;
    std::size_t second_from = 0;  // keyframes from here on are another request's
    double phase = 0.0;
    double motion_due_s = 0.0;
    double sound_due_s = 0.0;
  };

  [[nodiscard]] static PlayerConfig draw_config(std::mt19937& random);
  [[nodiscard]] double draw(double low, double high);
  [[nodiscard]] bool one_in(std::uint32_t chance) { return random_() % chance == 0; }
  void begin_utterance();
  void push_due();
  void push_motion(std::size_t count);
  [[nodiscard]] Keyframe keyframe_at(std::size_t index) const;
  void act();
  void render();
  void compare();
  void note_pace();
  [[nodiscard]] double most_step(const Channel& channel) const;
  [[nodiscard]] double shortest_transition_s() const;
  [[nodiscard]] double fastest_pace() const;
  [[nodiscard]] bool transitions_jump() const;
  [[nodiscard]] std::size_t most_jumps();

  std::mt19937 random_;
  const PlayerConfig config_;
  Player player_;
  const IdleMotion idle_;
  const bool jumps_;  // its keyframes do
  const double device_ahead_s_;
  double now_s_ = 0.0;
  std::size_t pictures_ = 0;
  std::size_t blocks_ = 0;
  std::size_t opened_ = 0;
  Utterance utterance_;
  std::size_t jumps_seen_ = 0;
  std::size_t sentences_after_the_first_ = 0;  // of faces ahead of their sound
  bool has_sentences_ = false;
  bool has_late_motion_ = false;
  std::array<double, kKeyframeFloats> highest_{};  // that each value has been
  std::array<double, kKeyframeFloats> lowest_{};
  Pose last_{};
  Pose last_idle_{};
  bool has_last_ = false;
};

}  // namespace hostmode::testing
