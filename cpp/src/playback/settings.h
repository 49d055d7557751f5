// The settings of a Player, one row each: its name, where it lies, what it may be and what it does. Checks,
// the Python class, its documentation and its pickles follow from the rows.
#pragma once

#include <tuple>

#include "hostmode/player_config.h"

namespace hostmode {

template <typename T>
struct Setting {
  using Value = T;
  const char* name;  // in Python and in errors
  T PlayerConfig::* member;
  const char* meaning;
};

// A number from `least`, or what another setting is where that is more, to `most`.
struct NumberSetting : Setting<double> {
  double least;
  double most;
  const char* unit;
  double PlayerConfig::* not_below = nullptr;
  const char* not_below_name = nullptr;
};

template <typename T>
constexpr Setting<T> setting(const char* name, T PlayerConfig::* member, const char* meaning) {
  return {name, member, meaning};
}

constexpr NumberSetting seconds(const char* name, double PlayerConfig::* member, double least, double most,
                                const char* meaning) {
  return {{name, member, meaning}, least, most, " seconds"};
}

constexpr NumberSetting not_below(const NumberSetting& other, NumberSetting setting) {
  setting.not_below = other.member;
  setting.not_below_name = other.name;
  return setting;
}

inline constexpr NumberSetting kPrebuffer =
    seconds("prebuffer", &PlayerConfig::prebuffer_s, 0, 10,
            R"(The least audio that waits before sound starts, or starts again after an underrun.)");

inline constexpr auto kSettings = std::make_tuple(
    setting("frame_starvation_mode", &PlayerConfig::frame_starvation_mode,
            R"("audio_independent": sound goes on when motion is late, and the face eases towards idle.
"strict_sync": sound waits for motion.)"),
    setting(
        "queue", &PlayerConfig::queue,
        R"(Whether audio that comes after `end` is played after the conversation that still plays, instead of
cutting it.)"),
    seconds("motion_wait", &PlayerConfig::motion_wait_s, 0, 60,
            R"(How long sound waits at most for the first motion; 0 starts at once.)"),
    kPrebuffer,
    not_below(kPrebuffer,
              seconds("max_prebuffer", &PlayerConfig::max_prebuffer_s, 0, 30,
                      R"(The most audio that is waited for, however irregularly it has arrived.)")),
    NumberSetting{
        {"stall_risk", &PlayerConfig::stall_risk,
         R"(The share of utterances that may run dry: less starts later, more starts sooner. How much audio
waits before sound starts follows from it and from how audio has arrived so far.)"},
        0.001,
        0.5,
        ""},
    seconds(
        "speech_transition", &PlayerConfig::speech_transition_s, 0, 10,
        R"(Length of the blend from idle to speaking. The default, 8 keyframe intervals, is that of AvatarKit's
RTC player.)"),
    seconds(
        "idle_transition", &PlayerConfig::idle_transition_s, 0, 10,
        R"(The same from speaking to idle, and how long a face whose motion has run out takes to come to rest.
The default, 20 keyframe intervals, is that of AvatarKit's RTC player.)"),
    seconds(
        "end_timeout", &PlayerConfig::end_timeout_s, 0.1, 3600,
        R"(How long to wait for data: a conversation that has run dry without `end`, or that strict_sync holds,
is ended when nothing has arrived for so long. Where the last motion message is in and its motion has been
played, half a second is enough.)"),
    seconds(
        "turn_timeout", &PlayerConfig::turn_timeout_s, 0.1, 86400,
        R"(The same for a conversation that was opened as a turn: its application ends it, and may be silent for
long in mid-answer.)"),
    seconds("early_motion_expiry", &PlayerConfig::early_motion_expiry_s, 0, 3600,
            R"(How long motion that came before its audio is kept.)"),
    seconds("max_audio", &PlayerConfig::max_audio_s, 1, 36000,
            R"(Most audio waiting to be played; more raises BufferFullError.)"),
    seconds("max_motion", &PlayerConfig::max_motion_s, 1, 36000,
            R"(Most motion waiting to be shown; more raises BufferFullError.)"),
    seconds("av_offset", &PlayerConfig::av_offset_s, -2, 2,
            R"(Shows the face later (positive) or earlier (negative) than the sound.)"),
    seconds("latency", &PlayerConfig::latency_s, 0, 2,
            R"(Assumed from the audio callback to the ear where the host reports nothing usable.)"),
    setting(
        "layers", &PlayerConfig::layers,
        R"(Whether blinks and gaze are layered over motion that has none of its own. Without them the pose at a
keyframe's instant is the keyframe, but for transitions and for two keyframes on either side of a seam that is
smoothed.)"),
    setting(
        "seed", &PlayerConfig::seed,
        R"(Of the idle motion, 0 to 2**64 - 1: the same seed shows the same breathing, blinks and gaze at the
same times. None: each player gets a fresh one, so that avatars side by side do not blink in unison.)"),
    setting("avatar_id", &PlayerConfig::avatar_id,
            R"(Refuses motion made for another avatar; empty accepts any.)"));

}  // namespace hostmode
