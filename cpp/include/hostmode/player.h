// One avatar's playback: messages and PCM in, samples and poses out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "clock/audio_clock.h"
#include "hostmode/event.h"
#include "hostmode/message.h"
#include "hostmode/player_config.h"
#include "hostmode/stats.h"
#include "hostmode/status.h"
#include "motion/pose_track.h"
#include "playback/arrival_jitter.h"
#include "sound/renderer.h"

namespace hostmode {

struct Conversation;
class ConversationIdGenerator;
class EarlyMotion;

struct ByteView {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
};

// What became of one push_motion.
struct MotionPush {
  bool complete = false;           // the conversation's final motion message is in
  std::size_t failed_message = 0;  // kMalformed, kTooLarge: which message of the list
  DecodeFailure failure;           // and why
};

// Never reads a clock, starts a thread or opens a device: time is an argument everywhere, in seconds of one
// monotonic clock that the caller chooses, finite. Producers, the audio thread and samplers may call at the
// same time. Every call that carries a time implies advance() to it.
class Player {
 public:
  // Throws std::invalid_argument for a rate or a setting outside its range.
  explicit Player(int sample_rate_hz = 16000, PlayerConfig config = {});
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  // ---- producers. Thread-safe: yes. Realtime-safe: no.

  // Adds mono int16 little-endian PCM, in bytes; an odd byte waits for the next call. The first bytes open a
  // conversation; `conversation_id` receives its id, or nothing where nothing is open. kBufferFull where more
  // than max_audio_s would wait: nothing of the call is kept then.
  [[nodiscard]] Status push_audio(ByteView pcm, bool end, double now_s, std::string& conversation_id);

  // Opens a conversation without audio yet, or returns the id of the one that still takes audio.
  [[nodiscard]] std::string open_conversation(double now_s);

  // Adds motion messages. `conversation_id` null: none is open yet. No messages at all: audio-only. On any
  // status other than kOk nothing of the call is kept; a foreign id is kOk and discarded.
  [[nodiscard]] Status push_motion(const ByteView* messages, std::size_t count,
                                   const std::string* conversation_id, double now_s, MotionPush& result);

  void pause(double now_s);
  void resume(double now_s);
  void interrupt(double now_s);
  // 0 to 1, else kInvalidArgument.
  [[nodiscard]] Status set_volume(double volume) noexcept;
  [[nodiscard]] double volume() const noexcept;

  // Moves everything that depends on time.
  void advance(double now_s);

  // In place of a device, from `now_s` on: advance() then plays, unheard, as a perfect device would. No
  // callback may run render_audio between start and stop.
  void start_silent_clock(double now_s);
  void stop_silent_clock(double now_s);

  // ---- audio side. One thread at a time. Realtime-safe: yes, wait-free.

  template <typename Sample>  // float or std::int16_t
  void render_audio(Sample* out, std::size_t count, const AudioObservation& observation) noexcept {
    renderer_.render(out, count, observation);
  }

  // ---- samplers. Thread-safe: yes. Held up for no more than a pointer exchange.

  // The pose (120 floats) at `now_s`.
  void sample(double now_s, float* out);
  // The poses of `count` players at `now_s`, one after the other. Faster than as many calls of `sample`: what
  // many avatars cost is mostly the wait for their memory, and here the next ones' is fetched meanwhile.
  static void sample_many(Player* const* players, std::size_t count, double now_s, float* out);
  // Poses for many instants, future ones included; moves nothing.
  void sample_into(const double* times_s, std::size_t count, float* out);
  // Seconds of the current conversation heard; 0 when idle.
  [[nodiscard]] double audio_time(double now_s);

  // ---- observers. Thread-safe: yes.

  [[nodiscard]] int sample_rate_hz() const noexcept { return sample_rate_hz_; }
  [[nodiscard]] const PlayerConfig& config() const noexcept { return config_; }
  // Empty when idle.
  [[nodiscard]] std::string conversation_id() const;
  [[nodiscard]] PlayerState state() const;
  // What was heard by the latest time that any call carried, oldest first; each event once.
  [[nodiscard]] std::vector<Event> poll_events();
  [[nodiscard]] Stats stats();

 private:
  using ConversationPtr = std::shared_ptr<Conversation>;
  static constexpr double kNow_s = -std::numeric_limits<double>::infinity();  // before any time

  // All of these under mutex_.
  void settle(double now_s);
  void play_silently();
  void take_from_audio_thread();
  void hear(const Segment& before, const Segment& segment);
  void hear_ends(const Segment& segment);
  void note_heard(double frame);
  void watch_for_overdue_data(Conversation& conversation);
  [[nodiscard]] double overdue_s(const Conversation& conversation) const noexcept;
  [[nodiscard]] double next_change_s() const noexcept;
  void release_finished();
  void hand_over_waiting();
  ConversationPtr begin_conversation(double now_s);
  [[nodiscard]] ConversationPtr current() const noexcept;
  [[nodiscard]] ConversationPtr find(const std::string& id) const noexcept;
  [[nodiscard]] ConversationPtr find(std::uint64_t generation) const noexcept;
  void end_conversation(Conversation& conversation, const char* cause, double time_s);
  void finish_naturally(Conversation& conversation, double time_s);
  void report_error(const char* code, std::string text, const ConversationPtr& conversation);
  void count_motion(const Conversation& conversation, std::size_t keyframes, double media_s);
  void set_state(PlayerState state, const char* reason, const std::string& id, double time_s);
  void show_animation(Conversation& conversation, double time_s);
  void add_event(Event event);
  void count_discarded(std::uint64_t& counter, const char* reason, const std::string& id,
                       std::size_t messages);
  [[nodiscard]] double heard_frame(double now_s);
  [[nodiscard]] double shown_frame(double now_s);
  [[nodiscard]] std::int64_t samples(double seconds) const noexcept;
  [[nodiscard]] std::int64_t waiting_samples() const noexcept;
  [[nodiscard]] double prebuffer_s() const noexcept;
  [[nodiscard]] std::size_t max_motion_keyframes() const noexcept;
  void update_gate(Conversation& conversation);

  // Under motion_mutex_; they take mutex_ themselves.
  [[nodiscard]] Status decode_all(const ByteView* messages, std::size_t count, MotionPush& result);
  [[nodiscard]] bool accept(const Message& message, const ConversationPtr& conversation);
  void append_motion(const Message& message, const ConversationPtr& conversation, double now_s);

  // Under audio_mutex_; takes the other two itself.
  void attach_early_motion(const ConversationPtr& conversation, double now_s);

  // Ask for the memory that sample() will touch: what lies in the player, and then what that refers to.
  // Thread-safe: yes.
  void prefetch() const noexcept;
  void prefetch_motion() const noexcept;
  void show(double now_s, float* out);  // sample() without them; takes mutex_ itself

  // What a sample needs where nothing has changed since the last one lies together, first.
  mutable std::mutex
      mutex_;  // everything below down to audio_mutex_; held for short, never by the audio thread
  double present_s_;
  double quiet_until_s_;  // until then settle() has nothing to do, unless the audio thread reports something
  std::uint64_t edges_taken_ = 0;  // of the renderer

  PoseTrack poses_;
  Renderer renderer_;

  const int sample_rate_hz_;
  const PlayerConfig config_;

  std::mutex audio_mutex_;   // serialises push_audio; taken first
  std::mutex motion_mutex_;  // serialises changes of timelines; taken after audio_mutex_, before mutex_
  std::vector<Message> scratch_;
  std::size_t scratch_count_ = 0;
  std::vector<std::int16_t> pcm_scratch_;

  // Under mutex_ again.
  std::unique_ptr<ConversationIdGenerator> ids_;
  std::unique_ptr<EarlyMotion> early_;
  std::deque<ConversationPtr>
      conversations_;  // oldest first; ended ones stay while they can be heard or seen
  ConversationPtr accepting_audio_;
  std::deque<std::string> tombstones_;
  std::deque<Event> events_;
  ArrivalJitter jitter_;
  Stats stats_;
  PlayerState state_ = PlayerState::kIdle;
  std::string state_id_;
  bool paused_ = false;
  bool animated_ = false;
  std::uint64_t last_generation_ = 0;
  std::size_t heard_segments_ = 1;      // of poses_.segments(), whose first is the silence before everything
  std::uint64_t heard_generation_ = 0;  // whose media position the statistics give
  std::size_t streams_out_ = 0;
  bool silent_ = false;
  double silent_since_s_ = 0.0;
  std::int64_t silent_frames_ = 0;
  double volume_ = 1.0;
};

}  // namespace hostmode
