#include <doctest/doctest.h>

#include <array>
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
