// Streams that go on for long, from senders whose clock is not the device's.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "allocation_counter.h"
#include "blocking_calls.h"
#include "hostmode/player.h"

namespace {

using namespace hostmode;

constexpr double kBlock_s = 0.01;
constexpr double kChunk_s = 0.02;
constexpr double kAhead_s = 0.03;  // from the callback to the ear, three blocks
constexpr int kPeriod = 20000;
constexpr double kClear = 2500;  // from where it begins anew and rings
constexpr int kRings = 300;

// A stream whose samples tell their place: a ramp that begins anew every kPeriod samples.
class LongStream {
 public:
  LongStream(int pcm_hz, int device_hz, double faster, bool live = true)
      : pcm_hz_(pcm_hz),
        device_hz_(device_hz),
        chunk_every_s_(kChunk_s / (1 + faster)),
        live_(live),
        player_(pcm_hz, PlayerConfig{}, device_hz),
        chunk_(static_cast<std::size_t>(pcm_hz * kChunk_s)),
        block_(static_cast<std::size_t>(device_hz * kBlock_s)) {}

  void play(double duration_s) {
    for (const double until_s = now_s_ + duration_s - 1e-9; now_s_ < until_s; now_s_ += kBlock_s) {
      while (arrives_s_ <= now_s_) push();
      render();
      player_.advance(now_s_);
      check_heard();
      const double waits_s = static_cast<double>(sent_) * kChunk_s - player_.audio_time(now_s_);
      delay_s = waits_s - (static_cast<double>(sent_) * chunk_every_s_ - now_s_);
      fastest_ppm = std::max(fastest_ppm, std::abs(player_.stats().drift_ppm));
    }
  }

  // The media position at which the sound is, in seconds, from its samples; that which the player gives.
  struct Cut {
    double rendered_s;
    double told_s;
  };
  Cut interrupt() {
    const double rendered_s = rendered_s_.back();
    const std::optional<double> told_s = player_.interrupt(now_s_);
    return {rendered_s, told_s.value_or(-1.0)};
  }

  [[nodiscard]] Stats stats() { return player_.stats(); }

  double delay_s = 0.0;
  double worst_heard_s = 0.0;  // between the position told and that of the samples
  double worst_step = 0.0;     // of the ramp, from one frame to the next, beside what it should be
  double fastest_ppm = 0.0;
  std::size_t forbidden = 0;  // calls of the audio thread
  int heard_checks = 0;

 private:
  void push() {
    for (std::int16_t& sample : chunk_) sample = static_cast<std::int16_t>(next_++ % kPeriod);
    std::string id;
    const ByteView bytes{reinterpret_cast<const std::uint8_t*>(chunk_.data()), 2 * chunk_.size()};
    REQUIRE(player_.push_audio(bytes, false, arrives_s_, id) == Status::kOk);
    ++sent_;
    arrives_s_ = std::max(arrives_s_, static_cast<double>(sent_) * chunk_every_s_ + late_s_(random_));
  }

  void render() {
    AudioObservation observation;
    if (live_) observation.entry_s = now_s_;
    observation.dac_s = now_s_ + kAhead_s;
    const std::size_t before = testing::allocation_count() + testing::blocking_call_count();
    player_.render_audio(block_.data(), block_.size(), observation);
    forbidden += testing::allocation_count() + testing::blocking_call_count() - before;
    const double step = static_cast<double>(pcm_hz_) / device_hz_;
    bool clear = true;  // of where the ramp begins anew
    double previous = last_;
    for (const float frame : block_) {
      const double value = static_cast<double>(frame) * 32768;
      clear_frames_ = value > kClear && value < kPeriod - kClear ? clear_frames_ + 1 : 0;
      clear = clear && clear_frames_ > 0;
      if (clear_frames_ > kRings) worst_step = std::max(worst_step, std::abs(value - previous - step));
      previous = value;
    }
    last_ = previous;
    const double first = static_cast<double>(block_.front()) * 32768;
    if (first < 0.5 * kPeriod && last_first_ > 0.5 * kPeriod) periods_ += kPeriod;
    last_first_ = first;
    rendered_s_.push_back(clear ? (periods_ + first) / pcm_hz_ : std::numeric_limits<double>::quiet_NaN());
  }

  // The block that was asked for kAhead_s ago is heard now.
  void check_heard() {
    if (rendered_s_.size() <= static_cast<std::size_t>(std::lround(kAhead_s / kBlock_s))) return;
    const double position_s = rendered_s_.front();
    rendered_s_.pop_front();
    if (std::isnan(position_s) || position_s < 1.0) return;
    worst_heard_s = std::max(worst_heard_s, std::abs(player_.audio_time(now_s_) - position_s));
    ++heard_checks;
  }

  const int pcm_hz_;
  const int device_hz_;
  const double chunk_every_s_;
  const bool live_;
  Player player_;
  std::mt19937 random_{5};
  std::exponential_distribution<double> late_s_{1 / 0.01};
  std::vector<std::int16_t> chunk_;
  std::vector<float> block_;
  std::int64_t sent_ = 0;
  std::int64_t next_ = 0;
  double arrives_s_ = 0.0;
  double now_s_ = 0.0;
  double last_ = 0.0;
  int clear_frames_ = 0;  // in a row
  double last_first_ = 0.0;
  double periods_ = 0.0;
  std::deque<double> rendered_s_;
};

}  // namespace

TEST_CASE(
    "long_stream: a sender fast or slow keeps its delay, every sample is heard once and told where it is") {
  struct Line {
    int pcm_hz, device_hz;
    double faster;
  };
  for (const Line line : {Line{8000, 8000, 500e-6}, {8000, 8000, -500e-6}, {8000, 16000, -1000e-6}}) {
    CAPTURE(line.device_hz);
    CAPTURE(line.faster);
    LongStream stream(line.pcm_hz, line.device_hz, line.faster);
    stream.play(30.0);
    const double began_s = stream.delay_s;
    stream.play(900.0);
    CHECK(std::abs(stream.delay_s - began_s) < 0.08);
    const double settled_s = stream.delay_s;
    stream.play(200.0);
    CHECK(std::abs(stream.delay_s - settled_s) < 0.003);
    CHECK(stream.stats().underruns == 0);
    CHECK(stream.stats().drift_ppm == doctest::Approx(line.faster * 1e6).epsilon(0.2));
    CHECK(stream.fastest_ppm <= 1000.0);
    CHECK(stream.heard_checks > 70000);
    CHECK(stream.worst_heard_s < 0.0003);
    // In samples: neither one more nor one less.
    CHECK(stream.worst_step < 0.01);
    CHECK(stream.forbidden == 0);
  }
}

TEST_CASE("long_stream: an interrupt tells what has been heard, also at another pace") {
  for (const double faster : {900e-6, -900e-6}) {
    int compared = 0;
    for (int i = 0; i < 4; ++i) {
      LongStream stream(8000, 8000, faster);
      stream.play(200.0 + 0.37 * i);
      REQUIRE(std::abs(stream.stats().drift_ppm) > 500.0);
      const LongStream::Cut cut = stream.interrupt();
      if (std::isnan(cut.rendered_s)) continue;
      ++compared;
      // The rest of that block, and the fade.
      CHECK(std::abs(cut.told_s - (cut.rendered_s + kBlock_s + 0.005)) < 0.0005);
    }
    CHECK(compared > 1);
  }
}

TEST_CASE("long_stream: who asks for blocks without saying when gets exactly what came") {
  LongStream stream(8000, 8000, -20e-6, false);
  stream.play(1200.0);
  CHECK(stream.fastest_ppm == 0.0);
  CHECK(stream.worst_step == 0.0);
}
