// What a Player takes of an RTC stream.
#include "hostmode/player.h"

namespace hostmode {

Status Player::push_packet(PacketProfile profile, ByteView payload, const Recompress& inflate,
                           std::optional<double> media_s, double now_s, bool& taken) {
  RtcPacket packet;
  DecodeFailure failure;
  taken = false;
  Status status = decode_packet(profile, payload, inflate, packet, failure);
  if (status == Status::kOk && !PacketIntake::is_sound(packet)) status = Status::kMalformed;
  const ChangeLock lock = change(now_s);
  if (status == Status::kOk) {
    taken = playback_.take_packet(packet, media_s, now_s);
  } else {
    playback_.report_bad_packet();
  }
  return status;
}

void Player::advance_clock(double position_s, double time_s) {
  const ChangeLock lock = change(time_s);
  playback_.advance_clock(position_s, time_s);
}

Status Player::listen(const std::int16_t* samples, std::size_t count, int rate_hz, double time_s,
                      bool always) {
  if (!is_player_rate(rate_hz)) return Status::kInvalidArgument;
  const std::lock_guard ear_lock(ear_mutex_);
  SoundQuestion question;
  {
    const ChangeLock lock = change();
    const double heard_from_s = admitted(time_s);
    if (count == 0) return Status::kOk;
    if (ear_.set_rate(rate_hz)) playback_.forget_track();
    question = playback_.hear(ear_.heard_s(), heard_from_s, always);
  }
  const SoundAnswer answer = ear_.hear(samples, count, question);
  if (!answer.looked) return Status::kOk;
  const ChangeLock lock = change();
  playback_.place_sound(answer);
  return Status::kOk;
}

}  // namespace hostmode
