#include "listening/sound_shape.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

using namespace hostmode;

namespace {

// Traits that all go up and down by `swing`, each 3 measurements long.
SoundShape steps(std::size_t count, float swing) {
  SoundShape shape(count);
  for (std::size_t i = 0; i < count; ++i) {
    const float value = i / 3 % 2 == 0 ? swing : -swing;
    shape[i].values.fill(value);
    shape[i].known = true;
  }
  return shape;
}

// Traits that rise and fall slowly, so that what lies between two measurements is what one would guess.
SoundShape waves(std::size_t count, double stretch) {
  SoundShape shape(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double at = (static_cast<double>(i) + 0.5) / stretch;
    const auto value =
        static_cast<float>(20 * std::sin(0.11 * at) + 15 * std::sin(0.027 * at * std::sqrt(at)));
    shape[i].values.fill(value);
    shape[i].known = true;
  }
  return shape;
}

}  // namespace

TEST_CASE("sound shape: what is softer than -70 dB is silence, in every band") {
  const std::vector<Loudness> loudness = {
      {52, 52, 52, 52}, {53, 52, 52, 60}, {152, 0, 0, 62}, {0, 172, 0, 0}};
  const SoundShape shape = shape_of(loudness.data(), nullptr, loudness.size());
  const std::array<float, kLoudnessBands> levels[] = {
      {0, 0, 0, 0}, {1, 0, 0, 8}, {100, 0, 0, 10}, {0, 120, 0, 0}};
  const float loudest[] = {0, 8, 100, 120};
  for (std::size_t i = 0; i < loudness.size(); ++i) {
    for (std::size_t band = 0; band < kLoudnessBands; ++band) CHECK(shape[i].values[band] == levels[i][band]);
    CHECK(shape[i].loudest == loudest[i]);
  }
}

TEST_CASE("sound shape: a change is told from the mean of the latest 100 ms, silence before the first") {
  std::vector<Loudness> loudness(50, Loudness{52 + 40, 52 + 80, 52, 52 + 8});
  const SoundShape shape = shape_of(loudness.data(), nullptr, loudness.size());
  for (std::size_t i = 0; i < loudness.size(); ++i) {
    const double rest = 1 - std::min(1.0, static_cast<double>(i + 1) / 20);
    CHECK(shape[i].values[4] == doctest::Approx(40 * rest));
    CHECK(shape[i].values[5] == doctest::Approx(80 * rest));
    CHECK(shape[i].values[6] == 0);
    CHECK(shape[i].values[7] == doctest::Approx(8 * rest));
  }
}

TEST_CASE("sound shape: what is missing is no silence") {
  std::vector<Loudness> loudness(60, Loudness{52 + 40, 52 + 40, 52 + 40, 52 + 40});
  const auto known = std::make_unique<bool[]>(loudness.size());
  for (std::size_t i = 0; i < loudness.size(); ++i) known[i] = i < 25 || i >= 40;
  for (std::size_t i = 25; i < 40; ++i) loudness[i] = {};
  const SoundShape shape = shape_of(loudness.data(), known.get(), loudness.size());
  for (std::size_t i = 20; i < loudness.size(); ++i) {
    CHECK(shape[i].known == known[i]);
    if (known[i]) CHECK(shape[i].values[4] == doctest::Approx(0));
  }
}

TEST_CASE("sound shape: after more than 100 ms of which nothing is known the mean begins anew") {
  std::vector<Loudness> loudness(60, Loudness{52 + 40, 52 + 40, 52 + 40, 52 + 40});
  const auto known = std::make_unique<bool[]>(loudness.size());
  for (std::size_t i = 0; i < loudness.size(); ++i) known[i] = i < 10 || i >= 35;
  const SoundShape shape = shape_of(loudness.data(), known.get(), loudness.size());
  CHECK(shape[35].values[4] == doctest::Approx(0));
}

TEST_CASE("likeness: the mean of how the traits go together, whatever their size") {
  const SoundShape sent = steps(60, 10);
  SoundShape heard = sent;
  CHECK(likeness(sent, heard, {60, 50, 60, 1}) == doctest::Approx(1));
  for (SoundTrait& trait : heard) {
    trait.values[0] = 3 * trait.values[0] + 7;
    trait.values[1] = -trait.values[1];
    trait.values[2] = 5;
  }
  CHECK(likeness(sent, heard, {60, 50, 60, 1}) == doctest::Approx((1.0 - 1.0 + 0.0 + 5.0) / 8));
  CHECK(likeness(heard, sent, {60, 50, 60, 1}) == doctest::Approx((1.0 - 1.0 + 0.0 + 5.0) / 8));
}

TEST_CASE("likeness: a sound that hardly varies is like nothing") {
  for (const auto& [swing, alike] : {std::pair{3.9F, 0.0}, std::pair{4.1F, 1.0}}) {
    CHECK(likeness(steps(60, swing), steps(60, 10), {60, 59, 60, 1}) == doctest::Approx(alike));
    CHECK(likeness(steps(60, 10), steps(60, swing), {60, 59, 60, 1}) == doctest::Approx(alike));
  }
}

TEST_CASE("likeness: the end of what was sent is laid where it is told to") {
  const SoundShape heard = waves(200, 1);
  const SoundShape sent(heard.begin() + 70, heard.begin() + 130);
  CHECK(likeness(sent, heard, {60, 50, 130, 1}) == doctest::Approx(1));
  CHECK(likeness(sent, heard, {50, 40, 120, 1}) == doctest::Approx(1));
  CHECK(likeness(sent, heard, {60, 50, 131, 1}) < 0.999);
  CHECK(likeness(sent, heard, {60, 50, 129, 1}) < 0.999);
}

TEST_CASE("likeness: a stretched sound lies between the measurements, each in the middle of its time") {
  const SoundShape sent = waves(200, 1);
  for (const double stretch : {0.9, 1.07}) {
    const auto length = static_cast<std::size_t>(200 * stretch);
    const SoundShape heard = waves(length, stretch);
    const auto alike = [&](double moved, double other) {
      return likeness(sent, heard, {200, 150, 200 * stretch + moved, other});
    };
    CHECK(200 * stretch == length);
    CHECK(alike(0, stretch) > 0.9999);
    for (const double moved : {-0.25, -0.5, -1.0}) CHECK(alike(moved, stretch) < alike(0, stretch));
    for (const double by : {-0.02, 0.02}) CHECK(alike(0, stretch + by) < alike(0, stretch) - 0.001);
  }
}

TEST_CASE("likeness: nothing is said of what was not sent or has not come") {
  const SoundShape sent = steps(60, 10), heard = steps(80, 10);
  CHECK(likeness(sent, heard, {60, 60, 80, 1}) > -1);
  CHECK(likeness(sent, heard, {61, 60, 80, 1}) == -1);
  CHECK(likeness(sent, heard, {50, 51, 80, 1}) == -1);
  CHECK(likeness(sent, heard, {60, 60, 80.5, 1}) == -1);
  CHECK(likeness(sent, heard, {60, 60, 61, 1}) > -1);
  CHECK(likeness(sent, heard, {60, 60, 60.9, 1}) == -1);
  CHECK(likeness(sent, heard, {60, 60, 62, 1.05}) == -1);
}

TEST_CASE("likeness: three quarters of what is compared must have been told, and only they count") {
  SoundShape sent = steps(60, 10);
  const SoundShape heard = steps(66, 10);
  for (std::size_t i = 20; i < 35; ++i) sent[i] = {};
  CHECK(likeness(sent, heard, {60, 60, 66, 1}) == doctest::Approx(1));
  sent[35] = {};
  CHECK(likeness(sent, heard, {60, 60, 66, 1}) == -1);
}
