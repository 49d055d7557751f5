#include "listening/listening.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "listening/made_speech.h"

using namespace hostmode;
using namespace hostmode::testing;

namespace {

constexpr std::size_t kFrame = kRateHz / 25;
// Frames of a round come so long after the track begins.
constexpr double kBegun_s = 0.52;

std::vector<FrameLoudness> frames_of(const Sound& sound) {
  LoudnessMeter meter(kRateHz);
  std::vector<Loudness> loudness;
  meter.add(sound.data(), sound.size(), loudness);
  std::vector<FrameLoudness> frames(sound.size() / kFrame);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    std::copy_n(loudness.begin() + static_cast<std::ptrdiff_t>(i * kLoudnessPerFrame), kLoudnessPerFrame,
                frames[i].begin());
  }
  return frames;
}

struct Finding {
  double heard_s;  // the end of the sound by then
  Listening::Place place;
};

// What is sent as it is said, and a track beside it.
class Line {
 public:
  explicit Line(const Sound& sent) : frames_(frames_of(sent)) {}

  // Hears the track, and looks every 80 ms.
  std::vector<Finding> hear(const Sound& track) {
    std::vector<Finding> findings;
    for (std::size_t at = 0; at + kFrame <= track.size(); at += kFrame) {
      listening.hear(track.data() + at, kFrame);
      ++heard_;
      const auto come = static_cast<std::int64_t>(heard_) - static_cast<std::int64_t>(kBegun_s * 25);
      while (position_ < come && position_ < static_cast<std::int64_t>(frames_.size())) {
        if (!is_lost(position_)) {
          listening.expect(position_, frames_[static_cast<std::size_t>(position_)]);
        }
        ++position_;
      }
      if (heard_ % 2 == 1) continue;
      const std::optional<Listening::Place> place = listening.find(kBegun_s - 0.1, kBegun_s + 0.6);
      if (listening.taken_back()) ++taken_back;
      if (place) findings.push_back({static_cast<double>(heard_) / 25, *place});
    }
    return findings;
  }

  Listening listening{kRateHz};
  // Every how many frames one is lost; 0: none is.
  int losing = 0;
  int taken_back = 0;

 private:
  [[nodiscard]] bool is_lost(std::int64_t position) const { return losing > 0 && position % losing == 3; }

  std::vector<FrameLoudness> frames_;
  std::int64_t position_ = 0;
  std::size_t heard_ = 0;
};

// Where what is heard was in the round, if its beginning lies at `base_s` and it takes `stretch` as long.
double error_s(const Finding& finding, double base_s, double stretch = 1) {
  CHECK(finding.place.heard_s == doctest::Approx(finding.heard_s));
  return std::abs(finding.place.position_s - (finding.heard_s - base_s) / stretch);
}

constexpr double kCodec = 230, kCoarse = 350;

// With `noise` of so many steps, as what a codec adds.
Sound noisy(Sound sound, double noise, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (std::int16_t& sample : sound) {
    const double off = noise * (static_cast<double>(random()) / 2147483648.0 - 1.0);
    sample = static_cast<std::int16_t>(std::clamp(sample + off, -32768.0, 32767.0));
  }
  return sound;
}

// Sounds as long as that, `length_s`.
Sound clicks(const std::vector<double>& times_s, double length_s) {
  Sound sound = silence(times_s.back() + 0.5);
  const Sound click = noisy(silence(length_s), 6000, 3);
  for (const double time_s : times_s) {
    std::copy(click.begin(), click.end(), sound.begin() + static_cast<std::ptrdiff_t>(samples(time_s)));
  }
  return sound;
}

// The same syllables, of other noise and duller: each value is followed by its mean with the latest.
Sound in_another_voice(Sound sound) {
  std::mt19937 random(4);
  double latest = 0;
  for (std::int16_t& sample : sound) {
    const double turned = random() % 2 == 0 ? sample : -sample;
    latest += 0.5 * (turned - latest);
    sample = static_cast<std::int16_t>(latest);
  }
  return sound;
}

// From `from` on it is another's.
Sound continued_by_another(const Sound& sound, std::size_t from) {
  Sound other = made_speech(99, 5.0);
  std::copy(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(from), other.begin());
  other.resize(sound.size());
  return other;
}

}  // namespace

TEST_CASE("listening: what was sent is found where it lies, late and stretched") {
  for (const auto& [stretch, delay_s] : {std::pair{0.95, 0.0}, {1.0, 0.083}, {1.0, 0.5}, {1.05, 0.317}}) {
    const Sound sent = made_speech(1, 2.4);
    const double base_s = kBegun_s + delay_s;
    const auto found = Line(sent).hear(silence(base_s) + stretched(sent, stretch));
    REQUIRE(found.size() > 15);
    // A quarter of a second is compared, and no less.
    CHECK(found.front().heard_s > base_s + 0.24 * stretch);
    CHECK(found.front().heard_s < base_s + 1.0);
    CHECK(std::abs(found.front().place.stretch - stretch) < 0.007);
    for (const Finding& one : found) CHECK(error_s(one, base_s, stretch) < 0.01);
  }
}

TEST_CASE("listening: however long nothing was said before, it is found at the right time") {
  const Sound sent = made_speech(2, 3.0);
  Line line(sent);
  Sound before = silence(20 * 0.04);
  for (int i = 0; i < 12; ++i) line.listening.hear(before.data(), before.size());
  std::vector<Finding> found;
  const auto frames = frames_of(sent);
  const double begun_s = 12 * 0.8;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    line.listening.hear(sent.data() + i * kFrame, kFrame);
    line.listening.expect(static_cast<std::int64_t>(i), frames[i]);
    if (i % 2 == 1) continue;
    const double heard_s = begun_s + static_cast<double>(i + 1) / 25;
    if (const auto place = line.listening.find(begun_s - 0.3, begun_s + 0.3))
      found.push_back({heard_s, *place});
  }
  REQUIRE(found.size() > 15);
  for (const Finding& one : found) CHECK(error_s(one, begun_s) < 0.005);
}

TEST_CASE("listening: a place that was found goes on with time through a pause") {
  const Sound sent = made_speech(3, 1.6) + silence(1.0);
  for (const double stretch : {0.95, 1.05}) {
    const double base_s = kBegun_s + 0.2;
    const auto found = Line(sent).hear(silence(base_s) + stretched(sent, stretch));
    REQUIRE(!found.empty());
    CHECK(found.back().heard_s > base_s + 1.6 * stretch + 0.3);
    for (const Finding& one : found) CHECK(error_s(one, base_s, stretch) < 0.015);
  }
}

TEST_CASE("listening: what follows a pause is expected where its pace leads") {
  const Sound said = made_speech(3, 1.6) + silence(1.2) + made_speech(4, 1.0);
  const double base_s = kBegun_s + 0.1, goes_on_s = base_s + 1.05 * 2.8;
  const auto found = Line(said).hear(silence(base_s) + stretched(said, 1.05));
  std::size_t again = 0;
  for (const Finding& one : found) {
    if (one.heard_s < goes_on_s + 0.1 || one.heard_s > goes_on_s + 0.8) continue;
    ++again;
    CHECK(error_s(one, base_s, 1.05) < 0.015);
  }
  CHECK(again > 5);
}

TEST_CASE("listening: another pace is followed, and a place that moves a little") {
  const Sound sent = made_speech(13, 4.0);
  const double base_s = kBegun_s + 0.1, turns_s = 1.6;
  const auto turn = static_cast<std::ptrdiff_t>(samples(turns_s));
  const Sound head(sent.begin(), sent.begin() + turn), tail(sent.begin() + turn, sent.end());
  const auto paced = Line(sent).hear(silence(base_s) + head + stretched(tail, 1.05));
  REQUIRE(!paced.empty());
  CHECK(paced.back().place.stretch == doctest::Approx(1.05).epsilon(0.01));
  CHECK(error_s(paced.back(), base_s - 0.05 * turns_s, 1.05) < 0.01);

  const auto moved = Line(sent).hear(silence(base_s) + head + silence(0.03) + tail);
  const auto again = std::find_if(moved.begin(), moved.end(), [&](const Finding& one) {
    return one.heard_s > base_s + turns_s + 0.4 && error_s(one, base_s + 0.03) < 0.005;
  });
  REQUIRE(again != moved.end());
  CHECK(again->heard_s < base_s + turns_s + 1.0);
}

TEST_CASE("listening: other speech, noise and silence are never taken for it") {
  for (const std::uint32_t seed : {1U, 2U}) {
    const Sound sent = made_speech(seed, 2.0);
    CHECK(Line(sent).hear(silence(kBegun_s + 0.1) + made_speech(seed + 10, 2.0)).empty());
    CHECK(Line(sent).hear(noisy(silence(2.4), 3000, seed)).empty());
    CHECK(Line(sent).hear(silence(2.4)).empty());
    CHECK(Line(silence(2.0)).hear(silence(2.4)).empty());
  }
}

TEST_CASE("listening: a sound that is the same again and again lies anywhere") {
  const Sound once = made_speech(5, 0.24);
  Sound again;
  for (int i = 0; i < 10; ++i) again = again + once;
  for (const Sound& sent : {again, made_speech(5, 2.4)}) {
    Listening listening(kRateHz);
    listening.hear(sent.data(), sent.size());
    const auto frames = frames_of(sent);
    for (std::size_t i = 0; i < 50; ++i) listening.expect(static_cast<std::int64_t>(i), frames[i]);
    CHECK(listening.find(-0.1, 0.6).has_value() == (sent != again));
  }
}

TEST_CASE("listening: frames that got lost do not keep it from being found") {
  const Sound sent = made_speech(6, 3.0);
  Line line(sent);
  line.losing = 7;
  const auto found = line.hear(silence(kBegun_s + 0.2) + sent);
  REQUIRE(found.size() > 15);
  for (const Finding& one : found) CHECK(error_s(one, kBegun_s + 0.2) < 0.005);
}

TEST_CASE("listening: of a new round nothing is known of the old one") {
  const Sound first = made_speech(7, 2.0), second = made_speech(8, 1.0);
  Line line(first);
  REQUIRE(!line.hear(silence(kBegun_s) + first).empty());
  line.listening.restart();
  CHECK_FALSE(line.listening.find(0.0, 1.2));
  const auto frames = frames_of(second);
  for (std::size_t i = 0; i < frames.size(); ++i)
    line.listening.expect(static_cast<std::int64_t>(i), frames[i]);
  // The old sound was not sent in this round.
  CHECK_FALSE(line.listening.find(0.0, 3.0));
  const double begun_s = kBegun_s + 2.0;
  line.listening.hear(second.data(), samples(0.8));
  const auto place = line.listening.find(begun_s - 0.3, begun_s + 0.3);
  REQUIRE(place);
  CHECK(place->position_s == doctest::Approx(0.8).epsilon(0.005));
}

TEST_CASE("listening: a place that is lost is not told, and looked for anew after a second") {
  const Sound sent = made_speech(9, 5.0);
  const std::size_t cut = samples(2.0), late = samples(0.3);
  // A hole in the network: all that follows is later.
  const Sound head(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(cut));
  const Sound tail(sent.begin() + static_cast<std::ptrdiff_t>(cut), sent.end());
  const double base_s = kBegun_s + 0.1, later_s = static_cast<double>(late) / kRateHz;
  const auto found = Line(sent).hear(silence(base_s) + head + silence(later_s) + tail);
  double again_s = 0;
  for (const Finding& one : found) {
    const bool is_old = one.heard_s < base_s + 2.0 + later_s + 0.5;
    if (is_old) continue;
    if (again_s == 0) again_s = one.heard_s;
    CHECK(error_s(one, base_s + later_s) < 0.01);
  }
  CHECK(again_s > base_s + 3.0);
  CHECK(again_s < base_s + 4.2);
}

TEST_CASE("listening: a place is not told any more where another sound goes on") {
  const Sound sent = made_speech(11, 4.0);
  const double base_s = kBegun_s + 0.1;
  const auto found = Line(sent).hear(silence(base_s) + continued_by_another(sent, samples(2.0)));
  REQUIRE(!found.empty());
  CHECK(found.back().heard_s < base_s + 2.0 + 0.3);
}

TEST_CASE("listening: sound that jumps is followed") {
  const double jump_s = 0.0125;
  for (const std::uint32_t seed : {71U, 72U, 73U, 74U, 75U, 76U}) {
    const Sound sent = made_speech(seed, 3.0);
    const double at_s = 1.5 + 0.007 * (seed - 71U);
    const auto at = sent.begin() + static_cast<std::ptrdiff_t>(samples(at_s));
    const double base_s = kBegun_s + 0.1, jumps_s = base_s + at_s + jump_s;
    const Sound head(sent.begin(), at), tail(at - static_cast<std::ptrdiff_t>(samples(jump_s)), sent.end());
    const auto found = Line(sent).hear(silence(base_s) + head + tail);
    REQUIRE(found.size() > 15);
    for (const Finding& one : found) {
      if (one.heard_s > jumps_s + 0.12) CHECK(error_s(one, base_s + jump_s) < 0.005);
    }
  }
}

TEST_CASE("listening: a place is not told in the look at which it jumps, and told in all others") {
  for (const double jump_s : {0.0, 0.0125}) {
    for (const std::uint32_t seed : {71U, 73U, 75U}) {
      const Sound sent = made_speech(seed, 3.0);
      const auto at = sent.begin() + static_cast<std::ptrdiff_t>(samples(1.5));
      const Sound head(sent.begin(), at), tail(at - static_cast<std::ptrdiff_t>(samples(jump_s)), sent.end());
      const double base_s = kBegun_s + 0.1;
      const auto found = Line(sent).hear(noisy(silence(base_s) + head + tail, kCodec / 2, seed));
      REQUIRE(found.size() > 15);
      std::size_t untold = 0;
      for (std::size_t i = 1; i < found.size(); ++i) {
        const double passed_s = found[i].heard_s - found[i - 1].heard_s;
        if (passed_s > 0.09) {
          ++untold;
          continue;
        }
        CHECK(std::abs(found[i].place.base_s() - found[i - 1].place.base_s()) < 0.0085);
      }
      CHECK(untold <= 5);
    }
  }
}

// The same, longer or shorter by jumps: each `every_s` it says the last `jump_s` again, or leaves them out.
Sound in_jumps(const Sound& sound, double every_s, double jump_s) {
  const auto step = static_cast<std::ptrdiff_t>(samples(every_s));
  const auto jump = static_cast<std::ptrdiff_t>(samples(std::abs(jump_s)));
  Sound made;
  for (auto at = sound.begin(); at + step + jump < sound.end();
       at += jump_s > 0 ? step - jump : step + jump) {
    made.insert(made.end(), at, at + step);
  }
  return made;
}

// Where that was in the round, so long after its beginning.
double before_jumps_s(double heard_s, double every_s, double jump_s) {
  return heard_s - jump_s * std::floor(heard_s / every_s);
}

TEST_CASE("listening: of sound that jumps again and again neither side of a jump is far") {
  for (const std::uint32_t seed : {81U, 82U, 83U, 84U, 85U, 86U}) {
    for (const double jump_s : {0.011, -0.011}) {
      const Sound sent = made_speech(seed, 4.0);
      const double base_s = kBegun_s + 0.1, every_s = 0.33;
      const auto found = Line(sent).hear(silence(base_s) + in_jumps(sent, every_s, jump_s));
      REQUIRE(found.size() > 15);
      double most_s = 0;
      for (const Finding& one : found) {
        const double heard_s = one.heard_s - base_s;
        if (heard_s < 1.4 || heard_s > 3.4) continue;
        most_s = std::max(most_s, std::abs(one.place.position_s - before_jumps_s(heard_s, every_s, jump_s)));
      }
      CHECK(most_s < 0.0095);
    }
  }
}

TEST_CASE("listening: what a codec has changed is told") {
  const Sound sent = made_speech(12, 3.0);
  const double base_s = kBegun_s + 0.1;
  const auto found = Line(sent).hear(noisy(silence(base_s) + sent, kCodec, 1));
  REQUIRE(found.size() >= 15);
  for (const Finding& one : found) CHECK(error_s(one, base_s) < 0.01);
}

TEST_CASE("listening: what is changed too much to be told by one piece is told by two on one line") {
  const Sound sent = made_speech(16, 3.0);
  const double base_s = kBegun_s + 0.1;
  const auto found = Line(sent).hear(noisy(silence(base_s) + sent, kCoarse, 1));
  REQUIRE(!found.empty());
  CHECK(found.front().heard_s > base_s + 1.0);
  CHECK(found.front().heard_s < base_s + 2.5);
  for (const Finding& one : found) CHECK(error_s(one, base_s) < 0.01);
}

TEST_CASE("listening: the same rhythm in another voice is never taken for it") {
  for (const std::uint32_t seed : {21U, 22U, 23U}) {
    const Sound sent = made_speech(seed, 3.0);
    CHECK(Line(sent).hear(silence(kBegun_s + 0.2) + in_another_voice(sent)).empty());
  }
}

TEST_CASE("listening: a phrase that is said again is not told while what came before is another") {
  const Sound phrase = made_speech(24, 2.4);
  const Sound said = made_speech(25, 1.4) + phrase, again = made_speech(26, 1.4) + phrase;
  const double base_s = kBegun_s + 0.1, begins_s = base_s + 1.4;
  const auto found = Line(said).hear(silence(base_s) + again);
  REQUIRE(!found.empty());
  CHECK(found.front().heard_s > begins_s + 1.0);
  CHECK(Line(said).hear(silence(base_s) + said).front().heard_s < base_s + 0.8);
}

TEST_CASE(
    "listening: a place that another sound contradicts at once is taken back, and not one that lasted") {
  for (const double alike_s : {0.5, 2.5}) {
    const Sound sent = made_speech(27, 4.5);
    Line line(sent);
    const Sound track = silence(kBegun_s + 0.1) + continued_by_another(sent, samples(alike_s));
    const auto found = line.hear(track);
    REQUIRE(!found.empty());
    CHECK(found.back().heard_s < kBegun_s + 0.1 + alike_s + 0.8);
    CHECK(line.taken_back == (alike_s < 1 ? 1 : 0));
  }
}

TEST_CASE("listening: a short word is not told by one look") {
  const Sound sent = silence(0.8) + made_speech(1, 0.2) + silence(0.6);
  const auto frames = frames_of(sent);
  Listening listening(kRateHz);
  const Sound track = silence(0.5) + sent;
  listening.hear(track.data(), track.size());
  for (std::size_t i = 0; i < frames.size(); ++i) listening.expect(static_cast<std::int64_t>(i), frames[i]);
  for (int look = 0; look < 2; ++look) CHECK_FALSE(listening.find(0.2, 0.8));
}

TEST_CASE("listening: clicks that a codec has blurred are found, several of them") {
  const double base_s = kBegun_s + 0.1, kBlurred_s = 0.015;
  const std::vector<double> times_s = {0.1, 0.35, 0.62, 0.95, 1.2, 1.53, 1.75, 2.1, 2.4};
  const Sound sent = clicks(times_s, 0.01), track = clicks(times_s, kBlurred_s);
  const auto found = Line(sent).hear(silence(base_s) + track);
  REQUIRE(found.size() > 5);
  for (const Finding& one : found) CHECK(error_s(one, base_s) < 0.015);
  const Sound others = clicks({0.2, 0.41, 0.77, 0.9, 1.31, 1.45, 1.9, 2.0, 2.33}, kBlurred_s);
  CHECK(Line(sent).hear(silence(base_s) + others).empty());
}

TEST_CASE(
    "listening: clicks too far apart to be compared together are found once two lie where one place has "
    "them") {
  const double base_s = kBegun_s + 0.1;
  const auto found = [&](const std::vector<double>& heard_s) {
    return Line(clicks({0.3, 1.4}, 0.01)).hear(silence(base_s) + clicks(heard_s, 0.01));
  };
  const auto there = found({0.3, 1.4});
  REQUIRE(!there.empty());
  for (const Finding& one : there) CHECK(error_s(one, base_s) < 0.01);
  // One alone is told by nothing, however often it is looked at, nor are two that are otherwise apart.
  CHECK(there.front().heard_s > base_s + 1.4);
  CHECK(found({0.3, 1.42}).empty());
  CHECK(found({0.3}).empty());
}
