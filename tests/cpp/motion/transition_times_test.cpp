#include "motion/transition_times.h"

#include <doctest/doctest.h>

namespace hostmode {
namespace {

TransitionTimes times(double speech_s, double idle_s) {
  PlayerConfig config;
  config.speech_transition_s = speech_s;
  config.idle_transition_s = idle_s;
  return TransitionTimes(config);
}

}  // namespace

TEST_CASE("a transition that takes any time takes a keyframe interval at least") {
  CHECK(times(0.3, 0.7).speech_s() == 0.3);
  CHECK(times(0.3, 0.7).idle_s() == 0.7);
  CHECK(times(0.001, 0.039).speech_s() == kKeyframeInterval_s);
  CHECK(times(0.001, 0.039).idle_s() == kKeyframeInterval_s);
  CHECK(times(0.0, 0.0).speech_s() == 0.0);
  CHECK(times(0.0, 0.0).idle_s() == 0.0);
}

TEST_CASE("what nobody wished for takes time also where transitions take none") {
  CHECK(times(0.3, 0.7).blend_s(0.1) == 0.1);
  CHECK(times(0.3, 0.7).blend_s(0.5) == 0.3);
  CHECK(times(0.3, 0.7).blend_s(0.01) == kKeyframeInterval_s);
  CHECK(times(0.0, 0.7).blend_s(0.5) == kKeyframeInterval_s);
  CHECK(times(0.3, 0.7).run_out_s() == 0.7);
  CHECK(times(0.3, 0.0).run_out_s() == kKeyframeInterval_s);
}

TEST_CASE("the fastest transition is that of the two which takes any time") {
  CHECK(times(0.3, 0.7).fastest_s() == 0.3);
  CHECK(times(0.9, 0.7).fastest_s() == 0.7);
  CHECK(times(0.0, 0.7).fastest_s() == 0.7);
  CHECK(times(0.9, 0.0).fastest_s() == 0.9);
  CHECK(times(0.01, 0.7).fastest_s() == kKeyframeInterval_s);
  CHECK(times(0.0, 0.0).fastest_s() == kKeyframeInterval_s);
}

TEST_CASE("a layer goes in eight keyframe intervals, and no faster than a transition") {
  CHECK(times(0.1, 0.2).layer_s() == doctest::Approx(0.32));
  CHECK(times(0.0, 0.0).layer_s() == doctest::Approx(0.32));
  CHECK(times(0.9, 0.7).layer_s() == 0.7);
  CHECK(times(0.0, 1.2).layer_s() == 1.2);
}

}  // namespace hostmode
