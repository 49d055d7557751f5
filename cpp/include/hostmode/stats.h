// Counters and gauges of a Player, for people who have to find out what happened. What each says in full is a
// row of playback/counters.h.
#pragma once

#include <cstdint>
#include <optional>

namespace hostmode {

struct Stats {
  // Of the current conversation, or of the last one.
  double buffered_audio_s = 0.0;
  double buffered_motion_s = 0.0;                // motion ahead of what is heard
  double heard_s = 0.0;                          // media position at the ear
  double face_delay_s = 0.0;                     // the face is held back, because its motion comes late
  double played_s = 0.0;                         // media position handed to the device
  double drift_ppm = 0.0;                        // its sound is played so much faster, to follow its sender
  std::optional<double> time_to_first_sound_s;   // from opening; nothing: not yet
  std::optional<double> time_to_first_motion_s;  // the same
  double prebuffer_s = 0.0;                      // in force, raised by arrival jitter
  // Since the player was made.
  std::uint64_t conversations = 0;
  std::uint64_t underruns = 0;
  double waited_for_motion_s = 0.0;  // sound did, in pauses of speech whose face was far behind
  std::uint64_t stalls = 0;
  std::uint64_t keyframes = 0;
  std::uint64_t late_keyframes = 0;  // arrived after their instant had been heard
  std::uint64_t malformed_messages = 0;
  std::uint64_t empty_messages = 0;
  std::uint64_t unknown_messages = 0;
  std::uint64_t discarded_wrong_id = 0;
  std::uint64_t discarded_other_req_id = 0;
  std::uint64_t discarded_tombstoned = 0;
  std::uint64_t discarded_after_end = 0;    // of a request whose end was in
  std::uint64_t discarded_duplicate = 0;    // sent again
  std::uint64_t discarded_interrupted = 0;  // early motion that an interrupt dropped
  std::uint64_t discarded_audio_only = 0;
  std::uint64_t discarded_avatar = 0;
  std::uint64_t discarded_replaced = 0;  // animations that a later field of their message replaced
  std::uint64_t late_audio = 0;          // chunks for a conversation whose audio was over
  std::uint64_t discarded_expired = 0;   // early motion that no audio came for
  double packet_delay_s = 0.0;           // packets are held back that long above the fastest
  double listening_confidence = 0.0;     // 0 to 1; 0: where their sound is cannot be told
  double listening_correction_s = 0.0;   // so much later than packets alone would show it is the face
  std::uint64_t malformed_packets = 0;
  std::uint64_t duplicate_packets = 0;
  std::uint64_t late_packets = 0;   // behind one that had been given out
  std::uint64_t lost_packets = 0;   // positions that were passed over
  std::uint64_t gated_packets = 0;  // after an interrupt, of no new round
  std::uint64_t dropped_odd_bytes = 0;
  std::uint64_t realignments = 0;    // of audio that had lost a byte
  std::uint64_t dropped_events = 0;  // diagnostics that nobody polled; state edges are never dropped
  std::uint32_t clock_faults = 0;    // ClockFault bits
};

}  // namespace hostmode
