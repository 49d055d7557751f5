#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "sound/renderer.h"

using namespace hostmode;

TEST_CASE("renderer: what there is no room to report is reported once there is") {
  Renderer renderer(16000, 0.0);
  const std::vector<std::int16_t> samples(160, 1000);
  std::vector<std::unique_ptr<SampleQueue>> streams;
  std::array<float, 400> block{};
  // Nobody takes segments, until far more have come than the ring holds.
  for (std::uint64_t number = 1; number <= 300; ++number) {
    streams.push_back(std::make_unique<SampleQueue>(number));
    streams.back()->append(samples.data(), samples.size());
    streams.back()->set_motion_ready();
    streams.back()->close();
    renderer.hand_over(streams.back().get());
    renderer.render(block.data(), block.size(), {});
    while (renderer.take_back() != nullptr) {
    }
  }
  streams.push_back(std::make_unique<SampleQueue>(301));
  streams.back()->append(samples.data(), samples.size());
  streams.back()->set_motion_ready();
  renderer.hand_over(streams.back().get());
  renderer.render(block.data(), 100, {});

  Segment last;
  while (renderer.take_segment(last)) {
  }
  renderer.render(block.data(), 50, {});
  bool reported = false;
  while (renderer.take_segment(last)) reported = true;
  REQUIRE(reported);
  CHECK(last.generation == 301);
  CHECK(last.cause == SegmentCause::kPlaying);
  CHECK(last.media_at(static_cast<double>(300 * 400 + 50)) == 50);
}

TEST_CASE(
    "renderer: one segment tells how media time passes at another pace, and its end is played as it is") {
  for (const double drift : {1e-3, -730e-6}) {
    CAPTURE(drift);
    Renderer renderer(16000, 0.0);
    const std::vector<std::int16_t> samples(16000 * 200, 1000);
    SampleQueue stream(1);
    stream.append(samples.data(), samples.size());
    stream.set_motion_ready();
    stream.set_prebuffer(0);
    renderer.hand_over(&stream);
    std::array<float, 160> block{};
    std::int64_t frames = 0;
    const auto render = [&](int blocks) {
      for (; blocks > 0; --blocks) {
        renderer.render(block.data(), block.size(), {});
        frames += static_cast<std::int64_t>(block.size());
      }
    };
    render(10);
    stream.follow(drift);
    render(2);
    Segment last;
    while (renderer.take_segment(last)) {
    }
    CHECK(last.drift == drift);
    render(10000);
    CHECK_FALSE(renderer.take_segment(last));
    CHECK(std::abs(last.media_at(static_cast<double>(frames)) - static_cast<double>(stream.consumed())) <=
          1.0);
    CHECK(std::abs(static_cast<double>(stream.consumed() - frames) - drift * 160 * 10000) < 2.0);

    stream.close();
    const std::int64_t closed_at = frames;
    const std::int64_t left = stream.pushed() - stream.consumed();
    while (renderer.take_back() == nullptr) render(1);
    bool over = false;
    while (renderer.take_segment(last)) {
      over = last.cause == SegmentCause::kSilence;
      if (over) CHECK(last.device_frame == closed_at + left);
    }
    CHECK(over);
  }
}
