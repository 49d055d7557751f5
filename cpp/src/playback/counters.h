// What a Player counts and measures, one row each: its name, where it lies and what it says. The Python
// class, its documentation and its pickles follow from the rows.
#pragma once

#include <tuple>

#include "hostmode/stats.h"

namespace hostmode {

template <typename T>
struct Counter {
  const char* name;  // in Python
  T Stats::* member;
  const char* meaning;
};

template <typename T>
constexpr Counter<T> counter(const char* name, T Stats::* member, const char* meaning) {
  return {name, member, meaning};
}

inline constexpr auto kCounters = std::make_tuple(
    counter("buffered_audio", &Stats::buffered_audio_s, "Seconds of audio waiting to be played."),
    counter("buffered_motion", &Stats::buffered_motion_s, "Seconds of motion ahead of what is heard."),
    counter("heard", &Stats::heard_s, "Seconds of the conversation that have been heard."),
    counter("played", &Stats::played_s, "Seconds of the conversation that were handed to the device."),
    counter("drift_ppm", &Stats::drift_ppm,
            "Millionths by which its sound is played faster, to keep the delay while its sender's clock "
            "and the device's differ."),
    counter("face_delay", &Stats::face_delay_s,
            "Seconds by which the face is held back, because its motion keeps coming late."),
    counter("time_to_first_sound", &Stats::time_to_first_sound_s,
            "Seconds from opening to the first sample heard; None while none was."),
    counter("time_to_first_motion", &Stats::time_to_first_motion_s,
            "Seconds from opening to the first motion; None while none came."),
    counter("prebuffer", &Stats::prebuffer_s,
            "Seconds of audio that wait before sound starts, as raised by arrival jitter."),
    counter("conversations", &Stats::conversations, "How many conversations were opened."),
    counter("underruns", &Stats::underruns, "How often sound ran dry because audio came late."),
    counter("waited_for_motion", &Stats::waited_for_motion_s,
            "Seconds for which sound waited, in pauses of the speech, because its face was far behind."),
    counter("stalls", &Stats::stalls, "How often sound waited for motion (strict_sync)."),
    counter("keyframes", &Stats::keyframes, "How many keyframes were accepted."),
    counter("late_keyframes", &Stats::late_keyframes,
            "How many keyframes arrived after their instant had been heard."),
    counter("malformed_messages", &Stats::malformed_messages,
            "How many calls of push_motion were refused with DecodeError."),
    counter("empty_messages", &Stats::empty_messages,
            "How many empty messages (b'') were skipped in a list of others."),
    counter("unknown_messages", &Stats::unknown_messages,
            "How many messages were skipped because their type carries no motion."),
    counter("discarded_wrong_id", &Stats::discarded_wrong_id,
            "Messages with an id that was not the current conversation's."),
    counter("discarded_other_req_id", &Stats::discarded_other_req_id,
            "Messages with another req_id while the one before it goes on."),
    counter("discarded_tombstoned", &Stats::discarded_tombstoned,
            "Messages with the req_id of one of the last 32 utterances that ended."),
    counter("discarded_after_end", &Stats::discarded_after_end,
            "Messages of a request whose final message was in."),
    counter("discarded_duplicate", &Stats::discarded_duplicate,
            "Messages that the same request had already brought."),
    counter("discarded_interrupted", &Stats::discarded_interrupted, "Early messages that interrupt dropped."),
    counter("discarded_audio_only", &Stats::discarded_audio_only,
            "Messages for a conversation that was put in audio-only mode."),
    counter("discarded_avatar", &Stats::discarded_avatar,
            "Messages for another avatar than PlayerConfig.avatar_id."),
    counter("discarded_replaced", &Stats::discarded_replaced,
            "Messages that were glued before another one in one buffer, of which only the last one's "
            "keyframes count."),
    counter("late_audio", &Stats::late_audio, "Chunks with the id of a conversation whose audio was over."),
    counter("discarded_expired", &Stats::discarded_expired, "Early messages that no audio came for."),
    counter("packet_delay", &Stats::packet_delay_s,
            "Seconds by which packets are held back above the fastest, as their jitter demands."),
    counter("listening_confidence", &Stats::listening_confidence,
            "How alike the sound that Player.listen heard last is to that of the packets, 0 to 1; 0 where "
            "their place cannot be told."),
    counter("listening_correction", &Stats::listening_correction_s,
            "Seconds by which the face is later, because of what was heard, than packets alone would show "
            "it."),
    counter("malformed_packets", &Stats::malformed_packets,
            "Packets that were none, or whose message was malformed; they change nothing."),
    counter("duplicate_packets", &Stats::duplicate_packets, "Copies of frames that had come."),
    counter("late_packets", &Stats::late_packets, "Frames that came after a later one was shown."),
    counter("lost_packets", &Stats::lost_packets, "Frames that never came, or not in time."),
    counter("gated_packets", &Stats::gated_packets,
            "Frames after an interrupt that belonged to no new round."),
    counter("realignments", &Stats::realignments,
            "How often audio had lost a byte and was brought into phase again."),
    counter("dropped_odd_bytes", &Stats::dropped_odd_bytes,
            "Odd bytes left over at the end of a conversation's audio."),
    counter("dropped_events", &Stats::dropped_events,
            "Events given up because nobody polled; changes of state are never among them."),
    counter("clock_faults", &Stats::clock_faults,
            R"(What the host's audio times got wrong, as bits that stay set.

1 none given, 2 frozen, 4 of another epoch, 8 without the latency, 16 in steps of a millisecond or coarser, 32 one
buffer in several blocks.)"));

}  // namespace hostmode
