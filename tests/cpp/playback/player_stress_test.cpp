// Random conversations in virtual time. HOSTMODE_STRESS_CONVERSATIONS sets how many (a million is a command
// of its own: nox --session stress).
#include <doctest/doctest.h>

#include <cstdlib>

#include "allocation_counter.h"
#include "playback/random_talk.h"

namespace {

using namespace hostmode;

// What the containers of a Player may grow after the first tenth of a run, because the largest burst comes
// late.
constexpr std::size_t kGrowthAllowed_bytes = 64 * 1024;

std::size_t conversations_wanted() {
  const char* text = std::getenv("HOSTMODE_STRESS_CONVERSATIONS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 3000;
}

PlayerConfig config_of(bool queue, bool strict, bool transitions) {
  PlayerConfig config;
  config.queue = queue;
  config.max_prebuffer_s = 0.1;  // so that the sound runs dry now and then
  config.frame_starvation_mode =
      strict ? FrameStarvationMode::kStrictSync : FrameStarvationMode::kAudioIndependent;
  config.layers = false;
  config.end_timeout_s = 0.3;
  config.motion_wait_s = 0.05;
  config.max_audio_s = 2.0;
  if (!transitions) config.speech_transition_s = config.idle_transition_s = 0;
  return config;
}

}  // namespace

TEST_CASE("random conversations end exactly once, leave nothing stale and hold no memory") {
  const std::size_t conversations = conversations_wanted() / 8;
  std::uint32_t seed = 0;
  for (const bool queue : {false, true}) {
    for (const bool strict : {false, true}) {
      for (const bool transitions : {false, true}) {
        CAPTURE(queue);
        CAPTURE(strict);
        CAPTURE(transitions);
        testing::RandomTalk talk(++seed, config_of(queue, strict, transitions));
        talk.talk_until(conversations / 10);
        talk.fall_silent();
        const std::size_t early_bytes = testing::live_bytes();
        talk.talk_until(conversations);
        talk.fall_silent();
        const std::size_t late_bytes = testing::live_bytes();
        CHECK(late_bytes <= early_bytes + kGrowthAllowed_bytes);
        if (conversations > 10000)
          MESSAGE(early_bytes << " bytes held after a tenth, " << late_bytes << " at the end");

        const Stats stats = talk.stats();
        CHECK(stats.conversations >= conversations);
        CHECK(stats.underruns > 0);
        CHECK((stats.stalls > 0) == strict);
        CHECK((strict || stats.late_keyframes > 0));  // strict playback waits for them
        CHECK(stats.malformed_messages > 0);
        CHECK(stats.discarded_wrong_id > 0);
        CHECK(stats.discarded_other_req_id > 0);
        CHECK(stats.discarded_tombstoned > 0);
        CHECK(stats.discarded_audio_only > 0);
      }
    }
  }
}
