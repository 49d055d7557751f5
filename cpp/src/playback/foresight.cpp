#include "playback/foresight.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hostmode {
namespace {

// Adds what follows while `conversation` plays from media position `from` at device frame `frame`. True where
// it ends, at the frame that is left in `frame`. Its sound has waited for `rested` frames. Its motion is
// shown to the end unless other sound `follows`.
bool play_out(const Conversation& conversation, std::int64_t from, std::int64_t rested, bool follows,
              std::int64_t& frame, std::vector<Segment>& segments) {
  const SampleQueue& stream = conversation.stream;
  const std::int64_t end = stream.pushed();
  const std::int64_t hold = std::max(from, std::min(stream.hold_at(), end));
  const std::int64_t rest = stream.rest_until() - rested;
  if (rest > 0 && stream.rest_at() >= from && stream.rest_at() <= hold) {
    frame += stream.rest_at() - from;
    from = stream.rest_at();
    segments.push_back({frame, stream.generation(), from, SegmentCause::kRest, rested});
    frame += rest;
    rested += rest;
    segments.push_back({frame, stream.generation(), from, SegmentCause::kPlaying, rested});
  }
  frame += hold - from;
  if (hold < end || !stream.closed()) {
    const SegmentCause cause = hold < end ? SegmentCause::kStall : SegmentCause::kUnderrun;
    segments.push_back({frame, stream.generation(), hold, cause, rested});
    return false;
  }
  const std::int64_t tail = follows ? 0 : stream.motion_end() - end;
  const bool may_go_on = !follows && !conversation.end_is_known;
  if (tail > 0 || may_go_on)
    segments.push_back({frame, stream.generation(), end, SegmentCause::kTail, rested});
  frame += std::max<std::int64_t>(0, tail);
  return !may_go_on;
}

// The conversation whose sound comes after that of `generation`, or null.
ConversationPtr next_after(const Conversations& conversations, std::uint64_t generation) {
  for (const ConversationPtr& next : conversations.all()) {
    if (next->generation() <= generation || next->stream.is_cut()) continue;
    return next->stream.pushed() > 0 ? next : nullptr;
  }
  return nullptr;
}

}  // namespace

void foresee(const Conversations& conversations, bool paused, const Segment& latest, std::int64_t rendered,
             double now_s, std::vector<Segment>& segments) {
  segments.clear();
  const bool rests = latest.cause == SegmentCause::kRest;
  if (!latest.media_advances() && !rests) return;
  const ConversationPtr heard = conversations.find(latest.generation);
  if (heard == nullptr) return;
  const SampleQueue& stream = heard->stream;
  const std::int64_t since = rendered - latest.device_frame;
  const auto media = static_cast<std::int64_t>(std::llround(latest.media_at(static_cast<double>(rendered))));
  const std::int64_t rested = latest.rested + (rests ? since : 0);
  std::int64_t frame = rendered;
  if (paused && !stream.is_cut()) {
    segments.push_back({frame, latest.generation, media, SegmentCause::kPaused, rested});
    return;
  }
  ConversationPtr next = next_after(conversations, latest.generation);
  const auto may_follow = [now_s, &next] { return next != nullptr && next->stream.may_start(now_s); };
  if (rests) segments.push_back({frame, latest.generation, media, SegmentCause::kPlaying, rested});
  if (latest.cause == SegmentCause::kTail) {
    const bool over = stream.is_cut() || may_follow();
    if (!over && !heard->end_is_known) return;
    frame += over ? 0 : std::max<std::int64_t>(0, stream.motion_end() - media);
  } else if (!stream.is_cut() && !play_out(*heard, media, rested, may_follow(), frame, segments)) {
    return;
  }
  while (next != nullptr) {
    const ConversationPtr playing = std::move(next);
    next = next_after(conversations, playing->generation());
    segments.push_back({frame, playing->generation(), 0, SegmentCause::kPlaying});
    if (!play_out(*playing, 0, 0, may_follow(), frame, segments)) return;
  }
  segments.push_back({frame, 0, 0, SegmentCause::kSilence});
}

}  // namespace hostmode
