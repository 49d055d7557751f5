#include "motion/timeline.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include "hostmode/keyframe.h"

namespace {

using hostmode::Keyframe;
using hostmode::kKeyframeFloats;
using hostmode::kKeyframeInterval_s;
using hostmode::Timeline;

constexpr double kBeforeStart_s = -1.0;
constexpr std::size_t kJaw = hostmode::kJawPoseOffset;
constexpr std::size_t kMouth = hostmode::kExpressionOffset;

double instant(std::size_t index) {
  return static_cast<double>(index) * kKeyframeInterval_s;
}

void append(Timeline& timeline, const std::vector<Keyframe>& keyframes, std::size_t first_index,
            double playhead_s = kBeforeStart_s) {
  const auto batch = timeline.prepare(keyframes.data(), keyframes.size(), first_index, playhead_s);
  timeline.commit(*batch, playhead_s);
}

// Each while the interval that ends with the one before is on screen.
void append_just_in_time(Timeline& timeline, const std::vector<Keyframe>& keyframes) {
  for (std::size_t i = 0; i < keyframes.size(); ++i) {
    append(timeline, {keyframes[i]}, i, (static_cast<double>(i) - 1.5) * kKeyframeInterval_s);
  }
}

std::vector<float> pose_at(const Timeline& timeline, double media_s) {
  std::vector<float> pose(kKeyframeFloats);
  timeline.sample(media_s, pose.data());
  return pose;
}

float largest_difference(const float* a, const float* b) {
  float largest = 0;
  for (std::size_t i = 0; i < kKeyframeFloats; ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// Band-limited motion of jaw, neck and mouth, as speech has it.
Keyframe speech_like(double index) {
  Keyframe keyframe{};
  keyframe.jaw_pose[0] = static_cast<float>(0.1 + 0.08 * std::sin(0.9 * index));
  keyframe.neck_pose[1] = static_cast<float>(0.2 + 0.05 * std::sin(0.3 * index));
  for (std::size_t i = 0; i < 50; ++i) {
    const double rate = 0.2 + 0.02 * static_cast<double>(i);
    keyframe.expression[i] = static_cast<float>(std::sin(rate * index + static_cast<double>(i)));
  }
  return keyframe;
}

std::vector<Keyframe> speech_like(std::size_t first, std::size_t count) {
  std::vector<Keyframe> keyframes;
  for (std::size_t i = first; i < first + count; ++i) {
    keyframes.push_back(speech_like(static_cast<double>(i)));
  }
  return keyframes;
}

std::vector<Keyframe> random_jaw(std::mt19937& random, std::size_t count) {
  std::uniform_real_distribution<float> value(-1.0F, 1.0F);
  std::vector<Keyframe> keyframes(count);
  for (Keyframe& keyframe : keyframes) {
    keyframe.jaw_pose[0] = value(random);
    keyframe.eye_lid[0] = value(random);
  }
  return keyframes;
}

}  // namespace

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

TEST_CASE("test_commit_of_look_ahead_moves_nothing_that_is_being_shown") {
  std::mt19937 random(2);
  std::uniform_int_distribution<std::size_t> size(1, 6);
  Timeline timeline;
  append(timeline, speech_like(0, 4), 0);
  double playhead_s = 0.013;
  while (timeline.keyframe_count() < 400) {
    const double interval_end_s =
        (std::floor(playhead_s / kKeyframeInterval_s) + 1.0) * kKeyframeInterval_s - 1e-6;
    const auto at_playhead = pose_at(timeline, playhead_s);
    const auto at_end = pose_at(timeline, interval_end_s);
    append(timeline, speech_like(timeline.keyframe_count(), size(random)), timeline.keyframe_count(),
           playhead_s);
    CHECK(largest_difference(pose_at(timeline, playhead_s).data(), at_playhead.data()) <= 1e-6F);
    CHECK(largest_difference(pose_at(timeline, interval_end_s).data(), at_end.data()) <= 1e-6F);
    playhead_s = std::min(playhead_s + 0.031, timeline.last_keyframe_s() - 0.041);
  }
}

TEST_CASE("test_prepare_without_commit_changes_no_sample") {
  Timeline timeline;
  append(timeline, speech_like(0, 5), 0);
  const auto before = pose_at(timeline, 0.14);
  const std::vector<Keyframe> more = speech_like(5, 100);
  const auto batch = timeline.prepare(more.data(), more.size(), 5, kBeforeStart_s);
  CHECK(pose_at(timeline, 0.14) == before);
  CHECK(timeline.keyframe_count() == 5);
  timeline.commit(*batch, kBeforeStart_s);
  CHECK(timeline.keyframe_count() == 105);
}

TEST_CASE("test_prepare_with_a_playhead_that_is_no_position_still_appends") {
  for (const double playhead_s :
       {std::numeric_limits<double>::quiet_NaN(), 1e300, std::numeric_limits<double>::infinity()}) {
    Timeline timeline;
    append(timeline, speech_like(0, 3), 0);
    append(timeline, speech_like(3, 3), 3, playhead_s);
    CHECK(timeline.keyframe_count() == 6);
  }
}

TEST_CASE("test_hole_is_bridged_without_moving_later_keyframes") {
  Timeline timeline;
  append(timeline, speech_like(0, 5), 0);
  append(timeline, speech_like(9, 5), 9);
  CHECK(timeline.keyframe_count() == 14);
  const Keyframe before = speech_like(4.0);
  const Keyframe after = speech_like(9.0);
  CHECK(largest_difference(pose_at(timeline, instant(9)).data(), after.data()) <= 1e-6F);
  const float low = std::min(before.jaw_pose[0], after.jaw_pose[0]);
  const float high = std::max(before.jaw_pose[0], after.jaw_pose[0]);
  for (std::size_t i = 5; i < 9; ++i) {
    const float jaw = pose_at(timeline, instant(i))[kJaw];
    CHECK(jaw >= low - 1e-6F);
    CHECK(jaw <= high + 1e-6F);
  }
}

TEST_CASE("test_abnormal_seam_step_is_eased_within_two_keyframes") {
  const std::vector<Keyframe> first = speech_like(0, 50);
  std::vector<Keyframe> second = speech_like(50, 50);
  for (Keyframe& keyframe : second) keyframe.expression[60] += 200.0F;
  Timeline timeline;
  append(timeline, first, 0);
  append(timeline, second, 50);
  float largest_step = 0;
  for (std::size_t i = 40; i < 60; ++i) {
    const float step =
        pose_at(timeline, instant(i + 1))[kMouth + 60] - pose_at(timeline, instant(i))[kMouth + 60];
    largest_step = std::max(largest_step, std::abs(step));
  }
  // Spread over three intervals, a third each, but for what is normal of it.
  CHECK(largest_step < 80.0F);
  for (std::size_t i = 0; i < 100; ++i) {
    if (i == 50 || i == 51) continue;
    const Keyframe& keyframe = i < 50 ? first[i] : second[i - 50];
    CAPTURE(i);
    CHECK(largest_difference(pose_at(timeline, instant(i)).data(), keyframe.data()) <= 2e-5F);
  }
}

TEST_CASE("test_ordinary_seam_step_is_left_alone") {
  Timeline timeline;
  for (std::size_t first = 0; first < 100; first += 20) append(timeline, speech_like(first, 20), first);
  for (std::size_t i = 0; i < 100; ++i) {
    const Keyframe keyframe = speech_like(static_cast<double>(i));
    CHECK(largest_difference(pose_at(timeline, instant(i)).data(), keyframe.data()) <= 1e-6F);
  }
}

TEST_CASE("test_rotation_that_wraps_a_whole_turn_does_not_spin") {
  Keyframe here{};
  here.rotation[1] = 3.1F;
  Keyframe wrapped{};
  wrapped.rotation[1] = -3.1F;  // 0.083 rad further on
  Timeline timeline;
  append(timeline, {here, here, wrapped, wrapped}, 0);
  for (int part = 0; part <= 10; ++part) {
    const double media_s = (1.0 + part / 10.0) * kKeyframeInterval_s;
    const float angle = pose_at(timeline, media_s)[hostmode::kRotationOffset + 1];
    CHECK(angle > 3.05F);
    CHECK(angle < 3.25F);
  }
}

TEST_CASE("test_activity_begins_with_the_interval_that_moves") {
  constexpr double kNever_s = hostmode::ChannelActivity::kNever_s;
  Timeline timeline;
  append(timeline, speech_like(0, 5), 0);
  CHECK(timeline.activity().eyelids_from_s == kNever_s);
  CHECK(timeline.activity().eyes_from_s == kNever_s);
  std::vector<Keyframe> more = speech_like(5, 2);
  more[1].eye_lid[1] = 0.5F;
  append(timeline, more, 5);
  CHECK(timeline.activity().eyelids_from_s == doctest::Approx(instant(5)));
  CHECK(timeline.activity().eyes_from_s == kNever_s);
  CHECK(pose_at(timeline, instant(6))[hostmode::kEyeLidOffset + 1] == doctest::Approx(0.5F));
  more[0].eye_pose[3] = 0.1F;
  append(timeline, more, 7, instant(8));
  CHECK(timeline.activity().eyes_from_s == doctest::Approx(instant(8)));  // not before it is known
  CHECK(timeline.activity().eyelids_from_s == doctest::Approx(instant(5)));
}

TEST_CASE("test_activity_from_the_first_interval_is_there_from_the_start") {
  std::vector<Keyframe> keyframes = speech_like(0, 2);
  keyframes[1].eye_pose[0] = 0.1F;
  Timeline timeline;
  append(timeline, keyframes, 0);
  CHECK(timeline.activity().eyes_from_s == -hostmode::ChannelActivity::kNever_s);
}

TEST_CASE("test_what_is_shown_does_not_depend_on_how_a_stream_is_cut") {
  std::vector<Keyframe> stream = speech_like(0, 300);
  for (std::size_t i = 0; i < 50; ++i) {  // a still beginning, then a jump, and another one
    for (float& value : stream[i].expression) value *= 0.02F;
  }
  for (std::size_t i = 200; i < 300; ++i) stream[i].expression[60] += 50.0F;
  Timeline whole;
  append(whole, stream, 0);
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{10}, std::size_t{70}}) {
    CAPTURE(size);
    Timeline cut;
    for (std::size_t first = 0; first < stream.size(); first += size) {
      const auto begin = stream.begin() + static_cast<std::ptrdiff_t>(first);
      const auto end = stream.begin() + static_cast<std::ptrdiff_t>(std::min(first + size, stream.size()));
      append(cut, {begin, end}, first);
    }
    for (double media_s = 0; media_s < 12.0; media_s += 0.007) {
      CHECK(largest_difference(pose_at(whole, media_s).data(), pose_at(cut, media_s).data()) < 1e-4F);
    }
  }
}

TEST_CASE("test_quick_movement_is_no_seam") {
  std::vector<Keyframe> stream = speech_like(0, 100);
  for (std::size_t i = 60; i < 64; ++i) stream[i].expression[60] += 8.0F * static_cast<float>(i - 59);
  Timeline timeline;
  append(timeline, stream, 0);
  for (std::size_t i = 62; i < 64; ++i) {  // 60 begins it out of nothing, and carries over to 61
    CHECK(largest_difference(pose_at(timeline, instant(i)).data(), stream[i].data()) <= 1e-5F);
  }
}

TEST_CASE("test_motion_that_was_shown_is_let_go") {
  Timeline timeline;
  for (std::size_t i = 0; i < 30000; ++i) {
    append(timeline, {speech_like(static_cast<double>(i))}, i, instant(i) - 0.1);
  }
  CHECK(timeline.keyframe_count() == 30000);
  const double playhead_s = instant(29999) - 0.1;
  for (std::size_t i = 29999; instant(i) > playhead_s - 1.0; --i) {
    const Keyframe keyframe = speech_like(static_cast<double>(i));
    CHECK(largest_difference(pose_at(timeline, instant(i)).data(), keyframe.data()) <= 1e-5F);
  }
  CHECK(pose_at(timeline, 1.0) == pose_at(timeline, 10.0));  // the oldest that is kept
}

TEST_CASE("test_motion_far_behind_the_playhead_still_appends") {
  Timeline timeline;
  for (std::size_t i = 0; i < 400; ++i) {
    append(timeline, {speech_like(static_cast<double>(i))}, i, instant(i) + 100.0);
  }
  const Keyframe last = speech_like(399.0);
  CHECK(largest_difference(pose_at(timeline, 1e6).data(), last.data()) <= 1e-5F);
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

TEST_CASE("test_timeline_of_twenty_minutes_keeps_every_keyframe") {
  Timeline timeline;
  for (std::size_t first = 0; first < 30000; first += 100) append(timeline, speech_like(first, 100), first);
  CHECK(timeline.keyframe_count() == 30000);
  for (std::size_t i = 0; i < 30000; i += 997) {
    const Keyframe keyframe = speech_like(static_cast<double>(i));
    CHECK(largest_difference(pose_at(timeline, instant(i)).data(), keyframe.data()) <= 1e-6F);
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
