#include "listening/sound_beginning.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace hostmode {
namespace {

constexpr double kRate = kLoudnessRateHz;

// Silence, -96 dB, with sounds that swell and fade: 12 half decibels a measurement up to `loudest`, 3 down.
class Sound {
 public:
  explicit Sound(std::size_t length) : levels_(length, 0) {}

  Sound& with(std::size_t begin, int loudest) {
    int level = 90;
    for (std::size_t i = begin; i < levels_.size() && level > 80; ++i) {
      levels_[i] = level;
      rising_ = i == begin || (rising_ && level < loudest);
      level = rising_ ? std::min(level + 12, loudest) : level - 3;
    }
    return *this;
  }

  [[nodiscard]] std::vector<Loudness> heard(std::size_t before, int softer = 0) const {
    std::vector<Loudness> result(before, Loudness{});
    for (const int level : levels_) result.push_back(loudness(level > softer ? level - softer : 0));
    return result;
  }

  [[nodiscard]] std::map<std::int64_t, FrameLoudness> sent() const {
    std::map<std::int64_t, FrameLoudness> result;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      result[static_cast<std::int64_t>(i / kLoudnessPerFrame)][i % kLoudnessPerFrame] = loudness(levels_[i]);
    }
    return result;
  }

 private:
  static Loudness loudness(int level) {
    const auto band = static_cast<std::uint8_t>(level);
    return {band, band, static_cast<std::uint8_t>(band / 2), 0};
  }
  std::vector<int> levels_;
  bool rising_ = false;
};

std::optional<SoundBeginning> found(const std::map<std::int64_t, FrameLoudness>& sent,
                                    const std::vector<Loudness>& heard, double earliest_s = -0.4,
                                    double latest_s = 0.4) {
  return find_beginning(sent, heard.data(), heard.size(), static_cast<double>(heard.size()) / kRate,
                        earliest_s, latest_s);
}

}  // namespace

TEST_CASE("beginning: a sound is placed by its first 50 ms") {
  const Sound sound = Sound(160).with(40, 170);
  std::vector<Loudness> heard = sound.heard(31);
  heard.resize(31 + 40 + 10);
  const auto beginning = found(sound.sent(), heard);
  REQUIRE(beginning);
  CHECK(beginning->base_s == doctest::Approx(31 / kRate));
  CHECK(beginning->heard_s == doctest::Approx(71 / kRate));
  heard.resize(31 + 40 + 9);
  CHECK_FALSE(found(sound.sent(), heard));
}

TEST_CASE("beginning: what comes softer begins where it rises, not where it becomes audible") {
  const Sound sound = Sound(160).with(40, 170);
  const auto beginning = found(sound.sent(), sound.heard(20, 3));
  REQUIRE(beginning);
  CHECK(beginning->base_s == doctest::Approx(20 / kRate));
}

TEST_CASE("beginning: a codec's echo before a sound is not taken for it") {
  const Sound sound = Sound(160).with(40, 170);
  std::vector<Loudness> heard = sound.heard(20);
  std::fill(heard.begin() + 57, heard.begin() + 60, Loudness{84, 0, 0, 0});
  const auto beginning = found(sound.sent(), heard);
  REQUIRE(beginning);
  CHECK(beginning->base_s == doctest::Approx(20 / kRate));
}

TEST_CASE("beginning: the latest one counts") {
  const Sound sound = Sound(240).with(40, 150).with(150, 170);
  const auto beginning = found(sound.sent(), sound.heard(20));
  REQUIRE(beginning);
  CHECK(beginning->heard_s == doctest::Approx(170 / kRate));
  CHECK(beginning->base_s == doctest::Approx(20 / kRate));
}

TEST_CASE("beginning: sound that was there before begins nowhere") {
  Sound sound = Sound(160).with(40, 170);
  std::vector<Loudness> heard = sound.heard(31);
  for (std::size_t i = 31 + 40 - 20; i < 31 + 40 - 15; ++i) heard[i] = Loudness{100, 0, 0, 0};
  CHECK_FALSE(found(sound.sent(), heard));
}

TEST_CASE("beginning: another sound is none") {
  const Sound sound = Sound(160).with(40, 190);
  std::vector<Loudness> hiss(120, Loudness{});
  std::fill(hiss.begin() + 71, hiss.end(), Loudness{0, 0, 0, 190});
  CHECK_FALSE(found(sound.sent(), hiss));
  CHECK_FALSE(found(sound.sent(), Sound(160).heard(31)));
  CHECK_FALSE(found({}, sound.heard(31)));
}

TEST_CASE("beginning: two that it could be are none, unless one lies beyond the bounds") {
  const Sound sound = Sound(240).with(40, 170).with(110, 170);
  std::vector<Loudness> heard = sound.heard(30);
  heard.resize(30 + 40 + 20);
  CHECK_FALSE(found(sound.sent(), heard));
  const auto beginning = found(sound.sent(), heard, 0.0, 0.3);
  REQUIRE(beginning);
  CHECK(beginning->base_s == doctest::Approx(30 / kRate));
}

TEST_CASE("beginning: what lies around a frame that was lost is not compared") {
  const Sound sound = Sound(160).with(40, 170);
  auto sent = sound.sent();
  sent.erase(5);  // with the sound's first measurements
  CHECK_FALSE(found(sent, sound.heard(31)));
  for (const std::int64_t silent : {4, 2}) {
    sent = sound.sent();
    sent.erase(silent);
    CHECK_FALSE(found(sent, sound.heard(31)));
  }
}

TEST_CASE("beginning: it is silent before a round, and unknown before the packets that came") {
  const Sound sound = Sound(160).with(12, 170);
  auto sent = sound.sent();
  REQUIRE(found(sent, sound.heard(60)));
  sent.erase(0);
  CHECK_FALSE(found(sent, sound.heard(60)));
}

}  // namespace hostmode
