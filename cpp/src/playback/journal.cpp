#include "playback/journal.h"

#include <iterator>
#include <utility>

namespace hostmode {
namespace {

constexpr std::size_t kMaxUnpolledEvents = 1024;

bool is_state_edge(EventKind kind) noexcept {
  return kind == EventKind::kConversationState || kind == EventKind::kConversationEnd ||
         kind == EventKind::kAnimationState || kind == EventKind::kPlaybackStall;
}

}  // namespace

void Journal::set_state(PlayerState state, const char* reason, const std::string& id, double time_s) {
  if (state == state_ && id == state_id_) return;
  state_ = state;
  state_id_ = id;
  Event& event = add(EventKind::kConversationState, id, time_s);
  event.state = state;
  event.reason = reason;
}

void Journal::set_animated(bool animated, const std::string& id, double time_s) {
  if (animated == animated_) return;
  animated_ = animated;
  add(EventKind::kAnimationState, id, time_s).reason = animated ? "mono" : "idle";
}

void Journal::add_started(const std::string& id, double time_s, double since_opened_s) {
  add(EventKind::kPlaybackStarted, id, time_s).value = since_opened_s;
}

void Journal::add_stall(bool stalled, const std::string& id, double time_s) {
  if (stalled) ++stats_.stalls;
  add(EventKind::kPlaybackStall, id, time_s).value = stalled ? 1.0 : 0.0;
}

void Journal::add_underrun(const std::string& id, double time_s) {
  (void)add(EventKind::kUnderrun, id, time_s);
}

void Journal::add_underrun_end(const std::string& id, double time_s, double silence_s) {
  add(EventKind::kUnderrunEnd, id, time_s).value = silence_s;
}

void Journal::add_end(const char* cause, const std::string& id, double time_s, double heard_s) {
  Event& event = add(EventKind::kConversationEnd, id, time_s);
  event.reason = cause;
  event.value = heard_s;
}

void Journal::add_realigned(const std::string& id, double time_s) {
  ++stats_.realignments;
  add(EventKind::kAudioRealigned, id, time_s).reason = "odd_byte";
}

void Journal::add_late_audio(const std::string& id, double time_s, double duration_s) {
  ++stats_.late_audio;
  Event& event = add(EventKind::kAudioDiscarded, id, time_s);
  event.reason = "late_audio";
  event.value = duration_s;
}

void Journal::add_discarded(std::uint64_t& counter, const char* reason, const std::string& id,
                            std::size_t messages, double time_s) {
  counter += messages;
  Event& event = add(EventKind::kMotionDiscarded, id, time_s);
  event.reason = reason;
  event.value = static_cast<double>(messages);
}

void Journal::add_error(const char* code, std::string text, const std::string& id, double time_s) {
  Event& event = add(EventKind::kError, id, time_s);
  event.reason = code;
  event.message = std::move(text);
}

std::vector<Event> Journal::poll() {
  std::vector<Event> events(std::make_move_iterator(events_.begin()), std::make_move_iterator(events_.end()));
  events_.clear();
  return events;
}

Event& Journal::add(EventKind kind, const std::string& id, double time_s) {
  Event event;
  event.kind = kind;
  event.time_s = time_s - ahead_s_;
  event.conversation_id = id;
  if (events_.size() >= kMaxUnpolledEvents && !is_state_edge(kind)) {
    ++stats_.dropped_events;
    return given_up_ = std::move(event);
  }
  return events_.emplace_back(std::move(event));
}

}  // namespace hostmode
