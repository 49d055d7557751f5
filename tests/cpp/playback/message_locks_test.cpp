// How often a message meets the player's locks on its way to a pose, and what becomes of those that nobody
// takes or that are malformed, though they are decoded before anybody knows.
#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "blocking_calls.h"
#include "hostmode/player.h"

namespace {

using namespace hostmode;

constexpr int kRate_hz = 8000;
using Bytes = std::vector<std::uint8_t>;

Bytes message_of(std::size_t keyframes, float jaw) {
  std::vector<Keyframe> moving(keyframes);
  for (std::size_t i = 0; i < keyframes; ++i) {
    moving[i].data()[kJawPoseOffset] = jaw * static_cast<float>(i + 1);
  }
  Bytes message;
  REQUIRE(encode_message(moving.data(), keyframes, "", "request", false, "", message) == Status::kOk);
  return message;
}

Bytes malformed() {
  Bytes message = message_of(3, 0.01F);
  message.resize(message.size() / 2);
  return message;
}

struct Talk {
  Player player{kRate_hz};
  std::string id;
  MotionPush result;

  void open() {
    const std::vector<std::uint8_t> pcm(2 * kRate_hz, 1);
    REQUIRE(player.push_audio({pcm.data(), pcm.size()}, false, 0.0, id) == Status::kOk);
  }
  Status push(std::initializer_list<Bytes> messages, const std::string* to, double now_s = 0.1) {
    std::vector<ByteView> views;
    for (const Bytes& message : messages) views.push_back({message.data(), message.size()});
    return player.push_motion(views.data(), views.size(), to, now_s, result);
  }
  // Mutexes that the call locks. One is that which serialises senders, the others the state's.
  std::size_t locks_of_push(std::initializer_list<Bytes> messages, const std::string* to) {
    std::vector<ByteView> views;
    for (const Bytes& message : messages) views.push_back({message.data(), message.size()});
    const std::size_t before = testing::mutex_lock_count();
    const Status status = player.push_motion(views.data(), views.size(), to, 0.1, result);
    const std::size_t locks = testing::mutex_lock_count() - before;
    CHECK(status == (*result.failure.reason == 0 ? Status::kOk : Status::kMalformed));
    return locks;
  }
  std::size_t locks_of_sample() {
    float pose[kKeyframeFloats];
    const std::size_t before = testing::mutex_lock_count();
    player.sample(0.1, pose);
    return testing::mutex_lock_count() - before;
  }
  std::string discarded_because() {
    for (const Event& event : player.poll_events()) {
      if (event.kind == EventKind::kMotionDiscarded) return event.reason;
    }
    return "";
  }
};

constexpr std::size_t kSenders = 1;

}  // namespace

TEST_CASE("a message takes the state lock three times on its way to a pose" *
          doctest::skip(!testing::kCountsBlockingCalls)) {
  Talk talk;
  talk.open();
  CHECK(talk.locks_of_push({message_of(5, 0.01F)}, &talk.id) == kSenders + 2);
  CHECK(talk.locks_of_sample() == 1);
  // Each of a list is appended by itself.
  CHECK(talk.locks_of_push({message_of(5, 0.02F), message_of(5, 0.03F)}, &talk.id) == kSenders + 3);
}

TEST_CASE("a message that nothing is shown of takes the state lock once" *
          doctest::skip(!testing::kCountsBlockingCalls)) {
  Talk talk;
  CHECK(talk.locks_of_push({message_of(5, 0.01F)}, nullptr) == kSenders + 1);
  talk.open();
  const std::string other = "other";
  CHECK(talk.locks_of_push({message_of(5, 0.02F)}, &other) == kSenders + 1);
  CHECK(talk.locks_of_push({message_of(5, 0.01F)}, &talk.id) == kSenders + 1);  // a duplicate
  CHECK(talk.player.stats().discarded_duplicate == 1);
  CHECK(talk.locks_of_push({malformed()}, &talk.id) == kSenders + 1);
}

TEST_CASE("malformed motion that nobody takes is discarded as any other") {
  Talk talk;
  talk.open();
  (void)talk.player.poll_events();
  const std::string other = "other";
  for (const std::string* id : {&other, static_cast<const std::string*>(nullptr)}) {
    CHECK(talk.push({malformed()}, id) == Status::kOk);
    CHECK(talk.discarded_because() == "wrong_id");
    CHECK(*talk.result.failure.reason == 0);
    CHECK(!talk.result.complete);
  }
  CHECK(talk.player.stats().malformed_messages == 0);

  CHECK(talk.push({}, &talk.id) == Status::kOk);  // audio-only
  CHECK(talk.push({message_of(2, 0.01F), malformed()}, &talk.id) == Status::kOk);
  CHECK(talk.discarded_because() == "audio_only");
  CHECK(talk.player.stats().discarded_audio_only == 2);
}

TEST_CASE("malformed motion refuses the whole call and names the message and its byte") {
  Talk talk;
  SUBCASE("for a conversation") {
    talk.open();
  }
  SUBCASE("for the one that follows"){}(void)talk.player.poll_events();
  const std::string* const id = talk.id.empty() ? nullptr : &talk.id;
  CHECK(talk.push({message_of(5, 0.01F), malformed()}, id) == Status::kMalformed);
  CHECK(talk.result.failed_message == 1);
  const std::vector<Event> events = talk.player.poll_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].message == "message 1, byte " + std::to_string(talk.result.failure.offset) + ": " +
                                 std::string(talk.result.failure.reason));
  CHECK(events[0].conversation_id == talk.id);
  if (id == nullptr) talk.open();
  CHECK(talk.player.stats().keyframes == 0);
}

TEST_CASE("a wrong time changes nothing, whatever comes with it") {
  Talk talk;
  talk.open();
  (void)talk.player.poll_events();
  CHECK_THROWS_AS((void)talk.push({message_of(5, 0.01F)}, &talk.id, 1e6), std::invalid_argument);
  CHECK_THROWS_AS((void)talk.push({malformed()}, &talk.id, 1e6), std::invalid_argument);
  CHECK(talk.player.stats().malformed_messages == 0);
  CHECK(talk.player.stats().keyframes == 0);
  CHECK(talk.player.poll_events().empty());
  CHECK(talk.push({message_of(5, 0.01F)}, &talk.id) == Status::kOk);
  CHECK(talk.player.stats().keyframes == 5);
}
