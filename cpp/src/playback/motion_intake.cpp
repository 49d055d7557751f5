#include "playback/motion_intake.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace hostmode {
namespace {

const std::string kNoId;

const std::string& id_of(const Conversation* conversation) noexcept {
  return conversation != nullptr ? conversation->id : kNoId;
}

}  // namespace

bool MotionIntake::route(const std::string* id, std::size_t messages, double now_s,
                         ConversationPtr& conversation) {
  conversation = id != nullptr ? conversations_.taking_motion(*id) : nullptr;
  const bool foreign = id != nullptr ? conversation == nullptr : conversations_.current() != nullptr;
  Stats& stats = journal_.stats();
  if (foreign) {
    journal_.add_discarded(stats.discarded_wrong_id, "wrong_id", id != nullptr ? *id : kNoId, messages,
                           now_s);
    return false;
  }
  if (conversation == nullptr) return true;
  if (messages == 0) {
    conversation->motion_use = MotionUse::kIgnored;
    return false;
  }
  if (!conversation->is_audio_only()) return true;
  journal_.add_discarded(stats.discarded_audio_only, "audio_only", conversation->id, messages, now_s);
  return false;
}

Status MotionIntake::judge(MessageBatch& batch, Conversation* conversation, std::size_t waiting,
                           double now_s) {
  journal_.stats().empty_messages += batch.empty_messages();
  const std::size_t held = conversation != nullptr ? waiting : early_.keyframe_count();
  if (held + batch.keyframe_count() > static_cast<std::size_t>(config_.max_motion_s * kKeyframeRateHz)) {
    return Status::kBufferFull;
  }
  batch.keep_if([&](const ArrivedMessage& arrived) { return accept(arrived, conversation, now_s); });
  if (conversation == nullptr) {
    for (ArrivedMessage& arrived : batch) early_.add(std::move(arrived), now_s);
  }
  return Status::kOk;
}

std::vector<ArrivedMessage> MotionIntake::take_early(Conversation& conversation, double now_s) {
  std::vector<ArrivedMessage> messages = early_.take_newest();
  const auto refused = [&](const ArrivedMessage& arrived) { return !accept(arrived, &conversation, now_s); };
  messages.erase(std::remove_if(messages.begin(), messages.end(), refused), messages.end());
  return messages;
}

bool MotionIntake::accept(const ArrivedMessage& arrived, Conversation* conversation, double now_s) {
  const Message& message = arrived.message;
  const std::string& id = id_of(conversation);
  Stats& stats = journal_.stats();
  if (message.kind == MessageKind::kServerError) {
    journal_.add_error("server_error", std::to_string(message.error_code) + ": " + message.error_message, id,
                       now_s);
    return false;
  }
  if (message.kind == MessageKind::kOther) {
    ++stats.unknown_messages;
    return false;
  }
  if (is_for_another_avatar(message)) {
    journal_.add_discarded(stats.discarded_avatar, "avatar_mismatch", id, 1, now_s);
    journal_.add_error("avatar_mismatch",
                       "motion is for avatar " + message.avatar_id + ", configured is " + config_.avatar_id,
                       id, now_s);
    return false;
  }
  if (conversations_.tombstones().holds(arrived)) {
    journal_.add_discarded(stats.discarded_tombstoned, "tombstoned", id, 1, now_s);
    return false;
  }
  if (conversation != nullptr && message.replaced_animations > 0) {
    journal_.add_discarded(stats.discarded_replaced, "replaced", id, message.replaced_animations, now_s);
  }
  switch (conversation != nullptr ? conversation->requests.take(arrived) : Verdict::kTaken) {
    case Verdict::kTaken:
      return true;
    case Verdict::kOtherRequest:
      journal_.add_discarded(stats.discarded_other_req_id, "other_req_id", id, 1, now_s);
      return false;
    case Verdict::kAfterEnd:
      journal_.add_discarded(stats.discarded_after_end, "after_end", id, 1, now_s);
      return false;
    case Verdict::kDuplicate:
      journal_.add_discarded(stats.discarded_duplicate, "duplicate", id, 1, now_s);
      return false;
  }
  return false;
}

void MotionIntake::drop_early(double now_s) {
  const std::size_t dropped = early_.clear();
  if (dropped == 0) return;
  journal_.add_discarded(journal_.stats().discarded_interrupted, "interrupted", kNoId, dropped, now_s);
}

void MotionIntake::report_malformed(std::size_t message, const DecodeFailure& failure,
                                    const Conversation* conversation, double now_s) {
  ++journal_.stats().malformed_messages;
  journal_.add_error("invalid_animation_data",
                     "message " + std::to_string(message) + ", byte " + std::to_string(failure.offset) +
                         ": " + failure.reason,
                     id_of(conversation), now_s);
}

void MotionIntake::count(const Conversation& conversation, std::size_t first, std::size_t keyframes,
                         double heard_s, double now_s) {
  Stats& stats = journal_.stats();
  stats.keyframes += keyframes;
  if (first == 0) stats.time_to_first_motion_s = now_s - conversation.opened_s;
  const double late = conversation.timeline.position_at(heard_s) - static_cast<double>(first);
  if (late > 0) stats.late_keyframes += std::min(keyframes, static_cast<std::size_t>(late) + 1);
}

void MotionIntake::expire_early(double now_s) {
  if (early_.empty()) return;
  const std::size_t expired = early_.expire(now_s, config_.early_motion_expiry_s);
  if (expired > 0) {
    journal_.add_discarded(journal_.stats().discarded_expired, "expired", kNoId, expired, now_s);
  }
}

double MotionIntake::early_expires_s() const noexcept {
  if (early_.empty()) return std::numeric_limits<double>::infinity();
  return early_.oldest_s() + config_.early_motion_expiry_s;
}

bool MotionIntake::is_for_another_avatar(const Message& message) const noexcept {
  return !config_.avatar_id.empty() && !message.avatar_id.empty() && message.avatar_id != config_.avatar_id;
}

}  // namespace hostmode
