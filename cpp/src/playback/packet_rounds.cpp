#include "playback/packet_rounds.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

namespace hostmode {
namespace {

constexpr double kNever_s = std::numeric_limits<double>::infinity();

// So long after a round's end what is numbered like its last frames is one of them.
constexpr double kStragglers_s = 0.5;
constexpr std::int64_t kStragglerFrames = 25;

// So long after idle what comes of the round was sent before it. Where more comes later than that, idle was
// of the round before.
constexpr double kOvertaken_s = 0.5;

// The same bytes later than that are no copy that a network delayed but the same clip again.
constexpr double kCopies_s = 2.0;

// FNV-1a, 64 bits.
std::uint64_t hash_of(const std::vector<std::uint8_t>& bytes) noexcept {
  std::uint64_t hash = 14695981039346656037U;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211U;
  return hash;
}

std::int64_t distance(std::uint32_t from, std::uint32_t to) noexcept {
  return static_cast<std::int32_t>(to - from);
}

}  // namespace

void PacketRounds::take(const RtcPacket& packet, double now_s, std::vector<RoundAction>& actions) {
  advance(now_s, actions);
  if (packet.kind == PacketKind::kTransitionToSpeech) return;
  if (packet.kind != PacketKind::kSpeech) {
    if (gated_ && packet.kind == PacketKind::kIdle) {
      gated_ = false;
      over_s_ = now_s;
    }
    if (open_) {
      idle_s_ = std::min(idle_s_, now_s);
      closing_s_ = std::min(closing_s_, now_s + patience_s_);
    }
    return;
  }
  const bool another = contradicts(packet, now_s);
  if (open_ && another) close_for_another(now_s, actions);
  for (std::size_t i = packet.frame_count; i-- > 0;) {
    // What a starting packet repeats belongs to the round before.
    if (i > 0 && packet.start) continue;
    take_frame(packet, i, another, now_s, actions);
  }
  give_out(false, now_s, actions);
}

void PacketRounds::take_frame(const RtcPacket& packet, std::size_t index, bool another, double now_s,
                              std::vector<RoundAction>& actions) {
  const PacketFrame& frame = packet.frames[index];
  const bool starts = index == 0 && packet.start;
  const bool ends = index == 0 && packet.end;
  if (const Seen* copy = copied(frame, index == 0, now_s)) {
    ++counts_.duplicates;
    if (ends && open_ && copy->round == round_) note_end(position_of(frame.seq));
    return;
  }
  if (gated_ && !starts) {
    ++counts_.gated;
    return;
  }
  if (!starts && !another && is_straggler(frame.seq, now_s)) {
    ++counts_.late;
    return;
  }
  if (open_ && begins_another(frame, starts)) close_for_another(now_s, actions);
  if (!open_) open(frame, starts, now_s, actions);
  seen_.back().round = round_;
  started_ = started_ || starts;
  const std::int64_t position = position_of(frame.seq);
  RoundAction arrival;
  arrival.step = RoundStep::kArrival;
  arrival.position = position;
  arrival.repeated = index > 0;
  actions.push_back(std::move(arrival));
  if (ends) note_end(position);
  if (given_out_ && position < next_) {
    ++counts_.late;
    return;
  }
  pending_.emplace(position, frame.message);
  latest_s_ = now_s;
  if (now_s >= idle_s_ + kOvertaken_s) idle_s_ = kNever_s;
  closing_s_ = idle_s_ == kNever_s ? kNever_s : now_s + kOvertaken_s;
  if (pending_.size() == 1) blocked_since_s_ = now_s;
}

void PacketRounds::open(const PacketFrame& frame, bool starts, double now_s,
                        std::vector<RoundAction>& actions) {
  open_ = true;
  ++round_;
  gated_ = false;
  started_ = false;
  given_out_ = false;
  last_ = -1;
  pending_.clear();
  closing_s_ = idle_s_ = kNever_s;
  latest_s_ = now_s;
  // Without its start, the round began at 0, or so long ago that nobody knows when.
  origin_ = !starts && frame.seq < kFarApart ? 0 : frame.seq;
  next_ = 0;
  if (needed_) needed_ = -1;
  RoundAction action;
  action.step = RoundStep::kOpen;
  actions.push_back(std::move(action));
}

void PacketRounds::close_for_another(double now_s, std::vector<RoundAction>& actions) {
  close(idle_s_ < kNever_s ? "idle" : "replaced", now_s, actions);
}

// A copy may tell it after others have.
void PacketRounds::note_end(std::int64_t position) noexcept {
  const std::int64_t latest = pending_.empty() ? next_ - 1 : std::max(next_ - 1, pending_.rbegin()->first);
  if (position >= latest) last_ = position;
}

void PacketRounds::close(const char* reason, double now_s, std::vector<RoundAction>& actions) {
  give_out(true, now_s, actions);
  open_ = false;
  over_s_ = now_s;
  over_seq_ = origin_ + static_cast<std::uint32_t>(next_) - 1;
  RoundAction action;
  action.step = RoundStep::kEnd;
  action.reason = reason;
  actions.push_back(std::move(action));
}

// In order, and past a hole once it has been waited for.
void PacketRounds::give_out(bool all, double now_s, std::vector<RoundAction>& actions) {
  while (open_ && !pending_.empty()) {
    const auto first = pending_.begin();
    const bool in_order = first->first == next_ && (given_out_ || started_);
    const bool waited = pending_.size() > kMostPending ||
                        (needed_ ? next_ <= *needed_ : now_s >= blocked_since_s_ + patience_s_);
    if (!in_order && !waited && !all) return;
    if (given_out_ || started_) {
      counts_.lost += static_cast<std::uint64_t>(std::max<std::int64_t>(first->first - next_, 0));
    }
    RoundAction action;
    action.step = RoundStep::kFrame;
    action.position = first->first;
    action.message = std::move(first->second);
    next_ = first->first + 1;
    given_out_ = true;
    blocked_since_s_ = now_s;
    pending_.erase(first);
    actions.push_back(std::move(action));
  }
  if (!all && open_ && last_ >= 0 && next_ > last_) close("end", now_s, actions);
}

void PacketRounds::advance(double now_s, std::vector<RoundAction>& actions) {
  if (!open_) return;
  give_out(false, now_s, actions);
  if (!open_) return;
  if (now_s >= closing_s_) {
    close("idle", now_s, actions);
  } else if (now_s >= latest_s_ + kStall_s) {
    close("stalled", now_s, actions);
  }
}

void PacketRounds::interrupt() noexcept {
  if (open_) over_seq_ = origin_ + static_cast<std::uint32_t>(next_) - 1;
  open_ = false;
  gated_ = true;
  pending_.clear();
}

// Whether the latest round has had a frame of that number with other bytes: then this one is of the next,
// whose start may be lost. Only what comes soon after yet another round may be of that one instead.
bool PacketRounds::contradicts(const RtcPacket& packet, double now_s) const noexcept {
  if (packet.frame_count == 0 || round_ == 0) return false;
  const bool over = !open_ || idle_s_ < kNever_s;
  if (!packet.start && !over && now_s < over_s_ + kStragglers_s) return false;
  const PacketFrame& frame = packet.frames[0];
  const std::uint64_t hash = hash_of(frame.message);
  bool differs = false;
  for (const Seen& seen : seen_) {
    if (seen.seq != frame.seq || now_s >= seen.when_s + kCopies_s) continue;
    if (seen.hash == hash) return false;
    // What a packet repeats may be written differently from what was sent first.
    differs = differs || (seen.round == round_ && (seen.own || packet.start));
  }
  return differs;
}

// A start is the round's own where that has none and nothing came before it; a number far from those expected
// is of a round whose start is lost.
bool PacketRounds::begins_another(const PacketFrame& frame, bool starts) const noexcept {
  const std::int64_t position = position_of(frame.seq);
  const std::int64_t earliest = pending_.empty() ? next_ : std::min(next_, pending_.begin()->first);
  const std::int64_t latest = pending_.empty() ? next_ : pending_.rbegin()->first;
  if (starts) {
    return started_ || idle_s_ < kNever_s || position < earliest - kFarApart ||
           (given_out_ ? position >= next_ : position > latest);
  }
  const bool restarts = frame.seq < kStragglerFrames && position < earliest - kStragglerFrames;
  return restarts || position < earliest - kFarApart || position > latest + kFarApart;
}

// Of the round before.
bool PacketRounds::is_straggler(std::uint32_t seq, double now_s) const noexcept {
  const auto is_near = [](std::int64_t frames) { return std::abs(frames) <= kStragglerFrames; };
  if (now_s >= over_s_ + kStragglers_s || !is_near(distance(over_seq_, seq))) return false;
  return !open_ || !is_near(position_of(seq) - next_);
}

// What it is a copy of; remembers it where it is none.
const PacketRounds::Seen* PacketRounds::copied(const PacketFrame& frame, bool own, double now_s) {
  while (!seen_.empty() && now_s >= seen_.front().when_s + kCopies_s) seen_.pop_front();
  const std::uint64_t hash = hash_of(frame.message);
  const auto is_same = [&](const Seen& seen) { return seen.seq == frame.seq && seen.hash == hash; };
  const auto same = std::find_if(seen_.begin(), seen_.end(), is_same);
  if (same != seen_.end()) {
    same->own = same->own || own;
    return &*same;
  }
  if (seen_.size() == kRemembered) seen_.pop_front();
  seen_.push_back({frame.seq, hash, now_s, own, 0});
  return nullptr;
}

std::int64_t PacketRounds::position_of(std::uint32_t seq) const noexcept {
  const auto expected = static_cast<std::uint32_t>(origin_ + static_cast<std::uint32_t>(next_));
  return next_ + distance(expected, seq);
}

}  // namespace hostmode
