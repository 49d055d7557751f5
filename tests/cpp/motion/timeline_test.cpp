// How keyframes are appended, at seams, holes and wherever a stream is cut, and let go.
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

TEST_CASE("test_timeline_of_twenty_minutes_keeps_every_keyframe") {
  Timeline timeline;
  for (std::size_t first = 0; first < 30000; first += 100) append(timeline, speech_like(first, 100), first);
  CHECK(timeline.keyframe_count() == 30000);
  for (std::size_t i = 0; i < 30000; i += 997) {
    const Keyframe keyframe = speech_like(static_cast<double>(i));
    CHECK(largest_difference(pose_at(timeline, instant(i)).data(), keyframe.data()) <= 1e-6F);
  }
}
