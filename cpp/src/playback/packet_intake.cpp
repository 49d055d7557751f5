#include "playback/packet_intake.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "listening/loudness_field.h"

namespace hostmode {
namespace {

// Somebody calls so often: what is needed before the next time is needed now.
constexpr double kAhead_s = 0.015;

}  // namespace

bool PacketIntake::is_sound(const RtcPacket& packet) {
  Message message;
  DecodeFailure failure;
  for (std::size_t i = 0; i < packet.frame_count; ++i) {
    const std::vector<std::uint8_t>& bytes = packet.frames[i].message;
    if (decode_message(bytes.data(), bytes.size(), message, failure) != Status::kOk) return false;
  }
  return true;
}

bool PacketIntake::take(const RtcPacket& packet, std::optional<double> media_s, double now_s,
                        const float* under) {
  if (conversations_.current() != nullptr) return false;
  used_ = true;
  media_s_ = media_s;
  rounds_.take(packet, now_s, actions_);
  follow(now_s, under);
  return true;
}

void PacketIntake::settle(double now_s, const float* under) {
  if (!is_busy()) return;
  rounds_.advance(now_s, actions_);
  follow(now_s, under);
}

SoundQuestion PacketIntake::hear(double heard_s, double time_s, bool always) {
  heard_.report(heard_s, time_s);
  SoundQuestion question;
  question.round = heard_.round();
  question.expected = heard_.take_expected();
  const std::optional<double> expected_s = face_.expected_s();
  if (id_.empty() || !expected_s || (face_.is_tied() && !always)) return question;
  question.open = true;
  question.earliest_s = heard_.heard_s(*expected_s) - PacketFace::kLeadReach_s;
  question.latest_s = heard_.heard_s(*expected_s) + PacketFace::kLeadReach_s;
  return question;
}

void PacketIntake::place_sound(const SoundAnswer& answer, double now_s, const float* under) {
  if (!answer.looked || answer.round != heard_.round() || id_.empty()) return;
  journal_.stats().listening_confidence = answer.likeness;
  if (answer.taken_back) face_.unhear(now_s, under);
  if (answer.found) {
    face_.hear(answer.position_s, heard_.time_of(answer.heard_s), 1 / answer.stretch, now_s, under);
  }
  journal_.stats().listening_correction_s = face_.correction_s(now_s);
}

std::optional<double> PacketIntake::interrupt(double now_s, const float* under) {
  rounds_.interrupt();
  if (id_.empty()) return std::nullopt;
  const double shown_s = face_.position_s(now_s);
  end("interrupted", "user_action", now_s);
  face_.cut(now_s, under);
  return shown_s;
}

void PacketIntake::replace(double now_s, const float* under) {
  if (id_.empty()) return;
  rounds_.interrupt();
  end("replaced", nullptr, now_s);
  face_.cut(now_s, under);
}

void PacketIntake::fill(Stats& stats, double now_s) const {
  if (!used_) return;
  const RoundCounts& counts = rounds_.counts();
  stats.duplicate_packets = counts.duplicates;
  stats.late_packets = counts.late;
  stats.lost_packets = counts.lost;
  stats.gated_packets = counts.gated;
  stats.packet_delay_s = face_.delay_s();
  if (id_.empty()) return;
  stats.listening_correction_s = face_.correction_s(now_s);
  stats.heard_s = face_.position_s(now_s);
  stats.buffered_motion_s = face_.buffered_s(now_s);
}

void PacketIntake::follow(double now_s, const float* under) {
  const auto act_on_all = [&] {
    for (const RoundAction& action : actions_) act(action, now_s, under);
    actions_.clear();
  };
  act_on_all();
  if (rounds_.is_open()) {
    rounds_.need(face_.position_needed(now_s + kAhead_s));
    rounds_.advance(now_s, actions_);
    act_on_all();
  }
  face_.settle(now_s, under);
  if (id_.empty()) return;
  const std::optional<double> begins_s = face_.begins_s();
  if (!started_ && begins_s && *begins_s <= now_s) {
    started_ = true;
    journal_.add_started(id_, *begins_s, *begins_s - opened_s_);
    journal_.set_state(PlayerState::kPlaying, "user_action", id_, *begins_s);
    journal_.set_animated(true, id_, *begins_s);
  }
  const std::optional<double> ends_s = face_.ends_s();
  if (finished_ && (!ends_s || *ends_s <= now_s)) end("playback_end", "playback_end", ends_s.value_or(now_s));
}

void PacketIntake::act(const RoundAction& action, double now_s, const float* under) {
  switch (action.step) {
    case RoundStep::kOpen:
      if (!id_.empty()) end("replaced", nullptr, now_s);
      id_ = conversations_.new_id();
      opened_s_ = now_s;
      started_ = finished_ = mismatched_ = false;
      ++journal_.stats().conversations;
      journal_.stats().time_to_first_motion_s = 0.0;
      journal_.set_state(PlayerState::kActive, "user_action", id_, now_s);
      face_.open();
      heard_.open_round();
      journal_.stats().listening_confidence = journal_.stats().listening_correction_s = 0.0;
      return;
    case RoundStep::kArrival:
      face_.arrive(action.position, action.repeated ? std::nullopt : media_s_, now_s, under);
      return;
    case RoundStep::kFrame:
      show(action, now_s, under);
      return;
    case RoundStep::kEnd:
      face_.finish();
      finished_ = true;
      if (std::strcmp(action.reason, "stalled") == 0) end("watchdog", "playback_end", now_s);
      return;
  }
}

void PacketIntake::show(const RoundAction& action, double now_s, const float* under) {
  DecodeFailure failure;
  if (decode_message(action.message.data(), action.message.size(), message_, failure) != Status::kOk) return;
  Stats& stats = journal_.stats();
  if (message_.kind == MessageKind::kServerError) {
    journal_.add_error("server_error", std::to_string(message_.error_code) + ": " + message_.error_message,
                       id_, now_s);
    return;
  }
  if (message_.kind == MessageKind::kOther) {
    ++stats.unknown_messages;
    return;
  }
  if (!config_.avatar_id.empty() && !message_.avatar_id.empty() && message_.avatar_id != config_.avatar_id) {
    journal_.add_discarded(stats.discarded_avatar, "avatar_mismatch", id_, 1, now_s);
    if (!std::exchange(mismatched_, true)) {
      journal_.add_error(
          "avatar_mismatch",
          "motion is for avatar " + message_.avatar_id + ", configured is " + config_.avatar_id, id_, now_s);
    }
    return;
  }
  if (const auto loudness = read_loudness({action.message.data(), action.message.size()})) {
    heard_.expect(action.position, *loudness);
  }
  if (message_.keyframes.empty()) return;
  ++stats.keyframes;
  face_.append(action.position, message_.keyframes.front(), now_s, under);
}

// `reason` null: another one follows at once.
void PacketIntake::end(const char* cause, const char* reason, double time_s) {
  journal_.stats().heard_s = face_.position_s(time_s);
  journal_.add_end(cause, id_, time_s, journal_.stats().heard_s);
  if (reason != nullptr) journal_.set_state(PlayerState::kIdle, reason, id_, time_s);
  if (reason != nullptr) journal_.set_animated(false, id_, time_s);
  id_.clear();
}

}  // namespace hostmode
