// Start and stalls of a real Player in virtual time, on the streams of tests/cpp/playback/stream_traces.h,
// and of what it is compared with. Usage: playout first_seed last_seed stall_risk...; prints JSON.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "hostmode/keyframe.h"
#include "hostmode/message.h"
#include "hostmode/player.h"
#include "playback/stream_traces.h"

namespace {

using namespace hostmode;
using namespace hostmode::testing;

constexpr int kRate_hz = 8000;
constexpr int kBlock = 20;  // 2.5 ms, of the 5 that the bench allows
constexpr double kBlock_s = static_cast<double>(kBlock) / kRate_hz;
constexpr double kLatency_s = 0.05;

struct Score {
  double start_s = 0, silence_s = 0;
  int stalled = 0, utterances = 0;

  void print(const char* name, bool last) const {
    std::printf("\"%s\": [%.3f, %.4f, %.3f]%s", name, 1000 * start_s / utterances,
                100.0 * stalled / utterances, 1000 * silence_s / utterances, last ? "" : ", ");
  }
};

using Utterances = std::vector<StreamUtterance>;

Utterances utterances(StreamFamily family, std::uint64_t first_seed, std::uint64_t last_seed) {
  Utterances all;
  for (std::uint64_t seed = first_seed; seed <= last_seed; ++seed) {
    for (int session = 0; session < kSessions; ++session) {
      for (int k = 0; k < kUtterancesASession; ++k) all.push_back(stream_utterance(family, seed, session, k));
    }
  }
  return all;
}

// One utterance, whose first chunk arrives at `start_s`, and the motion of each chunk `lag_s` after its
// sound; the device runs from `now_s` on. Returns when it has been heard.
double play(Player& player, const StreamUtterance& utterance, double lag_s, double now_s, double start_s,
            Score& score) {
  static const std::vector<std::uint8_t> sound(2 * 48 * kRate_hz, 1);
  std::size_t next = 0, next_motion = 0, keyframes = 0;
  double pushed_s = 0, first_sound_s = 0;
  bool stalled = false, over = false;
  std::string id;
  const auto frames_of = [](double media_s) {
    return static_cast<std::size_t>(std::llround(media_s * kRate_hz));
  };
  for (; !over; now_s += kBlock_s) {
    while (next < utterance.chunks.size() && start_s + utterance.chunks[next].arrival_s <= now_s + 1e-9) {
      const StreamChunk& chunk = utterance.chunks[next];
      const bool end = ++next == utterance.chunks.size();
      const std::size_t count = frames_of(chunk.media_s) - frames_of(pushed_s);
      const double at_s = std::max(start_s + chunk.arrival_s, start_s);
      if (player.push_audio({sound.data(), 2 * count}, end, at_s, id) != Status::kOk) std::abort();
      pushed_s = chunk.media_s;
    }
    while (next_motion < next && start_s + utterance.chunks[next_motion].arrival_s + lag_s <= now_s + 1e-9) {
      const StreamChunk& chunk = utterance.chunks[next_motion];
      const bool end = ++next_motion == utterance.chunks.size();
      const double at_s = start_s + chunk.arrival_s + lag_s;
      const auto until = static_cast<std::size_t>(std::ceil(chunk.media_s * kKeyframeRateHz));
      const std::vector<Keyframe> still(until - keyframes, Keyframe{});
      std::vector<std::uint8_t> encoded;
      if (encode_message(still.data(), still.size(), "", "", end, "", encoded) != Status::kOk) std::abort();
      keyframes = until;
      const ByteView view{encoded.data(), encoded.size()};
      MotionPush result;
      if (player.push_motion(&view, 1, &id, at_s, result) != Status::kOk) std::abort();
    }
    float out[kBlock];
    AudioObservation observation;
    observation.entry_s = observation.host_current_s = now_s;
    observation.dac_s = now_s + kLatency_s;
    player.render_audio(out, kBlock, observation);
    player.advance(now_s);
    for (const Event& event : player.poll_events()) {
      if (event.kind == EventKind::kPlaybackStarted) first_sound_s = event.time_s - kLatency_s - start_s;
      if (event.kind == EventKind::kUnderrun) stalled = true;
      if (event.kind == EventKind::kUnderrunEnd) score.silence_s += event.value;
      if (event.kind == EventKind::kConversationEnd) over = true;
    }
    if (now_s - start_s > 200) std::abort();
  }
  score.start_s += first_sound_s;
  score.stalled += stalled ? 1 : 0;
  ++score.utterances;
  return now_s;
}

Score play_all(const Utterances& all, double stall_risk, bool late_motion = false) {
  Score score;
  PlayerConfig config;
  config.stall_risk = stall_risk;
  config.seed = 1;
  std::unique_ptr<Player> player;
  double now_s = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % kUtterancesASession == 0) {
      player = std::make_unique<Player>(kRate_hz, config);
      now_s = 1.0;
    }
    // The end is heard kLatency_s after it is played.
    const double lag_s = late_motion ? all[i].motion_lag_s : 0.0;
    now_s = play(*player, all[i], lag_s, now_s, now_s + kBetweenUtterances_s - kLatency_s, score);
  }
  return score;
}

Score fixed(const Utterances& all, double prebuffer_s) {
  Score score;
  for (const StreamUtterance& utterance : all) {
    double start_s = utterance.last_arrival_s();
    for (const StreamChunk& chunk : utterance.chunks) {
      if (chunk.media_s < prebuffer_s - 1e-9) continue;
      start_s = chunk.arrival_s;
      break;
    }
    score.start_s += start_s;
    score.stalled += utterance.least_start_s() > start_s + 1e-9 ? 1 : 0;
    ++score.utterances;
  }
  return score;
}

Score oracle(const Utterances& all) {
  Score score;
  for (const StreamUtterance& utterance : all) {
    score.start_s += utterance.least_start_s();
    ++score.utterances;
  }
  return score;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const auto first = static_cast<std::uint64_t>(std::atoi(arguments[1]));
  const auto last = static_cast<std::uint64_t>(std::atoi(arguments[2]));
  std::vector<StreamFamily> families(std::begin(kStreamFamilies), std::end(kStreamFamilies));
  families.push_back(StreamFamily::kSlow);
  families.push_back(StreamFamily::kMixed);
  std::printf("{");
  for (const StreamFamily family : families) {
    const Utterances all = utterances(family, first, last);
    std::printf("%s\"%s\": {", family == families.front() ? "" : ",\n", name(family));
    oracle(all).print("oracle", false);
    play_all(all, PlayerConfig().stall_risk, true).print("late motion", false);
    for (int i = 3; i < count; ++i) {
      play_all(all, std::atof(arguments[i])).print((std::string("hostmode ") + arguments[i]).c_str(), false);
    }
    for (int i = 0; i <= 110; ++i) {
      const double prebuffer_s = i <= 50 ? 0.02 * i : 1.0 + 0.05 * (i - 50);
      char label[32];
      std::snprintf(label, sizeof label, "fixed %.2f", prebuffer_s);
      fixed(all, prebuffer_s).print(label, i == 110);
    }
    std::printf("}");
  }
  std::printf("}\n");
  return 0;
}
