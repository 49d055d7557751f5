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

namespace hostmode::testing {

// Fails the running test where a value moves further from one picture to the next than its own keyframes do,
// and a transition between everything that it has been besides.
class RandomFace {
 public:
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

  std::mt19937 random_;
  const PlayerConfig config_;
  Player player_;
  const bool jumps_;  // its keyframes do
  const double device_ahead_s_;
  double now_s_ = 0.0;
  std::size_t pictures_ = 0;
  std::size_t blocks_ = 0;
  std::size_t opened_ = 0;
  Utterance utterance_;
  double late_until_s_ = 0.0;  // motion that came late is blended in
  Pose last_{};
  bool has_last_ = false;
};

}  // namespace hostmode::testing
