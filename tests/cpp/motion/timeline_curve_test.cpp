// The curve through keyframes: where it leads, and how fast.
#include "motion/timeline.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include "motion/timeline_motion.h"

using namespace hostmode;
using namespace hostmode::testing;

TEST_CASE("test_sample_of_an_empty_timeline_gives_zeros") {
  const Timeline timeline;
  CHECK(pose_at(timeline, 1.0) == std::vector<float>(kKeyframeFloats, 0.0F));
  CHECK(timeline.keyframe_count() == 0);
  CHECK(timeline.last_keyframe_s() == 0.0);
}

TEST_CASE("test_sample_at_a_keyframes_instant_gives_the_keyframe") {
  const std::vector<Keyframe> keyframes = speech_like(0, 200);
  Timeline timeline;
  append(timeline, keyframes, 0);
  for (std::size_t i = 0; i < keyframes.size(); ++i) {
    CAPTURE(i);
    CHECK(largest_difference(pose_at(timeline, instant(i)).data(), keyframes[i].data()) <= 1e-6F);
  }
}

TEST_CASE("test_sample_outside_the_keyframes_holds_the_nearest") {
  const std::vector<Keyframe> keyframes = speech_like(0, 10);
  Timeline timeline;
  append(timeline, keyframes, 0);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double before_s : {-kInfinity, -3.0, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(largest_difference(pose_at(timeline, before_s).data(), keyframes.front().data()) == 0.0F);
  }
  for (const double after_s : {timeline.last_keyframe_s(), 1e12, kInfinity}) {
    CHECK(largest_difference(pose_at(timeline, after_s).data(), keyframes.back().data()) == 0.0F);
  }
}

TEST_CASE("test_sample_across_keyframes_is_continuous_in_value_and_velocity") {
  Timeline timeline;
  SUBCASE("arrived at once") {
    append(timeline, speech_like(0, 60), 0);
  }
  SUBCASE("arrived just in time") {
    append_just_in_time(timeline, speech_like(0, 60));
  }
  constexpr double kStep_s = 2e-4;
  for (std::size_t i = 1; i + 1 < timeline.keyframe_count(); ++i) {
    CAPTURE(i);
    const auto before = pose_at(timeline, instant(i) - kStep_s);
    const auto here = pose_at(timeline, instant(i));
    const auto after = pose_at(timeline, instant(i) + kStep_s);
    // The second difference of a C1 curve is of second order; a kink of 10 % of a typical step would show.
    for (std::size_t k = 0; k < kKeyframeFloats; ++k) {
      CHECK(std::abs(after[k] - 2 * here[k] + before[k]) < 2.5e-4F);
    }
  }
}

TEST_CASE("test_hold_out_of_band_limited_motion_beats_linear") {
  std::vector<Keyframe> kept;
  for (std::size_t i = 0; i < 48; ++i) kept.push_back(speech_like(2.0 * static_cast<double>(i)));
  Timeline timeline;
  double goal = 0;
  SUBCASE("arrived at once") {
    append(timeline, kept, 0);
    goal = 0.6;
  }
  SUBCASE("arrived just in time") {
    append_just_in_time(timeline, kept);
    goal = 0.9;
  }
  double ours = 0;
  double linear = 0;
  for (std::size_t i = 3; i + 4 < kept.size(); ++i) {
    const Keyframe truth = speech_like(2.0 * static_cast<double>(i) + 1.0);
    const auto rebuilt = pose_at(timeline, (static_cast<double>(i) + 0.5) * kKeyframeInterval_s);
    for (std::size_t k = 0; k < kKeyframeFloats; ++k) {
      const float middle = 0.5F * (kept[i].data()[k] + kept[i + 1].data()[k]);
      ours += std::pow(static_cast<double>(rebuilt[k] - truth.data()[k]), 2);
      linear += std::pow(static_cast<double>(middle - truth.data()[k]), 2);
    }
  }
  CHECK(std::sqrt(ours / linear) < goal);
}

TEST_CASE("test_jaw_and_eyelids_never_leave_the_hull_of_their_neighbours_by_more_than_two_percent") {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    const std::vector<Keyframe> keyframes = random_jaw(random, 40);
    Timeline timeline;
    // Half of the rounds arrive one at a time, just before they are shown.
    if (round % 2 == 0) {
      append(timeline, keyframes, 0);
    } else {
      append_just_in_time(timeline, keyframes);
    }
    for (std::size_t i = 1; i + 2 < keyframes.size(); ++i) {
      for (const std::size_t channel : {kJaw, hostmode::kEyeLidOffset}) {
        float low = keyframes[i].data()[channel];
        float high = low;
        for (std::size_t k = i - 1; k <= i + 2; ++k) {
          low = std::min(low, keyframes[k].data()[channel]);
          high = std::max(high, keyframes[k].data()[channel]);
        }
        const float slack = 0.02F * (high - low) + 1e-6F;
        for (int part = 1; part < 20; ++part) {
          const double media_s = (static_cast<double>(i) + part / 20.0) * kKeyframeInterval_s;
          const float value = pose_at(timeline, media_s)[channel];
          CAPTURE(media_s);
          CHECK(value >= low - slack);
          CHECK(value <= high + slack);
        }
      }
    }
  }
}

TEST_CASE("test_jaw_and_eyelids_that_leave_their_rest_late_hurry_no_more_than_those_that_are_known") {
  for (const float step : {0.05F, -0.3F}) {
    for (const double came : {0.1, 0.5, 0.9}) {  // within the interval before
      CAPTURE(step);
      CAPTURE(came);
      std::vector<Keyframe> keyframes(8);
      for (std::size_t i = 6; i < keyframes.size(); ++i) {
        keyframes[i].jaw_pose[0] = keyframes[i].eye_lid[1] = step * static_cast<float>(i - 5);
      }
      Timeline timeline;
      for (std::size_t i = 0; i < keyframes.size(); ++i) {
        append(timeline, {keyframes[i]}, i, (static_cast<double>(i) - 2 + came) * kKeyframeInterval_s);
      }
      for (const std::size_t channel : {kJaw, hostmode::kEyeLidOffset + 1}) {
        float steepest = 0.0F;
        for (double at = 5.0; at < 6.0; at += 0.02) {
          const float before = pose_at(timeline, at * kKeyframeInterval_s)[channel];
          const float after = pose_at(timeline, (at + 0.02) * kKeyframeInterval_s)[channel];
          CHECK((after - before) * step >= -1e-6F);
          steepest = std::max(steepest, std::abs(after - before) / 0.02F);
        }
        CHECK(steepest < 1.375F * std::abs(step));
        CHECK(steepest > 1.2F * std::abs(step));
      }
    }
  }
}

TEST_CASE("test_keyframes_of_any_allowed_size_give_finite_poses") {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> value(-1e4F, 1e4F);
  Timeline timeline;
  for (std::size_t i = 0; i < 200; ++i) {
    Keyframe keyframe;
    for (std::size_t k = 0; k < kKeyframeFloats; ++k) keyframe.data()[k] = value(random);
    append(timeline, {keyframe}, i);
  }
  for (double media_s = -1; media_s < 9; media_s += 0.003) {
    for (const float channel : pose_at(timeline, media_s)) CHECK(std::isfinite(channel));
  }
}

TEST_CASE("test_speeds_from_are_the_highest_that_samples_show") {
  std::mt19937 random(7);
  Timeline timeline;
  std::vector<Keyframe> keyframes(100);
  for (Keyframe& keyframe : keyframes) {
    keyframe.data()[kJaw] = std::uniform_real_distribution<float>(0.0F, 0.3F)(random);
    keyframe.data()[kMouth] = std::uniform_real_distribution<float>(-1.0F, 1.0F)(random);
  }
  append(timeline, keyframes, 0);
  constexpr int kEach = 64;  // samples an interval
  for (const double from : {-1.0, 0.0, 20.3, 41.5, 98.2}) {
    for (const std::size_t channel : {kJaw, kMouth}) {
      CAPTURE(from);
      CAPTURE(channel);
      std::vector<float> speeds(kKeyframeFloats, 7.0F);
      timeline.speeds_from(from * kKeyframeInterval_s, 9.999 * kKeyframeInterval_s, speeds.data());
      double fastest = 0.0;
      const double end = std::min(std::floor(from + 9.999) + 1.0, 99.0);
      for (double at = std::max(from, 0.0); at + 1.0 / kEach <= end + 1e-9; at += 1.0 / kEach) {
        const float before = pose_at(timeline, at * kKeyframeInterval_s)[channel];
        const float after = pose_at(timeline, (at + 1.0 / kEach) * kKeyframeInterval_s)[channel];
        fastest = std::max<double>(fastest, std::abs(after - before) * kEach);
      }
      CHECK(speeds[channel] == doctest::Approx(fastest).epsilon(0.03));
      CHECK(speeds[channel + 3] == 0.0F);
    }
  }
}

TEST_CASE("test_speeds_from_leave_out_what_is_hardly_left_of_an_interval_and_what_is_over") {
  Timeline timeline;
  std::vector<Keyframe> keyframes(40);
  for (std::size_t i = 11; i < keyframes.size(); ++i) keyframes[i].data()[kMouth] = 1.0F;
  append(timeline, keyframes, 0);
  const auto speed_from = [&timeline](double position) {
    std::vector<float> speeds(kKeyframeFloats);
    timeline.speeds_from(position * kKeyframeInterval_s, 0.2, speeds.data());
    return speeds[kMouth];
  };
  CHECK(speed_from(10.0) > 1.0F);
  CHECK(speed_from(10.7) > 1.5F * speed_from(11.0));
  CHECK(speed_from(10.8) == speed_from(11.0));         // where the curve swings out
  CHECK(speed_from(10.7) < 0.95F * speed_from(10.3));  // the fastest is over
  CHECK(speed_from(5.5) > 1.0F);                       // five intervals from there: in the middle of the step
  CHECK(speed_from(4.5) == 0.0F);
  CHECK(speed_from(20.0) == 0.0F);
  CHECK(speed_from(1e12) == 0.0F);
}
