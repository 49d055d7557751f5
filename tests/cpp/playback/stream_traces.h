// Utterances as networks and speech servers deliver them over a reliable stream (a WebSocket).
#pragma once

#include <cstdint>
#include <vector>

namespace hostmode::testing {

enum class StreamFamily {
  kFast,       // far faster than real time, wired
  kWifi,       // short holds of the radio
  kCellular,   // long holds of the radio
  kStall,      // seldom a time-out of TCP, up to 3 s
  kBursty,     // large chunks from a speech synthesis that is sometimes slower than real time
  kSentences,  // a pause of the language model before each sentence
  kSlowStart,  // TCP's congestion window grows from ten segments
  kSlow,       // always slower than real time: no start policy can save it
  kMixed,      // each session one of the first seven
};
inline constexpr StreamFamily kStreamFamilies[] = {
    StreamFamily::kFast,   StreamFamily::kWifi,      StreamFamily::kCellular, StreamFamily::kStall,
    StreamFamily::kBursty, StreamFamily::kSentences, StreamFamily::kSlowStart};
[[nodiscard]] const char* name(StreamFamily family) noexcept;

inline constexpr int kSessions = 30;            // one player lives through one
inline constexpr int kUtterancesASession = 20;  // each starts kBetweenUtterances_s after the last one's end
inline constexpr double kBetweenUtterances_s = 1.0;

struct StreamChunk {
  double arrival_s;  // since the utterance's first
  double media_s;    // of this chunk and all before it
};

struct StreamUtterance {
  std::vector<StreamChunk> chunks;
  double motion_lag_s;  // by which late motion follows its sound, where a bench wants that

  [[nodiscard]] double media_s() const noexcept { return chunks.back().media_s; }
  [[nodiscard]] double last_arrival_s() const noexcept { return chunks.back().arrival_s; }
  // The earliest start of the sound that never runs dry.
  [[nodiscard]] double least_start_s() const noexcept;
};

[[nodiscard]] StreamUtterance stream_utterance(StreamFamily family, std::uint64_t seed, int session,
                                               int utterance);

}  // namespace hostmode::testing
