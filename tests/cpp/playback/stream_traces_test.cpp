#include "playback/stream_traces.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "counted_random.h"

namespace {

using namespace hostmode::testing;

struct Sums {
  std::size_t chunks = 0;
  double media_s = 0, last_arrivals_s = 0, arrivals_s = 0;
  std::vector<double> least_starts_s;

  void add(const StreamUtterance& utterance) {
    chunks += utterance.chunks.size();
    media_s += utterance.media_s();
    last_arrivals_s += utterance.last_arrival_s();
    for (const StreamChunk& chunk : utterance.chunks) arrivals_s += chunk.arrival_s;
    least_starts_s.push_back(utterance.least_start_s());
  }
  double mean_least_start_ms() const {
    double sum = 0;
    for (const double start_s : least_starts_s) sum += start_s;
    return 1000 * sum / static_cast<double>(least_starts_s.size());
  }
  // Between ranks, linearly, as NumPy's percentile.
  double least_start_ms(double share) {
    std::sort(least_starts_s.begin(), least_starts_s.end());
    const double rank = share * static_cast<double>(least_starts_s.size() - 1);
    const auto below = static_cast<std::size_t>(rank);
    const double step_s = least_starts_s[below + 1] - least_starts_s[below];
    return 1000 * (least_starts_s[below] + (rank - static_cast<double>(below)) * step_s);
  }
};

bool near(double value, double wanted, double within) {
  return std::abs(value - wanted) <= within;
}

struct Wanted {
  StreamFamily family;
  std::size_t chunks;
  double media_s, last_arrivals_s, mean_ms, p99_ms;
};

// Computed independently, by another program in another language.
constexpr Wanted kWanted[] = {
    {StreamFamily::kFast, 69639, 2773.7164, 687.5675, 0.00, 0.0},
    {StreamFamily::kWifi, 69639, 2773.7164, 2294.5564, 28.48, 280.2},
    {StreamFamily::kCellular, 69639, 2773.7164, 2326.2102, 228.65, 888.0},
    {StreamFamily::kStall, 28045, 2773.7164, 1601.3104, 9.19, 389.7},
    {StreamFamily::kBursty, 6076, 2773.7164, 2066.6967, 9.65, 147.8},
    {StreamFamily::kSentences, 69639, 2773.7164, 1474.7907, 22.54, 535.0},
    {StreamFamily::kSlowStart, 28045, 2773.7164, 566.8798, 107.26, 276.8},
    {StreamFamily::kSlow, 28045, 2773.7164, 2893.2687, 296.63, 1510.4},
};

}  // namespace

TEST_CASE("test_counted_random_gives_the_published_draws") {
  const CountedRandom random(1);
  CHECK(near(random.uniform(0, 1), .32611853809651, 1e-13));
  CHECK(near(random.uniform(0, 2), .27062435182548, 1e-13));
  CHECK(near(random.uniform(0, 3), .83549259658138, 1e-13));
  CHECK(near(random.uniform(1, 1), .120776392211423, 1e-13));
}

TEST_CASE("test_stream_traces_have_the_published_sums") {
  for (const Wanted& wanted : kWanted) {
    CAPTURE(name(wanted.family));
    Sums sums;
    for (int session = 0; session < kSessions; ++session) {
      for (int k = 0; k < kUtterancesASession; ++k) sums.add(stream_utterance(wanted.family, 1, session, k));
    }
    CHECK(sums.chunks == wanted.chunks);
    CHECK(near(sums.media_s, wanted.media_s, 1e-4));
    CHECK(near(sums.last_arrivals_s, wanted.last_arrivals_s, 1e-4));
    CHECK(near(sums.mean_least_start_ms(), wanted.mean_ms, 0.0051));
    CHECK(near(sums.least_start_ms(0.99), wanted.p99_ms, 0.051));
  }
}

TEST_CASE("test_mixed_stream_traces_have_the_published_sums") {
  Sums sums;
  for (int session = 0; session < kSessions; ++session) {
    for (int k = 0; k < kUtterancesASession; ++k)
      sums.add(stream_utterance(StreamFamily::kMixed, 1, session, k));
  }
  CHECK(sums.chunks == 49545);
  CHECK(near(sums.media_s, 2709.1895, 1e-4));
  CHECK(near(sums.last_arrivals_s, 1539.8074, 1e-4));
  CHECK(near(sums.mean_least_start_ms(), 64.10, 0.0051));
}

TEST_CASE("test_single_stream_utterances_have_the_published_arrivals") {
  struct {
    StreamFamily family;
    int session, utterance;
    std::size_t chunks;
    double media_s, last_s, sum_s, least_s;
  } const wanted[] = {
      {StreamFamily::kWifi, 0, 0, 93, 3.714235, 3.067275, 143.338758, .001230},
      {StreamFamily::kBursty, 4, 1, 4, 1.529451, .931221, 2.284339, .018416},
      {StreamFamily::kSlowStart, 3, 0, 21, 2.063628, .885282, 11.081732, .119289},
  };
  for (const auto& one : wanted) {
    Sums sums;
    sums.add(stream_utterance(one.family, 1, one.session, one.utterance));
    CHECK(sums.chunks == one.chunks);
    CHECK(near(sums.media_s, one.media_s, 1e-6));
    CHECK(near(sums.last_arrivals_s, one.last_s, 1e-6));
    CHECK(near(sums.arrivals_s, one.sum_s, 2e-6));
    CHECK(near(sums.least_starts_s[0], one.least_s, 1e-6));
  }
}
