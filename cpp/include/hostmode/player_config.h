// The settings of a Player.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hostmode {

enum class FrameStarvationMode {
  kAudioIndependent,  // audio goes on without motion; the face eases towards idle
  kStrictSync,        // audio holds until motion is there
};

// Durations are seconds. validate() names the first field outside its range. What each may be and what it
// does in full is a row of playback/settings.h.
struct PlayerConfig {
  FrameStarvationMode frame_starvation_mode = FrameStarvationMode::kAudioIndependent;
  bool queue = false;                  // audio after `end` plays afterwards instead of cutting what plays
  double motion_wait_s = 0.3;          // sound waits this long at most for the first motion; 0: not at all
  double prebuffer_s = 0.04;           // least audio that waits before sound starts or starts again
  double max_prebuffer_s = 2.0;        // what arrivals may raise that to
  double stall_risk = 0.06;            // share of utterances that may run dry; less starts later
  double speech_transition_s = 0.32;   // idle to speaking: 8 keyframe intervals (AvatarKit's RTC player)
  double idle_transition_s = 0.8;      // speaking to idle: 20 keyframe intervals (the same)
  double end_timeout_s = 5.0;          // a conversation that waits in vain for data is ended after this long
  double turn_timeout_s = 60.0;        // the same for one that was opened as a turn
  double early_motion_expiry_s = 5.0;  // motion that came before its audio is kept this long
  double max_audio_s = 1500.0;         // most audio waiting to be played
  double max_motion_s = 1500.0;        // most motion of one conversation waiting to be shown
  double av_offset_s = 0.0;            // positive shows the face later
  double latency_s = 0.1;              // assumed from callback to ear where the host reports none
  bool layers = true;                  // blinks and gaze over streams that carry none
  std::optional<std::uint64_t> seed;   // of the idle motion; none: a fresh one for each player
  std::string avatar_id;               // motion for another avatar is refused; empty: any
};

// Empty where the configuration is sound, else the field, the value that it has and those it may have.
[[nodiscard]] std::string validate(const PlayerConfig& config);
// What was given, or std::invalid_argument.
[[nodiscard]] PlayerConfig checked(PlayerConfig config);

// The rates a conversation's PCM may have, and those a Player that feeds a device may run at besides.
[[nodiscard]] bool is_player_rate(int sample_rate_hz) noexcept;
// The rate, or std::invalid_argument, which names the argument.
[[nodiscard]] int checked_rate(const char* name, int rate_hz);
inline constexpr int kPcmRates_hz[] = {8000, 16000, 22050, 24000, 32000, 44100, 48000};
inline constexpr int kDeviceRates_hz[] = {88200, 96000, 176400, 192000};

}  // namespace hostmode
