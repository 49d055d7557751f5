#include "playback/start_policy.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using namespace hostmode;

// Utterances of 2 s in chunks of 0.1 s, one every `gap_s`; returns when the next one begins.
double speak(StartPolicy& policy, double now_s, double gap_s, int utterances) {
  for (int k = 0; k < utterances; ++k) {
    policy.on_utterance(now_s);
    StartState state;
    state.opened_s = now_s;
    for (int j = 1; j <= 20; ++j, now_s += gap_s) {
      policy.on_chunk(now_s, 0.1 * j, state);
      state.pushed_s = 0.1 * j;
    }
    policy.on_end();
    now_s += 1.0;
  }
  return now_s;
}

StartState state_of(double pushed_s, double played_s, double motion_end_s) {
  StartState state;
  state.pushed_s = pushed_s;
  state.played_s = played_s;
  state.motion_end_s = motion_end_s;
  state.has_motion = motion_end_s > 0;
  return state;
}

}  // namespace

TEST_CASE("a model that has only seen a fast stream lets it start sooner") {
  ArrivalModel fresh, fast;
  for (int i = 0; i < 400; ++i) fast.add_chunk(0.02, 0.1);
  CHECK(fast.required_s(0.06, 4) < fresh.required_s(0.06, 4) / 2);
}

TEST_CASE("a model calls a stream slower than real time sure to run dry") {
  ArrivalModel slow;
  for (int i = 0; i < 400; ++i) slow.add_chunk(0.15, 0.1);
  CHECK(slow.expected_stalls(0.5) > 1);
  CHECK(slow.required_s(0.06, 4) > 1.5);
}

TEST_CASE("a model expects fewer stalls the more waits") {
  ArrivalModel model;
  for (int i = 0; i < 200; ++i) model.add_chunk(i % 10 == 0 ? 0.4 : 0.03, 0.09);
  for (double waiting_s = 0; waiting_s < 3; waiting_s += 0.1) {
    CHECK(model.expected_stalls(waiting_s + 0.1) <= model.expected_stalls(waiting_s));
  }
}

TEST_CASE("a gap is forgotten by half in forty seconds of streaming") {
  GapHistogram gaps;
  gaps.add(0.5);
  const double before_hz = gaps.rate_hz(50) * (0.5 + 0.5 * 0.986);
  for (int i = 0; i < 400; ++i) gaps.add(0.1);
  CHECK(gaps.rate_hz(50) < before_hz / 20);
  CHECK(gaps.rate_hz(10) > 5);
}

TEST_CASE("a replay asks for what past utterances needed") {
  StartReplay replay;
  for (int k = 0; k < 200; ++k) {
    replay.add_chunk(0.0, 0.1);
    replay.add_chunk(0.02, 0.2);
    replay.add_chunk(0.4, 0.4);
    replay.learn();
  }
  CHECK(replay.required_s(0.08) == doctest::Approx(0.22));
}

TEST_CASE("a replay of nothing expects what networks do") {
  CHECK(StartReplay().required_s(0.25) == 0);
  CHECK(StartReplay().required_s(0.08) == doctest::Approx(0.4));
}

TEST_CASE("a policy never asks for less than the prebuffer or more than its bound") {
  PlayerConfig config;
  config.prebuffer_s = 0.2;
  config.max_prebuffer_s = 1.0;
  StartPolicy fast(config), slow(config);
  speak(fast, 0, 0.001, 30);
  speak(slow, 0, 0.2, 30);
  CHECK(fast.prebuffer_s() == doctest::Approx(0.2));
  CHECK(slow.prebuffer_s() == doctest::Approx(config.max_prebuffer_s));
}

TEST_CASE("a policy asks for the greater of what model and replay ask for") {
  for (double gap_s : {3.0 / 128, 11.0 / 128, 17.0 / 128}) {
    PlayerConfig config;
    config.prebuffer_s = 0;
    config.max_prebuffer_s = 4;
    StartPolicy policy(config);
    ArrivalModel model;
    StartReplay replay;
    for (int k = 0; k < 6; ++k) {
      const double now_s = speak(policy, 10.0 * k, gap_s, 1);
      for (int j = 1; j <= 20; ++j) {
        if (j > 1) model.add_chunk(gap_s, 0.1);
        replay.add_chunk((j - 1) * gap_s, 0.1 * j);
      }
      model.add_length(2.0);
      replay.learn();
      policy.on_utterance(now_s);
      const double expected_s = std::max(model.required_s(0.06, 4), replay.required_s(0.08));
      CHECK(policy.prebuffer_s() == doctest::Approx(expected_s).epsilon(0.02));
    }
  }
}

TEST_CASE("a policy takes what there is where no more audio is to come") {
  StartPolicy policy{PlayerConfig{}};
  policy.on_utterance(0);
  StartState brief = state_of(0.2, 0, 0.2);
  CHECK_FALSE(policy.gate(brief).motion_ready);
  brief.closed = true;
  CHECK(policy.gate(brief).motion_ready);
}

TEST_CASE("a policy waits at most a second after the last chunk") {
  StartPolicy policy{PlayerConfig{}};
  policy.on_utterance(2);
  policy.on_chunk(2.5, 0.1, StartState{});
  CHECK(policy.gate(StartState{}).latest_s == doctest::Approx(3.5));
}

TEST_CASE("after an underrun a tenth of a second waits at least") {
  PlayerConfig config;
  StartPolicy policy(config);
  const double now_s = speak(policy, 0, 0.001, 30);
  policy.on_utterance(now_s);
  policy.on_chunk(now_s, 0.1, state_of(0, 0, 0));
  CHECK(policy.prebuffer_s() == doctest::Approx(config.prebuffer_s));
  policy.on_chunk(now_s + 0.2, 0.2, state_of(0.1, 0.1, 0));
  CHECK(policy.prebuffer_s() >= 0.1);
}

TEST_CASE("after an underrun sound waits for motion from when enough of it is there again") {
  PlayerConfig config;
  StartPolicy policy(config);
  policy.on_utterance(0);
  policy.on_chunk(0.1, 2.0, state_of(0, 0, 0));
  CHECK(policy.gate(state_of(2, 0, 0.1)).start_by_s == doctest::Approx(0.1 + config.motion_wait_s));
  policy.on_chunk(5.0, 4.0, state_of(2, 2, 0.1));
  CHECK(policy.gate(state_of(4, 2, 0.1)).start_by_s == doctest::Approx(5.0 + config.motion_wait_s));
}

TEST_CASE("a policy asks for more while the sound of a stream that turns out slow has not begun") {
  StartPolicy policy{PlayerConfig{}};
  policy.on_utterance(0);
  StartState state;
  policy.on_chunk(0, 0.01, state);
  const double at_first_s = policy.prebuffer_s();
  for (int j = 1; j <= 8; ++j) {
    state.pushed_s = 0.01 * j;
    policy.on_chunk(0.3 * j, 0.01 * (j + 1), state);
  }
  CHECK(policy.prebuffer_s() > at_first_s + 0.1);
}

TEST_CASE("a policy learns also from what is cut off before its end") {
  PlayerConfig config;
  config.stall_risk = 0.2;
  // The same gap and the same media after it, which only one of the two is too short for.
  const auto required_s = [&config](double first_media_s) {
    StartPolicy policy(config);
    for (int k = 0; k < 30; ++k) {
      policy.on_utterance(30.0 * k);
      policy.on_chunk(30.0 * k, first_media_s, StartState{});
      policy.on_chunk(30.0 * k + 0.9, first_media_s + 2.9, state_of(first_media_s, 0, 0));
    }
    policy.on_utterance(1000);
    return policy.prebuffer_s();
  };
  CHECK(required_s(0.8) > required_s(2.9) + 0.15);
}

TEST_CASE("motion in hand counts as audio does") {
  StartPolicy policy{PlayerConfig{}};
  policy.on_utterance(0);
  const double wanted_s = policy.prebuffer_s();
  CHECK_FALSE(policy.gate(state_of(2, 0, wanted_s - 0.1)).motion_ready);
  CHECK(policy.gate(state_of(2, 0, wanted_s)).motion_ready);
  StartState last = state_of(2, 0, 0.04);
  last.motion_final = true;
  CHECK(policy.gate(last).motion_ready);
}

TEST_CASE("motion that has missed two starts is not waited for, until it comes in time") {
  StartPolicy policy{PlayerConfig{}};
  double now_s = speak(policy, 0, 0.02, 1);
  policy.on_utterance(now_s);
  CHECK(policy.gate(StartState{}).start_by_s == doctest::Approx(0.3));
  now_s = speak(policy, now_s, 0.02, 2);
  policy.on_utterance(now_s);
  CHECK(policy.gate(StartState{}).start_by_s == 0);
  policy.on_motion(now_s + 0.1);
  CHECK(policy.gate(StartState{}).start_by_s == doctest::Approx(0.3));
}
