// One avatar's playback: messages and PCM in, samples and poses out.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "clock/audio_clock.h"
#include "hostmode/byte_view.h"
#include "hostmode/event.h"
#include "hostmode/message.h"
#include "hostmode/player_config.h"
#include "hostmode/stats.h"
#include "hostmode/status.h"
#include "playback/caller_clock.h"
#include "playback/locks.h"
#include "playback/message_batch.h"
#include "playback/playback.h"
#include "playback/track_ear.h"
#include "wire/rtc_packet.h"

namespace hostmode {

// What became of one push_motion.
struct MotionPush {
  bool complete = false;           // the conversation's final motion message is in
  std::size_t failed_message = 0;  // kMalformed, kTooLarge: which message of the list
  DecodeFailure failure;           // and why
};

// Never reads a clock, starts a thread or opens a device: time is an argument everywhere, in seconds of one
// monotonic clock that the caller chooses, finite. Producers, the audio thread and samplers may call at the
// same time. Every call of a producer or of advance() moves everything up to its time, and throws
// std::invalid_argument for one that is more than 60 s ahead of the latest or more than 1 s back: nothing has
// changed then. Samplers move nothing, whatever time they ask for.
class Player {
 public:
  // Takes PCM at `sample_rate_hz` and renders at `device_rate_hz`; 0: at the same rate. Throws
  // std::invalid_argument for a rate or a setting outside its range.
  explicit Player(int sample_rate_hz = 16000, PlayerConfig config = {}, int device_rate_hz = 0);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  // ---- producers. Thread-safe: yes. Realtime-safe: no.

  // Adds mono int16 little-endian PCM, in bytes; an odd byte waits for the next call. The first bytes open a
  // conversation; `conversation_id` receives its id, or nothing where nothing is open. kBufferFull where more
  // than max_audio_s would wait: nothing of the call is kept then. `to`, where not null, is the conversation
  // they belong to: where that takes no audio any more they are discarded. kNotPcm where they are something
  // else, which `not_pcm` receives.
  [[nodiscard]] Status push_audio(ByteView pcm, bool end, double now_s, std::string& conversation_id,
                                  const std::string* to = nullptr, NotPcm* not_pcm = nullptr);

  // Opens a conversation without audio yet, or returns the id of the one that still takes audio. A turn is
  // always a new one, and is waited for with turn_timeout_s.
  [[nodiscard]] std::string open_conversation(double now_s, bool turn = false);

  // Adds motion messages. `conversation_id` null: none is open yet. No messages at all: audio-only. On any
  // status other than kOk nothing of the call is kept; a foreign id is kOk and discarded.
  [[nodiscard]] Status push_motion(const ByteView* messages, std::size_t count,
                                   const std::string* conversation_id, double now_s, MotionPush& result);

  // Adds one packet of an RTC stream, whose sound somebody else plays. Packets open and end conversations
  // themselves. `media_s`, where the carrier has it: the position of the sound that the packet belongs to, as
  // advance_clock() speaks of it. kMalformed, kTooLarge: no packet, or a message in it is malformed; it is
  // counted and changes nothing. False in `taken`: a conversation of push_audio goes on.
  [[nodiscard]] Status push_packet(PacketProfile profile, ByteView payload, const Recompress& inflate,
                                   std::optional<double> media_s, double now_s, bool& taken);

  // Sound that somebody else plays has come to `position_s` at `time_s`; finite. Packets with a media time
  // are shown in time with it.
  void advance_clock(double position_s, double time_s);

  // The sound of the track, mono, that somebody else plays and that packets belong to: what follows what came
  // before, heard from `time_s` on, which may lie ahead. Packets that say how loud their sound is are shown
  // where that is found; those with a media time only if `always`, once advance_clock() was called. Moves
  // nothing at once; kInvalidArgument for a rate that no player takes.
  [[nodiscard]] Status listen(const std::int16_t* samples, std::size_t count, int rate_hz, double time_s,
                              bool always = false);

  void pause(double now_s);
  void resume(double now_s);
  // Returns the seconds of the current conversation that will have been heard when it is silent; nothing
  // while idle.
  std::optional<double> interrupt(double now_s);
  // Of the PCM that is pushed from now on. Interrupts. kInvalidArgument for a rate outside its range.
  [[nodiscard]] Status set_sample_rate(int sample_rate_hz, double now_s);
  // 0 to 1, else kInvalidArgument.
  [[nodiscard]] Status set_volume(double volume) noexcept;
  [[nodiscard]] double volume() const noexcept;

  // Moves everything that depends on time.
  void advance(double now_s);

  // The caller's clock goes on at `now_s`, whatever it was before: what plays and what waits stays as it is.
  void reset_clock(double now_s);

  // In place of a device, from `now_s` on: advance() then plays, unheard, as a perfect device would. No
  // callback may run render_audio between start and stop.
  void start_silent_clock(double now_s);
  void stop_silent_clock(double now_s);

  // ---- audio side. One thread at a time. Realtime-safe: yes, wait-free.

  template <typename Sample>  // float or std::int16_t
  void render_audio(Sample* out, std::size_t count, const AudioObservation& observation) noexcept {
    driven_.store(true, std::memory_order_relaxed);
    playback_.playout().render(out, count, clock_.to_player(observation));
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

  [[nodiscard]] int sample_rate_hz() const;
  [[nodiscard]] int device_rate_hz() const noexcept { return device_rate_hz_; }
  [[nodiscard]] const PlayerConfig& config() const noexcept { return config_; }
  // Whether anything has ever asked for samples: render_audio, or the silent clock.
  [[nodiscard]] bool driven() const noexcept { return driven_.load(std::memory_order_relaxed); }
  // When the first sound was pushed that nothing has asked for so far; NaN where there is none.
  [[nodiscard]] double unheard_since_s() const noexcept {
    return unheard_since_s_.load(std::memory_order_relaxed);
  }
  // Empty when idle.
  [[nodiscard]] std::string conversation_id() const;
  [[nodiscard]] PlayerState state() const;
  // What was heard by the latest time that any call carried, oldest first; each event once.
  [[nodiscard]] std::vector<Event> poll_events();
  [[nodiscard]] Stats stats();

 private:
  // Hold mutex_ to change what it guards; the second settles it to `now_s` first, and makes that the player's
  // time.
  [[nodiscard]] ChangeLock change();
  [[nodiscard]] ChangeLock change(double& now_s);

  // Under mutex_: the player's time of `now_s`.
  [[nodiscard]] double admitted(double now_s);

  // Under motion_mutex_. `place` is where the conversation stands, before and after.
  void append_motion(const Message& message, Conversation& conversation, MotionPlace& place, double now_s);
  // Under audio_mutex_; takes motion_mutex_.
  void attach_early_motion(Conversation& conversation, double now_s);

  // Asks for the memory of the player itself that sample() will touch. Thread-safe: yes.
  void prefetch() const noexcept;
  void show(double now_s, float* out);  // sample() without prefetching

  const int device_rate_hz_;
  const PlayerConfig config_;

  // The mutexes, in the order in which they are taken. The audio thread takes none.
  std::mutex audio_mutex_;  // serialises push_audio and open_conversation
  std::vector<std::int16_t> pcm_scratch_;
  std::mutex ear_mutex_;  // serialises listen
  TrackEar ear_;
  std::mutex motion_mutex_;  // serialises changes of timelines
  MessageBatch batch_;
  mutable std::mutex mutex_;  // playback_; held for short
  std::atomic<bool> driven_{false};
  std::atomic<double> unheard_since_s_{std::numeric_limits<double>::quiet_NaN()};
  CallerClock clock_;
  Playback playback_;
};

}  // namespace hostmode
