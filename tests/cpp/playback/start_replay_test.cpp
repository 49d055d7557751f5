#include "playback/start_replay.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace {

using namespace hostmode;
using Utterance = std::vector<StartReplay::Chunk>;

void learn(StartReplay& replay, const Utterance& utterance) {
  for (const auto& chunk : utterance) replay.add_chunk(chunk.arrival_s, chunk.media_s);
  replay.learn();
}

// Plays from chunk `first` as soon as `waiting_s` is in hand.
bool runs_dry(const Utterance& utterance, std::size_t first, double waiting_s) {
  const double before_s = first > 0 ? utterance[first - 1].media_s : 0;
  std::size_t at = first;
  while (at + 1 < utterance.size() && utterance[at].media_s - before_s < waiting_s - 1e-9) ++at;
  for (std::size_t j = at + 1; j < utterance.size(); ++j) {
    if (utterance[j].arrival_s > utterance[at].arrival_s + utterance[j - 1].media_s - before_s) return true;
  }
  return false;
}

// Two thirds for the starts at later half seconds, one third for the beginning.
double dry_share(const Utterance& utterance, double waiting_s) {
  int starts = 0, dry = 0;
  for (double from_s = 0.5; from_s < utterance.back().media_s - 1e-9; from_s += 0.5, ++starts) {
    std::size_t first = 1;
    while (first < utterance.size() && utterance[first - 1].media_s < from_s - 1e-9) ++first;
    if (first < utterance.size() && runs_dry(utterance, first, waiting_s)) ++dry;
  }
  const double beginning = runs_dry(utterance, 0, waiting_s) ? 1 : 0;
  return starts == 0 ? beginning : beginning / 3 + 2.0 / 3 * dry / starts;
}

}  // namespace

TEST_CASE("a replay of two chunks asks for what was reckoned by hand") {
  // Runs dry where it starts with the first chunk. One later start, of which nothing is left:
  // share(0.30) = (0.97 * 0.25 exp(-0.30 / 0.35) + 1/3) / 1.97 = 0.2214, share(0.28) = 0.2245, share(0.32) =
  // 0.0493
  StartReplay replay;
  learn(replay, {{0.0, 0.3}, {0.5, 0.6}});
  CHECK(replay.required_s(0.2250) == doctest::Approx(0.28));
  CHECK(replay.required_s(0.2225) == doctest::Approx(0.30));
  CHECK(replay.required_s(0.2200) == doctest::Approx(0.32));
  CHECK(replay.required_s(0.0480) == doctest::Approx(0.34));
}

TEST_CASE("a replay of many utterances asks for the least whose share is small enough") {
  StartReplay replay;
  std::vector<double> waiting_s, dry;
  for (int i = 0; i <= 50; ++i) waiting_s.push_back(0.02 * i);
  for (int i = 1; i <= 70; ++i) waiting_s.push_back(1 + 0.05 * i);
  for (double b_s : waiting_s) dry.push_back(0.25 * std::exp(-b_s / 0.35));
  double utterances = 1;
  for (int k = 0; k < 12; ++k) {
    Utterance utterance;
    double arrival_s = 0;
    for (int j = 1; j <= 12 + 3 * k; ++j) {
      utterance.push_back({arrival_s, 0.125 * j});
      arrival_s += (j * (k + 3)) % 13 == 6 ? (40.0 + 9 * k) / 128 : 11.0 / 128;
    }
    learn(replay, utterance);
    utterances = 0.97 * utterances + 1;
    for (std::size_t i = 0; i < dry.size(); ++i) dry[i] = 0.97 * dry[i] + dry_share(utterance, waiting_s[i]);

    for (double share = 0.0123; share < 1; share += 0.0217) {
      std::size_t least = 0;
      while (least + 1 < dry.size() && dry[least] / utterances > share) ++least;
      CHECK(replay.required_s(share) == doctest::Approx(waiting_s[least]));
    }
  }
}

TEST_CASE("a replay of a stream faster than real time does not depend on when it came") {
  for (const double gap_s : {0.01, 0.07, 0.0933}) {
    for (const double begin_s : {0.0, 0.1, 0.7, 3.3, 1234.567}) {
      StartReplay replay;
      Utterance utterance;
      for (int j = 1; j <= 60; ++j) utterance.push_back({begin_s + gap_s * (j - 1), 0.1 * j});
      learn(replay, utterance);
      // Nothing ran dry: what remains is the prior, faded by one utterance.
      CHECK(replay.required_s(0.97 * 0.25 / 1.97) == doctest::Approx(0.0));
    }
  }
}
