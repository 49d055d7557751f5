// Any sequence of calls with any messages: poses stay finite, the clock of a conversation never goes back,
// and every conversation ends exactly once. Each call is a byte that says which, a byte that says how much,
// and what a message needs.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "hostmode/player.h"

namespace {

using namespace hostmode;

constexpr int kRate_hz = 8000;

void require(bool holds) {
  if (!holds) std::abort();
}

class Calls {
 public:
  Calls(const std::uint8_t* data, std::size_t size)
      : at_(data), end_(data + size), player_(kRate_hz, config()) {}

  void make() {
    while (at_ < end_) {
      call(next());
      observe();
    }
    player_.interrupt(now_s_);
    observe();
    require(player_.state() == PlayerState::kIdle && ends_.size() == opened_.size());
  }

 private:
  PlayerConfig config() {
    const unsigned choice = next();
    PlayerConfig config;
    config.queue = (choice & 1U) != 0;
    if ((choice & 2U) != 0) config.frame_starvation_mode = FrameStarvationMode::kStrictSync;
    config.layers = (choice & 4U) != 0;
    config.motion_wait_s = (choice & 8U) != 0 ? 0.1 : 0.0;
    config.end_timeout_s = 0.5;
    config.max_audio_s = 20;
    config.max_motion_s = 60;
    if ((choice & 16U) != 0) config.avatar_id = "a";
    return config;
  }

  unsigned next() { return at_ < end_ ? *at_++ : 0U; }

  void call(unsigned which) {
    const unsigned amount = next();
    switch (which % 10) {
      case 0:
      case 1: {
        const std::vector<std::uint8_t> pcm(amount * 16U + amount % 2U, 1);
        std::string id;
        if (player_.push_audio({pcm.data(), pcm.size()}, which % 10 == 1, now_s_, id) == Status::kOk &&
            !id.empty()) {
          opened_.insert(id);
        }
        break;
      }
      case 2:
      case 3:
      case 4:
        push_motion(which % 10, amount);
        break;
      case 5:
        player_.pause(now_s_);
        break;
      case 6:
        player_.resume(now_s_);
        break;
      case 7:
        if (amount % 4 == 0) player_.interrupt(now_s_);
        break;
      default:
        render(1 + amount * 8U);
        break;
    }
  }

  void push_motion(unsigned which, unsigned amount) {
    const std::size_t size = std::min<std::size_t>(amount, static_cast<std::size_t>(end_ - at_));
    const ByteView message{at_, size};
    at_ += size;
    const std::string id = player_.conversation_id();
    MotionPush result;
    const Status status = player_.push_motion(&message, which == 4 ? 0 : 1,
                                              which == 3 || id.empty() ? nullptr : &id, now_s_, result);
    require(status == Status::kOk || !result.complete);
  }

  void render(std::size_t count) {
    float sound[2048];
    AudioObservation observation;
    observation.dac_s = now_s_;
    player_.render_audio(sound, count, observation);
    require(std::all_of(sound, sound + count, [](float sample) { return std::abs(sample) <= 1.0F; }));
    now_s_ += static_cast<double>(count) / kRate_hz;
  }

  void observe() {
    float pose[kKeyframeFloats];
    player_.sample(now_s_, pose);
    require(std::all_of(pose, pose + kKeyframeFloats, [](float value) { return std::isfinite(value); }));
    const std::string id = player_.conversation_id();
    const double audio_s = player_.audio_time(now_s_);
    require(id != clock_id_ || audio_s >= audio_s_);
    clock_id_ = id;
    audio_s_ = audio_s;
    for (const Event& event : player_.poll_events()) {
      if (event.kind == EventKind::kConversationEnd) require(ends_.insert(event.conversation_id).second);
    }
  }

  const std::uint8_t* at_;
  const std::uint8_t* const end_;
  Player player_;
  double now_s_ = 0.0;
  std::set<std::string> opened_;
  std::set<std::string> ends_;
  std::string clock_id_;
  double audio_s_ = 0.0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Calls(data, size).make();
  return 0;
}
