// The audio thread's promise: render_audio allocates nothing, whatever happens around it.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "allocation_counter.h"
#include "hostmode/player.h"

namespace {

using namespace hostmode;

constexpr std::size_t kBlock = 256;
constexpr int kRate_hz = 16000;

}  // namespace

TEST_CASE("render_audio allocates nothing through start, underrun, pause, interrupt and end") {
  PlayerConfig config;
  config.motion_wait_s = 0;
  Player player(kRate_hz, config);
  const std::vector<std::int16_t> samples(6000, 8000);
  const ByteView pcm{reinterpret_cast<const std::uint8_t*>(samples.data()), samples.size() * 2};
  float block[kBlock];
  double now_s = 0.0;
  std::size_t allocations = 0;
  bool heard = false;
  for (int i = 0; i < 600; ++i) {
    std::string id;
    if (i % 40 == 0) REQUIRE(player.push_audio(pcm, i % 80 == 0, now_s, id) == Status::kOk);
    if (i % 70 == 30) player.pause(now_s);
    if (i % 70 == 40) player.resume(now_s);
    if (i % 170 == 160) player.interrupt(now_s);

    AudioObservation observation;
    observation.dac_s = now_s;
    const std::size_t before = testing::allocation_count();
    player.render_audio(block, kBlock, observation);
    allocations += testing::allocation_count() - before;
    heard = heard || block[kBlock - 1] != 0.0F;

    now_s += static_cast<double>(kBlock) / kRate_hz;
    player.advance(now_s);
  }
  CHECK(heard);
  CHECK(player.stats().underruns > 0);
  CHECK(allocations == 0);
}
