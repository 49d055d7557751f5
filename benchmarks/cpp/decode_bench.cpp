// Decoding a motion message: a copy of the payload as the floor, hostmode, libprotobuf with reused messages.
// Run with --benchmark_enable_random_interleaving=true --benchmark_repetitions=9 and compare medians of one
// run.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "hostmode/message.h"
#include "motion.pb.h"

namespace {

using hostmode::Keyframe;

std::vector<Keyframe> speech(std::size_t count) {
  std::vector<Keyframe> keyframes(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < hostmode::kKeyframeFloats; ++k) {
      keyframes[i].data()[k] = static_cast<float>((i * 131 + k * 17) % 1000) * 0.001F - 0.5F;
    }
  }
  return keyframes;
}

std::vector<std::uint8_t> encoded(const std::vector<Keyframe>& keyframes) {
  std::vector<std::uint8_t> bytes;
  if (encode_message(keyframes.data(), keyframes.size(), "20251223042742_0123456789ab",
                     "20251223042742_ba9876543210", true, "", bytes) != hostmode::Status::kOk) {
    bytes.clear();
  }
  return bytes;
}

void per_keyframe(benchmark::State& state) {
  state.counters["keyframe"] =
      benchmark::Counter(static_cast<double>(state.range(0)),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

bool equal(const Keyframe* got, const std::vector<Keyframe>& wanted) {
  return std::memcmp(got, wanted.data(), wanted.size() * sizeof(Keyframe)) == 0;
}

void copy_payload(benchmark::State& state) {
  const std::vector<Keyframe> keyframes = speech(static_cast<std::size_t>(state.range(0)));
  std::vector<Keyframe> out(keyframes.size());
  for (auto _ : state) {
    std::memcpy(out.data(), keyframes.data(), keyframes.size() * sizeof(Keyframe));
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  if (!equal(out.data(), keyframes)) state.SkipWithError("the copy differs");
  per_keyframe(state);
}

void decode_hostmode(benchmark::State& state) {
  const std::vector<Keyframe> keyframes = speech(static_cast<std::size_t>(state.range(0)));
  const std::vector<std::uint8_t> bytes = encoded(keyframes);
  hostmode::Message message;
  hostmode::DecodeFailure failure;
  for (auto _ : state) {
    auto status = decode_message(bytes.data(), bytes.size(), message, failure);
    benchmark::DoNotOptimize(status);
    benchmark::ClobberMemory();
  }
  if (message.keyframes.size() != keyframes.size() || !message.end ||
      !equal(message.keyframes.data(), keyframes)) {
    state.SkipWithError("hostmode decoded something else");
  }
  per_keyframe(state);
}

// protobuf's own message is its result: it is not charged for a copy into Keyframe.
void decode_libprotobuf(benchmark::State& state) {
  const std::vector<Keyframe> keyframes = speech(static_cast<std::size_t>(state.range(0)));
  const std::vector<std::uint8_t> bytes = encoded(keyframes);
  hostmode::benchmark::Envelope envelope;
  hostmode::benchmark::Animation animation;
  for (auto _ : state) {
    const bool parsed = envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
                        animation.ParseFromString(envelope.response_animation().animation());
    if (!parsed) state.SkipWithError("libprotobuf refused the message");
    benchmark::DoNotOptimize(animation);
    benchmark::ClobberMemory();
  }
  bool same = static_cast<std::size_t>(animation.keyframes_size()) == keyframes.size();
  for (std::size_t i = 0; same && i < keyframes.size(); ++i) {
    const auto& got = animation.keyframes(static_cast<int>(i));
    same = got.jaw_pose_size() == 3 && got.expression_size() == 100 &&
           std::memcmp(got.jaw_pose().data(), keyframes[i].jaw_pose, sizeof keyframes[i].jaw_pose) == 0 &&
           std::memcmp(got.expression().data(), keyframes[i].expression, sizeof keyframes[i].expression) == 0;
  }
  if (!same) state.SkipWithError("libprotobuf decoded something else");
  per_keyframe(state);
}

}  // namespace

BENCHMARK(copy_payload)->Arg(1)->Arg(50)->Arg(100);
BENCHMARK(decode_hostmode)->Arg(1)->Arg(50)->Arg(100);
BENCHMARK(decode_libprotobuf)->Arg(1)->Arg(50)->Arg(100);
