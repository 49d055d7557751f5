// Sampling poses: one avatar again and again, and many distinct ones whose memory is in no cache.
// Run with --benchmark_enable_random_interleaving=true --benchmark_repetitions=9 and compare medians of one
// run.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hostmode/player.h"

namespace {

using namespace hostmode;

constexpr int kRate_hz = 16000;
constexpr double kFrame_s = 1.0 / 60.0;
constexpr double kSpeech_s = 6.0;
constexpr double kSettled_s = 2.0;  // the transition from idle is over and forgotten
// More than any cache holds; what is written between two frames evicts all avatars.
constexpr std::size_t kEviction = std::size_t{96} << 20;

// Moves what real streams move: the neck, the jaw's opening and fifty coefficients of expression.
std::vector<Keyframe> speech(std::size_t avatar) {
  std::vector<Keyframe> keyframes(static_cast<std::size_t>(kSpeech_s * kKeyframeRateHz));
  for (std::size_t i = 0; i < keyframes.size(); ++i) {
    const auto wave = [&](std::size_t channel) {
      const double phase = 0.2 * static_cast<double>(i) * (1.0 + 0.01 * static_cast<double>(channel)) +
                           static_cast<double>(channel * 7 + avatar);
      return static_cast<float>(0.3 * std::sin(phase));
    };
    for (std::size_t k = 0; k < 3; ++k) keyframes[i].neck_pose[k] = wave(k);
    keyframes[i].jaw_pose[0] = wave(3);
    for (std::size_t k = 0; k < 50; ++k) keyframes[i].expression[k] = wave(4 + k);
  }
  return keyframes;
}

AudioObservation heard_at(double time_s) {
  AudioObservation observation;
  observation.dac_s = time_s;
  return observation;
}

class Crowd {
 public:
  Crowd(std::size_t avatars, bool evict) : eviction_(evict ? kEviction : 0) {
    const std::vector<std::int16_t> pcm(static_cast<std::size_t>(kSpeech_s * kRate_hz), 1000);
    for (std::size_t i = 0; i < avatars; ++i) {
      players_.push_back(std::make_unique<Player>(kRate_hz));
      pointers_.push_back(players_.back().get());
      std::string id;
      (void)players_[i]->push_audio({reinterpret_cast<const std::uint8_t*>(pcm.data()), pcm.size() * 2}, true,
                                    0.0, id);
      const std::vector<Keyframe> keyframes = speech(i);
      std::vector<std::uint8_t> bytes;
      (void)encode_message(keyframes.data(), keyframes.size(), "", "", true, "", bytes);
      const ByteView view{bytes.data(), bytes.size()};
      MotionPush result;
      (void)players_[i]->push_motion(&view, 1, &id, 0.0, result);
    }
    // A device that takes everything at once: from here on, nothing but sampling touches the avatars.
    std::vector<float> unheard(pcm.size());
    for (Player* player : pointers_) player->render_audio(unheard.data(), unheard.size(), heard_at(0.0));
    while (now_s_ < kSettled_s) {
      for (Player* player : pointers_) player->sample(now_s_, unheard.data());
      next_frame();
    }
  }

  void next_frame() {
    now_s_ += kFrame_s;
    for (std::size_t i = 0; i < eviction_.size(); i += 64) ++eviction_[i];
  }

  [[nodiscard]] bool over() const { return now_s_ > kSpeech_s - 1.0; }
  [[nodiscard]] double now_s() const { return now_s_; }
  [[nodiscard]] const std::vector<Player*>& players() const { return pointers_; }

 private:
  std::vector<std::unique_ptr<Player>> players_;
  std::vector<Player*> pointers_;
  std::vector<char> eviction_;
  double now_s_ = 0.0;
};

void per_avatar(benchmark::State& state, std::size_t avatars) {
  state.counters["avatar"] =
      benchmark::Counter(static_cast<double>(avatars),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

bool speaks(const float* pose) {
  return std::abs(pose[kNeckPoseOffset]) + std::abs(pose[kExpressionOffset + 20]) > 1e-3F;
}

void sample_one(benchmark::State& state) {
  Crowd crowd(1, false);
  std::vector<float> pose(kKeyframeFloats);
  double now_s = crowd.now_s();
  for (auto _ : state) {
    crowd.players()[0]->sample(now_s, pose.data());
    now_s += 1e-9;
    benchmark::DoNotOptimize(pose.data());
    benchmark::ClobberMemory();
  }
  if (!speaks(pose.data())) state.SkipWithError("the avatar does not speak");
  per_avatar(state, 1);
}

enum class Call { kOneByOne, kMany };
enum class Memory { kLeftAlone, kEvicted };

void sample_crowd(benchmark::State& state, Call call, Memory memory) {
  constexpr std::size_t kAvatars = 4000;
  const bool evict = memory == Memory::kEvicted;
  auto crowd = std::make_unique<Crowd>(kAvatars, evict);
  std::vector<float> poses(crowd->players().size() * kKeyframeFloats);
  for (auto _ : state) {
    state.PauseTiming();
    if (crowd->over()) crowd = std::make_unique<Crowd>(kAvatars, evict);
    crowd->next_frame();
    state.ResumeTiming();
    if (call == Call::kMany) {
      Player::sample_many(crowd->players().data(), kAvatars, crowd->now_s(), poses.data());
    } else {
      for (std::size_t i = 0; i < kAvatars; ++i) {
        crowd->players()[i]->sample(crowd->now_s(), poses.data() + i * kKeyframeFloats);
      }
    }
    benchmark::DoNotOptimize(poses.data());
    benchmark::ClobberMemory();
  }
  for (std::size_t i = 0; i < crowd->players().size(); ++i) {
    if (!speaks(poses.data() + i * kKeyframeFloats)) state.SkipWithError("an avatar does not speak");
  }
  per_avatar(state, crowd->players().size());
}

}  // namespace

BENCHMARK(sample_one);
BENCHMARK_CAPTURE(sample_crowd, many, Call::kMany, Memory::kLeftAlone)
    ->Iterations(100)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sample_crowd, one_by_one, Call::kOneByOne, Memory::kLeftAlone)
    ->Iterations(100)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sample_crowd, many_evicted, Call::kMany, Memory::kEvicted)
    ->Iterations(100)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sample_crowd, one_by_one_evicted, Call::kOneByOne, Memory::kEvicted)
    ->Iterations(100)
    ->Unit(benchmark::kMillisecond);
