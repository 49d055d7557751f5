// What a player reports: events, edges of its state, statistics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "hostmode/event.h"
#include "hostmode/stats.h"

namespace hostmode {

// Edges of a state are said once, whoever says them again. Nobody has to poll: beyond a bound diagnostics are
// counted and given up, edges never. Serialised by the caller.
class Journal {
 public:
  // The conversation's state, as on_conversation_state gives it.
  void set_state(PlayerState state, const char* reason, const std::string& id, double time_s);
  [[nodiscard]] PlayerState state() const noexcept { return state_; }
  [[nodiscard]] const std::string& state_id() const noexcept { return state_id_; }

  // Whether a conversation's motion is shown.
  void set_animated(bool animated, const std::string& id, double time_s);
  [[nodiscard]] bool animated() const noexcept { return animated_; }

  void add_started(const std::string& id, double time_s, double since_opened_s);
  void add_stall(bool stalled, const std::string& id, double time_s);
  void add_underrun(const std::string& id, double time_s);
  void add_underrun_end(const std::string& id, double time_s, double silence_s);
  void add_end(const char* cause, const std::string& id, double time_s, double heard_s);
  void add_realigned(const std::string& id, double time_s);
  void add_late_audio(const std::string& id, double time_s, double duration_s);
  // `counter` is one of stats().
  void add_discarded(std::uint64_t& counter, const char* reason, const std::string& id, std::size_t messages,
                     double time_s);
  // `code` is stable, `text` for people.
  void add_error(const char* code, std::string text, const std::string& id, double time_s);

  // Times that follow are told as the caller's clock had them.
  void set_ahead(double player_ahead_s) noexcept { ahead_s_ = player_ahead_s; }

  // Everything since the last call, oldest first.
  [[nodiscard]] std::vector<Event> poll();

  [[nodiscard]] Stats& stats() noexcept { return stats_; }

 private:
  [[nodiscard]] Event& add(EventKind kind, const std::string& id, double time_s);

  std::deque<Event> events_;
  Event given_up_;  // where a diagnostic goes that is given up
  Stats stats_;
  PlayerState state_ = PlayerState::kIdle;
  std::string state_id_;
  bool animated_ = false;
  double ahead_s_ = 0.0;
};

}  // namespace hostmode
