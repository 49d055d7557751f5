#include "playback/stream_traces.h"

#include <algorithm>
#include <cmath>

#include "counted_random.h"

namespace hostmode::testing {
namespace {

struct Holds {
  double rate_hz, least_s, spread_s, most_s;
};

struct Traits {
  const char* name;
  double chunk_s;
  double slowest, fastest;  // production, in media seconds a second
  double jitter_s;
  Holds holds;
  double step_deviation;           // of the time that a chunk takes to be made
  double pause_s, pause_spread_s;  // before each sentence but the first
  bool slow_start;
};

constexpr Holds kNoHolds = {0, 0, 0, 0};

Traits traits(StreamFamily family) noexcept {
  switch (family) {
    case StreamFamily::kFast:
      return {"fast", 0.04, 4, 4, 0.0017, kNoHolds, 0, 0, 0, false};
    case StreamFamily::kWifi:
      return {"wifi", 0.04, 1.2, 1.2, 0.004, {0.80, 0.05, 0.07, 0.5}, 0, 0, 0, false};
    case StreamFamily::kCellular:
      return {"cellular", 0.04, 1.2, 1.2, 0.004, {0.90, 0.20, 0.14, 1.5}, 0, 0, 0, false};
    case StreamFamily::kStall:
      return {"stall", 0.10, 1.3, 2.0, 0.0017, {0.04, 0.25, 0.40, 3.0}, 0, 0, 0, false};
    case StreamFamily::kBursty:
      return {"bursty", 0.48, 0.94, 1.4, 0.0017, kNoHolds, 0.15, 0, 0, false};
    case StreamFamily::kSentences:
      return {"sentences", 0.04, 3, 3, 0.0017, kNoHolds, 0, 0.15, 0.30, false};
    case StreamFamily::kSlowStart:
      return {"slowstart", 0.10, 8, 8, 0.0017, kNoHolds, 0, 0, 0, true};
    case StreamFamily::kSlow:
      return {"slow", 0.10, 0.85, 1.0, 0.0017, kNoHolds, 0, 0, 0, false};
    case StreamFamily::kMixed:
      break;
  }
  return {"mixed", 0, 0, 0, 0, kNoHolds, 0, 0, 0, false};
}

// Sources of randomness, of an utterance and of a session.
enum Source : std::uint64_t {
  kHoldStart = 5,
  kHoldLength = 6,
  kLength = 10,
  kStep = 12,
  kSentence = 14,
  kPause = 15
};
enum SessionSource : std::uint64_t { kRate = 0, kRoundTrip = 1, kMotionLag = 2 };

std::vector<double> production(const Traits& is, const CountedRandom& random, double rate, double length_s) {
  const int count = static_cast<int>(std::ceil(length_s / is.chunk_s - 1e-9));
  std::vector<double> produced;
  double time_s = 0, first_s = 0;
  for (int j = 1; j <= count; ++j) {
    const double chunk_s = std::min(is.chunk_s, length_s - (j - 1) * is.chunk_s);
    double step_s = chunk_s / rate;
    if (is.step_deviation > 0) {
      step_s *= std::max(0.2, 1 + is.step_deviation * random.normal(kStep, static_cast<std::uint64_t>(j)));
    }
    time_s += step_s;
    if (j == 1) first_s = time_s;
    produced.push_back(time_s - first_s);
  }
  return produced;
}

void add_pauses(const Traits& is, const CountedRandom& random, std::vector<double>& produced) {
  std::uint64_t sentence = 1;
  double ends_s = 0.8 + 1.2 * random.exponential(kSentence, sentence), paused_s = 0;
  for (std::size_t j = 0; j < produced.size(); ++j) {
    while (ends_s <= static_cast<double>(j) * is.chunk_s) {
      paused_s += is.pause_s + is.pause_spread_s * random.exponential(kPause, sentence);
      ++sentence;
      ends_s += 0.8 + 1.2 * random.exponential(kSentence, sentence);
    }
    produced[j] += paused_s;
  }
}

// What the congestion window lets through, doubling each round trip.
void slow_down(const Traits& is, double round_trip_s, double length_s, std::vector<double>& produced) {
  constexpr double kBytesASecond = 108500;  // 48 kHz PCM and motion
  constexpr double kFirstWindow = 14600;
  for (std::size_t j = 0; j < produced.size(); ++j) {
    const double bytes = kBytesASecond * std::min(length_s, static_cast<double>(j + 1) * is.chunk_s);
    produced[j] = std::max(produced[j], round_trip_s * (std::ceil(std::log2(bytes / kFirstWindow + 1)) - 1));
  }
}

// Whatever arrives while the network holds arrives at the end of the hold, in order.
void hold(const Holds& holds, const CountedRandom& random, std::vector<double>& arrivals) {
  const double last_s = arrivals.back() + 1;
  double start_s = 0;
  for (std::uint64_t k = 1; holds.rate_hz > 0; ++k) {
    start_s += random.exponential(kHoldStart, k) / holds.rate_hz;
    if (start_s >= last_s) break;
    const double end_s =
        start_s + std::min(holds.least_s + holds.spread_s * random.exponential(kHoldLength, k), holds.most_s);
    for (double& arrival_s : arrivals) {
      if (arrival_s >= start_s && arrival_s < end_s) arrival_s = end_s;
    }
  }
}

void put_in_order(std::vector<double>& arrivals) {
  for (std::size_t j = 1; j < arrivals.size(); ++j) arrivals[j] = std::max(arrivals[j], arrivals[j - 1]);
}

}  // namespace

const char* name(StreamFamily family) noexcept {
  return traits(family).name;
}

double StreamUtterance::least_start_s() const noexcept {
  double least_s = 0, before_s = 0;
  for (const StreamChunk& chunk : chunks) {
    least_s = std::max(least_s, chunk.arrival_s - before_s);
    before_s = chunk.media_s;
  }
  return least_s;
}

StreamUtterance stream_utterance(StreamFamily family, std::uint64_t seed, int session, int utterance) {
  if (family == StreamFamily::kMixed) {
    return stream_utterance(kStreamFamilies[session % 7], seed + 500, session, utterance);
  }
  const Traits is = traits(family);
  const std::uint64_t base = seed * 1000003 + static_cast<std::uint64_t>(session) * 1009;
  const CountedRandom random(base + static_cast<std::uint64_t>(utterance));
  const CountedRandom of_session(base + 999);

  const double length_s = std::clamp(3.5 * std::exp(0.7 * random.normal(kLength, 1)), 0.6, 25.0);
  const double rate = is.slowest + (is.fastest - is.slowest) * of_session.uniform(kRate, 1);
  std::vector<double> arrivals = production(is, random, rate, length_s);
  if (is.pause_s > 0) add_pauses(is, random, arrivals);
  if (is.slow_start) slow_down(is, 0.05 + 0.30 * of_session.uniform(kRoundTrip, 1), length_s, arrivals);
  for (std::size_t j = 0; j < arrivals.size(); ++j) arrivals[j] += is.jitter_s * random.jitter(j + 1);
  put_in_order(arrivals);
  hold(is.holds, random, arrivals);
  put_in_order(arrivals);

  StreamUtterance made;
  made.motion_lag_s = 0.6 * of_session.uniform(kMotionLag, 1);
  for (std::size_t j = 0; j < arrivals.size(); ++j) {
    const double media_s = std::min(length_s, static_cast<double>(j + 1) * is.chunk_s);
    made.chunks.push_back({arrivals[j] - arrivals[0], media_s});
  }
  return made;
}

}  // namespace hostmode::testing
