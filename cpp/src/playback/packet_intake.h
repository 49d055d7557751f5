// Conversations that packets bring: what is taken, what is shown of it, and what is said about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hostmode/message.h"
#include "hostmode/player_config.h"
#include "playback/conversations.h"
#include "playback/heard_sound.h"
#include "playback/journal.h"
#include "playback/packet_face.h"
#include "playback/packet_rounds.h"

namespace hostmode {

// Serialised by the caller. `under` as PacketFace takes it.
class PacketIntake {
 public:
  PacketIntake(const PlayerConfig& config, Conversations& conversations, Journal& journal)
      : config_(config), conversations_(conversations), journal_(journal), face_(config) {}

  // Whether the messages of a packet can be decoded: what cannot must change nothing.
  [[nodiscard]] static bool is_sound(const RtcPacket& packet);
  // A sound one. False where it is not taken, because a conversation with sound of its own goes on.
  bool take(const RtcPacket& packet, std::optional<double> media_s, double now_s, const float* under);
  void settle(double now_s, const float* under);
  // A track, of which `heard_s` came by now, will be heard from `time_s` on. `always`: it is to be looked
  // into for packets with a media time as well.
  [[nodiscard]] SoundQuestion hear(double heard_s, double time_s, bool always);
  void place_sound(const SoundAnswer& answer, double now_s, const float* under);
  void forget_track() noexcept { heard_.restart(); }
  // Ends the conversation that goes on; the seconds of it that were shown.
  std::optional<double> interrupt(double now_s, const float* under);
  // The application's own audio opens a conversation.
  void replace(double now_s, const float* under);

  [[nodiscard]] PacketFace& face() noexcept { return face_; }
  [[nodiscard]] const PacketFace& face() const noexcept { return face_; }
  [[nodiscard]] const std::string& conversation_id() const noexcept { return id_; }
  // Whether time changes anything here.
  [[nodiscard]] bool is_busy() const noexcept { return rounds_.is_open() || !id_.empty() || face_.is_used(); }
  void fill(Stats& stats, double now_s) const;

 private:
  void follow(double now_s, const float* under);
  void act(const RoundAction& action, double now_s, const float* under);
  void show(const RoundAction& action, double now_s, const float* under);
  void end(const char* cause, const char* reason, double time_s);

  const PlayerConfig& config_;
  Conversations& conversations_;
  Journal& journal_;
  PacketRounds rounds_;
  PacketFace face_;
  HeardSound heard_;
  std::vector<RoundAction> actions_;
  Message message_;
  std::optional<double> media_s_;  // of the packet being taken
  std::string id_;                 // empty while none goes on
  double opened_s_ = 0;
  bool started_ = false;
  bool finished_ = false;    // all its frames are in
  bool mismatched_ = false;  // motion of another avatar was among them: told once, not 25 times a second
  bool used_ = false;
};

}  // namespace hostmode
