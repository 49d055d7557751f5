#include "motion/face_delay.h"

#include <doctest/doctest.h>

namespace hostmode {
namespace {

constexpr double kTolerance_s = 0.005;  // the latest keyframe may be held for so long
constexpr double kMemory_s = 4.0;

doctest::Approx near(double value) {
  return doctest::Approx(value).epsilon(1e-9);
}

}  // namespace

TEST_CASE("a face that is seen is held back by a tenth of the time that passes") {
  FaceDelay delay;
  delay.learn(1.0, 0.105, 0.9, true);
  CHECK(delay.is_used());
  CHECK(delay.at(1.0) == 0.0);
  CHECK(delay.at(1.3) == near(0.03));
  CHECK(delay.at(1.9) == near(0.09));
  CHECK(delay.at(3.0) == near(0.105 - kTolerance_s));
}

TEST_CASE("what nobody has seen is held back at once, also where it is looked back at") {
  FaceDelay delay;
  delay.learn(1.0, 0.105, 0.9, false);
  CHECK(delay.at(1.0) == near(0.1));
  CHECK(delay.at(0.5) == near(0.1));
  CHECK(delay.at(2.0) == near(0.1));
}

TEST_CASE("a delay is given back at half that pace once nothing more comes") {
  FaceDelay delay;
  delay.learn(1.0, 0.105, 0.9, true);
  CHECK(delay.at(1.0 + kMemory_s) == near(0.1));
  CHECK(delay.at(1.4 + kMemory_s) == near(0.08));
  CHECK(delay.at(2.9 + kMemory_s) == near(0.005));
  CHECK(delay.at(3.0 + kMemory_s) == 0.0);
  CHECK(delay.at(60.0) == 0.0);
}

TEST_CASE("a delay is given back at half that pace once much is in hand") {
  FaceDelay delay;
  delay.learn(1.0, 0.105, 0.9, false);
  delay.learn(2.0, -1.0, 3.0, true);
  CHECK(delay.at(2.0) == near(0.1));
  CHECK(delay.at(2.5) == near(0.075));
  CHECK(delay.at(4.0) == near(0.0));
}

TEST_CASE("what comes in one go is late once") {
  FaceDelay once;
  once.learn(1.0, 0.105, 0.9, true);
  FaceDelay in_pieces;
  for (int i = 0; i < 20; ++i) in_pieces.learn(1.0, 0.105 - 0.02 * i, 0.9 + 0.02 * i, true);
  for (const double heard_s : {1.0, 1.5, 3.0, 5.5, 9.0}) CHECK(in_pieces.at(heard_s) == once.at(heard_s));
}

TEST_CASE("what sound has waited is given back, and not asked for again") {
  FaceDelay delay;
  delay.learn(1.0, 0.205, 0.9, false);
  CHECK(delay.at(2.0, 0.15) == near(0.05));
  CHECK(delay.at(2.0, 0.3) == 0.0);
  delay.learn(2.5, 0.055, 2.44, true, 0.15);  // as late as before, but for the wait
  for (const double heard_s : {2.5, 3.0, 6.0}) CHECK(delay.at(heard_s, 0.15) == near(0.05));
  delay.learn(6.0, 0.055, 5.94, true, 0.15);
  for (const double heard_s : {6.0, 7.0, 9.0}) CHECK(delay.at(heard_s, 0.15) == near(0.05));
}

TEST_CASE("a delay comes back at its pace where sound had waited for longer than it was") {
  FaceDelay delay;
  delay.learn(1.0, 0.105, 0.9, false);
  delay.learn(6.0, 0.105, 5.9, true, 0.4);
  CHECK(delay.at(6.0, 0.4) == near(0.0));
  CHECK(delay.at(6.5, 0.4) == near(0.05));
  CHECK(delay.at(8.0, 0.4) == near(0.1));
}

TEST_CASE("a face catches up by a twentieth, however little there is, and counts as such a second before") {
  FaceDelay delay;
  CHECK(delay.pace(1.0, 0.0) == 1.0);
  delay.learn(1.0, 0.008, 0.9, false);  // 3 ms behind
  CHECK(delay.pace(1.0, 0.0) == 1.0);
  CHECK(delay.pace(kMemory_s - 0.1, 0.0) == 1.0);
  CHECK(delay.pace(kMemory_s + 0.1, 0.0) == near(1.05));
  CHECK(delay.pace(1.0 + kMemory_s, 0.0) == near(1.05));
  CHECK(delay.pace(1.07 + kMemory_s, 0.0) == 1.0);  // it has
  delay.learn(1.5, -1.0, 2.5, true);                // much is in hand
  CHECK(delay.pace(1.5, 0.0) == near(1.05));
  CHECK(delay.pace(1.5, 0.01) == 1.0);  // the sound has waited for it
}

TEST_CASE("a face that is held back further does not catch up") {
  FaceDelay delay;
  delay.learn(1.0, 0.105, 0.9, true);
  for (const double heard_s : {1.0, 1.5, 2.5}) CHECK(delay.pace(heard_s, 0.0) == 1.0);
}

TEST_CASE("no delay is longer than the most") {
  FaceDelay delay;
  delay.learn(2.0, 1.5, 0.5, false);
  CHECK(delay.at(2.0) == near(0.3));
}

}  // namespace hostmode
