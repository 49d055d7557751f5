// Random conversations with one Player in virtual time, watched so closely that whatever is stale shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "hostmode/player.h"

namespace hostmode::testing {

// Every sample says which conversation it belongs to and where in it, and so does every keyframe: what is
// heard and shown is compared with what may be heard and shown. What does not agree fails the running test.
class RandomTalk {
 public:
  // `config` without layers; with both transitions at 0 the poses are known exactly, else within bounds.
  RandomTalk(std::uint32_t seed, const PlayerConfig& config);

  // Goes on until so many conversations have been opened in all.
  void talk_until(std::size_t conversations);

  // Ends what is open and lets it be forgotten: what the Player still holds then it holds for good.
  void fall_silent();

  [[nodiscard]] Stats stats() const { return player_->stats(); }

 private:
  struct Open {
    std::string id;
    std::size_t number;
    std::size_t samples = 0;
    std::size_t keyframes = 0;
    bool has_req_id = false;
    bool motion_ended = false;
    bool audio_only = false;
    bool late = false;  // some of its motion was: it is blended in, and held back
  };

  [[nodiscard]] std::uint32_t pick(std::uint32_t below) {
    return static_cast<std::uint32_t>(random_() % below);
  }

  // ---- what is done
  void act();
  void speak();
  void push_audio(const std::vector<std::int16_t>& samples, bool end);
  void interrupt();
  void move();
  void move_early();
  void move_wrongly();
  void push_motion(const std::vector<std::uint8_t>& message, const std::string* id,
                   Status wanted = Status::kOk);
  void give_up_motion(Open& conversation);
  void step(std::size_t block);

  // ---- what is seen
  template <typename Sample>
  void render(std::size_t block);
  void listen(std::size_t oldest);
  void look(std::size_t oldest);
  void read_events();
  void check_agreement() const;
  void note_opened(const std::string& id);
  void note_cut();
  [[nodiscard]] std::size_t oldest_open() const;
  [[nodiscard]] bool fading() const;
  // Whether the motion ran out less than a blend ago.
  [[nodiscard]] static bool has_run_out(const Open& heard, double audio_s);
  // Whether the pose is a blend even without transitions, while `audio_s` is heard.
  [[nodiscard]] bool is_blended(double audio_s) const;

  const bool queue_;
  const bool exact_poses_;
  std::unique_ptr<Player> player_;
  std::mt19937 random_;
  double now_s_ = 0.0;

  std::deque<Open> open_;  // oldest first
  std::size_t opened_ = 0;
  std::string ended_id_;         // the last one that ended
  std::size_t tombstoned_ = 0;   // the last one that ended with motion; 0: none
  std::size_t early_ = 0;        // keyframes that wait for the next one
  std::uint64_t keyframes_ = 0;  // that the player must have taken so far
  std::size_t frames_since_end_ = 0;
  std::size_t fading_from_ = 1;  // the oldest one that was open when the last one ended

  std::vector<int> heard_;  // the last block, as int16
  int last_sample_ = 0;
  std::size_t run_ = 0;  // of samples that count up by one, the last one included
  std::size_t heard_number_ = 0;
  std::string clock_id_;
  double last_audio_s_ = 0.0;
  double blends_until_s_ = 0.0;
};

}  // namespace hostmode::testing
