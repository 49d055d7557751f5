// What goes on in a player: everything that its lock guards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hostmode/byte_view.h"
#include "hostmode/event.h"
#include "hostmode/player_config.h"
#include "hostmode/stats.h"
#include "hostmode/status.h"
#include "motion/pose_track.h"
#include "playback/audio_intake.h"
#include "playback/caller_clock.h"
#include "playback/conversations.h"
#include "playback/hearing.h"
#include "playback/journal.h"
#include "playback/locks.h"
#include "playback/message_batch.h"
#include "playback/motion_intake.h"
#include "playback/packet_intake.h"
#include "playback/playout.h"
#include "playback/screen.h"
#include "playback/time_admission.h"

namespace hostmode {

// Where motion that is added to a conversation goes.
struct MotionPlace {
  double shown_s = -1.0;             // the media position on screen; negative where none of it is
  std::optional<double> sentence_s;  // at which another sentence would begin
};

// Brings the parts together; each decision is in one of them. Knows no lock and no thread: serialised by the
// caller, but for render and prefetch. But for settle() and the samplers, every call speaks of the present,
// which settle() has moved before it.
class Playback {
 public:
  // Runs at `sample_rate_hz` and takes PCM at `pcm_rate_hz`. `config` must live as long.
  Playback(int sample_rate_hz, int pcm_rate_hz, const PlayerConfig& config);

  // ---- time

  // Moves everything that depends on time up to `now_s`, or, where that is past, to what it was.
  void settle(double now_s);
  // The same for somebody who only looks at `now_s`: as far as the audio side has come.
  void settle_to_look_at(double now_s) {
    playout_.look();
    settle(admission_.look_at(now_s, present_s_, playout_.rendered_s()));
  }
  [[nodiscard]] bool may_move_to(double now_s) {
    playout_.look();
    return admission_.may_move_to(now_s, present_s_, playout_.rendered_s());
  }
  // The latest time known, for people.
  [[nodiscard]] double latest_s() { return admission_.latest_s(present_s_, playout_.rendered_s()); }
  // What happened so far happened on `clock`; from now on that goes on at `caller_s`.
  void restart_clock(CallerClock& clock, double caller_s);
  // Until when that has nothing to do; see ChangeLock.
  [[nodiscard]] QuietSpell& quiet() noexcept { return quiet_; }

  // ---- audio

  // Between the two, the samples are to be appended to the conversation's stream.
  [[nodiscard]] AudioIntake::Chunk take_chunk(ByteView pcm, bool end, const std::string* id, double now_s) {
    return make_room(audio_.take(pcm, end, id, now_s, present_s_));
  }
  void finish_chunk(Conversation& conversation, ByteView pcm, bool end) {
    audio_.finish(conversation, pcm, end, present_s_);
  }
  [[nodiscard]] ConversationPtr open(bool turn, double now_s, bool& opens) {
    ConversationPtr conversation = audio_.open(turn, now_s, opens);
    if (opens && packets_.is_busy()) packets_.replace(present_s_, pose_under(present_s_).data());
    return conversation;
  }

  // ---- motion

  // Whether motion with this id (null: none) is to be judged, for `conversation` or, where that is null, for
  // the audio that opens the next one.
  [[nodiscard]] bool route_motion(const std::string* id, std::size_t messages, ConversationPtr& conversation);
  // Leaves in `batch` what is to be appended; keeps early motion itself. kBufferFull: nothing of it is kept.
  [[nodiscard]] Status judge_motion(MessageBatch& batch, Conversation* conversation) {
    const std::size_t waiting =
        conversation == nullptr ? 0 : screen_.waiting_keyframes(*conversation, present_s_);
    return motion_.judge(batch, conversation, waiting, present_s_);
  }
  void report_malformed(std::size_t message, const DecodeFailure& failure, const Conversation* conversation) {
    motion_.report_malformed(message, failure, conversation, present_s_);
  }
  // What came for a conversation before its audio.
  [[nodiscard]] std::vector<ArrivedMessage> take_early_motion(Conversation& conversation) {
    return motion_.take_early(conversation, present_s_);
  }
  // `batch` is what the conversation's timeline has prepared of the message.
  void append_motion(Conversation& conversation, const Message& message, Timeline::Batch& batch,
                     double now_s);
  [[nodiscard]] MotionPlace motion_place(const Conversation& conversation) {
    return {screen_.face_s(conversation, present_s_), audio_.sentence_s(conversation)};
  }

  // ---- packets

  // A packet whose messages are sound. False: discarded, since sound of the application's own goes on.
  [[nodiscard]] bool take_packet(const RtcPacket& packet, std::optional<double> media_s, double now_s);
  void report_bad_packet() { ++journal_.stats().malformed_packets; }
  void advance_clock(double position_s, double time_s);
  // As PacketIntake::hear().
  [[nodiscard]] SoundQuestion hear(double heard_s, double time_s, bool always) {
    return packets_.hear(heard_s, time_s, always);
  }
  void place_sound(const SoundAnswer& answer);
  void forget_track() noexcept { packets_.forget_track(); }

  // ---- control

  // Of the conversations opened from now on; `conversion` leads from it to the rate at which this runs.
  void set_pcm_rate(int pcm_rate_hz, std::shared_ptr<const FilterBank> conversion) {
    audio_.set_rate(pcm_rate_hz, std::move(conversion));
  }
  [[nodiscard]] int pcm_rate_hz() const noexcept { return audio_.rate_hz(); }
  void pause();
  void resume();
  // The seconds of the current conversation that will have been heard; nothing while idle.
  std::optional<double> interrupt();
  [[nodiscard]] Playout& playout() noexcept { return playout_; }
  [[nodiscard]] const Playout& playout() const noexcept { return playout_; }

  // ---- what is seen and heard

  void show(double now_s, float* out);
  // `times_s` are the caller's.
  void sample_into(const double* times_s, std::size_t count, const CallerClock& clock, float* out);
  [[nodiscard]] double audio_time(double now_s);
  [[nodiscard]] std::string conversation_id() const;
  [[nodiscard]] PlayerState state() const noexcept { return journal_.state(); }
  [[nodiscard]] std::vector<Event> poll_events() { return journal_.poll(); }
  [[nodiscard]] Stats stats();

  // Ask for the memory that show() will touch: what lies here, and then what that refers to. Thread-safe:
  // yes.
  void prefetch() const noexcept;
  void prefetch_motion() const noexcept;

 private:
  static constexpr double kNow_s = -std::numeric_limits<double>::infinity();  // before any time

  [[nodiscard]] double next_change_s() const noexcept;
  // Whether it did.
  bool end_overdue(Conversation& conversation);
  [[nodiscard]] AudioIntake::Chunk make_room(AudioIntake::Chunk chunk);
  // What is shown where no packets are.
  [[nodiscard]] std::array<float, kKeyframeFloats> pose_under(double t_s);
  void show_under(double now_s, float* out);

  // What a sample needs where nothing has changed since the last one lies together, first.
  double present_s_ = kNow_s;
  double looked_s_ = kNow_s;  // of the latest picture, which may lie beyond the present
  TimeAdmission admission_;
  QuietSpell quiet_;
  PoseTrack poses_;
  Playout playout_;

  const int sample_rate_hz_;
  const PlayerConfig& config_;
  Journal journal_;
  Conversations conversations_;
  Hearing hearing_;
  MotionIntake motion_;
  Screen screen_;
  AudioIntake audio_;
  PacketIntake packets_;
};

}  // namespace hostmode
