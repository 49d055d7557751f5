// Hold-out quality of the timeline: every second keyframe of a recording is rebuilt from the others, and the
// error is given relative to linear interpolation. Usage: holdout keyframes.f32 (raw float32, 120 a
// keyframe).
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <vector>

#include "hostmode/keyframe.h"
#include "motion/timeline.h"

namespace {

using hostmode::Keyframe;

struct Field {
  const char* name;
  std::size_t begin;
  std::size_t end;
};

constexpr Field kFields[] = {{"jaw", hostmode::kJawPoseOffset, hostmode::kJawPoseOffset + 3},
                             {"expression", hostmode::kExpressionOffset, hostmode::kKeyframeFloats},
                             {"neck", hostmode::kNeckPoseOffset, hostmode::kNeckPoseOffset + 3}};

struct SquaredErrors {
  double by_field[3] = {};

  void add(const float* rebuilt, const Keyframe& truth) {
    for (std::size_t field = 0; field < 3; ++field) {
      for (std::size_t i = kFields[field].begin; i < kFields[field].end; ++i) {
        const double error = static_cast<double>(rebuilt[i]) - static_cast<double>(truth.data()[i]);
        by_field[field] += error * error;
      }
    }
  }
};

std::vector<Keyframe> read_keyframes(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<Keyframe> keyframes;
  Keyframe keyframe{};
  while (file.read(reinterpret_cast<char*>(keyframe.data()), sizeof keyframe)) keyframes.push_back(keyframe);
  return keyframes;
}

// The midpoint of kept[at] and kept[at + 1] by a weight for the outer neighbours: 0 is linear, -1/16 is
// Catmull-Rom.
void midpoint(const std::vector<Keyframe>& kept, std::size_t at, float outer, float* out) {
  for (std::size_t i = 0; i < hostmode::kKeyframeFloats; ++i) {
    out[i] = (0.5F - outer) * (kept[at].data()[i] + kept[at + 1].data()[i]) +
             outer * (kept[at - 1].data()[i] + kept[at + 2].data()[i]);
  }
}

void append(hostmode::Timeline& timeline, const Keyframe& keyframe, double playhead_s) {
  const auto batch = timeline.prepare(&keyframe, 1, timeline.keyframe_count(), playhead_s);
  timeline.commit(*batch, playhead_s);
}

void print(const char* name, const SquaredErrors& errors, const SquaredErrors& linear) {
  std::printf("%-22s", name);
  for (std::size_t field = 0; field < 3; ++field) {
    std::printf("  %s %.3f", kFields[field].name, std::sqrt(errors.by_field[field] / linear.by_field[field]));
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: holdout keyframes.f32\n");
    return 2;
  }
  const std::vector<Keyframe> recording = read_keyframes(argv[1]);
  if (recording.size() < 16) {
    std::fprintf(stderr, "%s holds %zu keyframes; at least 16 are needed\n", argv[1], recording.size());
    return 2;
  }
  constexpr std::size_t kMostAhead = 3;
  SquaredErrors linear;
  SquaredErrors catmull_rom;
  // Without and with the freezing of what is being shown: [0] everything buffered arrived before the
  // interval's first keyframe was in view, [1] each keyframe arrives only while the interval before is on
  // screen.
  SquaredErrors ours[2][kMostAhead];
  for (std::size_t phase = 0; phase < 2; ++phase) {
    std::vector<Keyframe> kept;
    for (std::size_t i = phase; i < recording.size(); i += 2) kept.push_back(recording[i]);
    float rebuilt[hostmode::kKeyframeFloats];
    for (std::size_t at = 2; at + kMostAhead < kept.size(); ++at) {
      const Keyframe& truth = recording[phase + 2 * at + 1];
      midpoint(kept, at, 0.0F, rebuilt);
      linear.add(rebuilt, truth);
      midpoint(kept, at, -1.0F / 16.0F, rebuilt);
      catmull_rom.add(rebuilt, truth);
    }
    for (std::size_t just_in_time = 0; just_in_time < 2; ++just_in_time) {
      for (std::size_t ahead = 1; ahead <= kMostAhead; ++ahead) {
        hostmode::Timeline timeline;
        for (std::size_t i = 0; i < ahead; ++i) append(timeline, kept[i], -1.0);
        for (std::size_t at = 0; at + kMostAhead < kept.size(); ++at) {
          const bool shown = just_in_time == 1 && at > 0;
          const double playhead_s = (static_cast<double>(at) - 0.5) * hostmode::kKeyframeInterval_s;
          append(timeline, kept[at + ahead], shown ? playhead_s : -1.0);
          if (at < 2) continue;
          timeline.sample((static_cast<double>(at) + 0.5) * hostmode::kKeyframeInterval_s, rebuilt);
          ours[just_in_time][ahead - 1].add(rebuilt, recording[phase + 2 * at + 1]);
        }
      }
    }
  }
  std::printf("RMS error relative to linear, %zu keyframes\n", recording.size());
  print("Catmull-Rom (2 ahead)", catmull_rom, linear);
  print("buffered, 1 ahead", ours[0][0], linear);
  print("buffered, 2 ahead", ours[0][1], linear);
  print("buffered, 3 ahead", ours[0][2], linear);
  print("just in time, 1 ahead", ours[1][0], linear);
  print("just in time, 2 ahead", ours[1][1], linear);
  print("just in time, 3 ahead", ours[1][2], linear);
  constexpr double kGoals[3] = {0.80, 0.72, 0.60};
  bool met[2] = {true, true};
  for (std::size_t when = 0; when < 2; ++when) {
    for (std::size_t field = 0; field < 3; ++field) {
      met[when] = met[when] &&
                  std::sqrt(ours[when][2].by_field[field] / linear.by_field[field]) <= kGoals[field] &&
                  std::sqrt(ours[when][0].by_field[field] / linear.by_field[field]) <= 0.95;
    }
  }
  std::printf("3 ahead at most 0.80, 0.72, 0.60 and 1 ahead at most 0.95: buffered %s, just in time %s\n",
              met[0] ? "met" : "NOT met", met[1] ? "met" : "NOT met");
  return met[0] ? 0 : 1;
}
