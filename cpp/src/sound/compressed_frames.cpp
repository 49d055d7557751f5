#include "sound/compressed_frames.h"

#include <array>

#include "sound/pcm_texture.h"

namespace hostmode {
namespace {

constexpr int kCertain = 3;  // frames in a row

// ---- MPEG audio: ISO 11172-3, ISO 13818-3

class MpegFrame {
 public:
  static constexpr std::size_t kHeader = 4;
  explicit MpegFrame(const std::uint8_t* bytes) : bytes_(bytes) {}

  [[nodiscard]] bool is_one() const noexcept {
    const bool synchronised = bytes_[0] == 0xFF && (bytes_[1] & 0xE0) == 0xE0;
    const bool known = version() != 1 && (layer() == kLayer2 || layer() == kLayer3);
    return synchronised && known && rate_index() != 3 && bitrate_index() != 0 && bitrate_index() != 15;
  }
  // How many bits its sound takes a second may change.
  [[nodiscard]] bool goes_on_as(const MpegFrame& next) const noexcept {
    return next.is_one() && next.bytes_[1] == bytes_[1] && next.rate_index() == rate_index();
  }
  [[nodiscard]] std::size_t size() const noexcept {
    constexpr std::array<int, 15> kFull2_kbps = {0,   32,  48,  56,  64,  80,  96, 112,
                                                 128, 160, 192, 224, 256, 320, 384};
    constexpr std::array<int, 15> kFull3_kbps = {0,   32,  40,  48,  56,  64,  80, 96,
                                                 112, 128, 160, 192, 224, 256, 320};
    constexpr std::array<int, 15> kHalf_kbps = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};
    constexpr std::array<int, 3> kRates_hz = {44100, 48000, 32000};
    const int rate_hz = kRates_hz[rate_index()] >> (is_full() ? 0 : version() == 2 ? 1 : 2);
    const auto& rates_kbps = !is_full() ? kHalf_kbps : layer() == kLayer2 ? kFull2_kbps : kFull3_kbps;
    const int samples = is_full() || layer() == kLayer2 ? 1152 : 576;
    const int padding = bytes_[2] >> 1 & 1;
    return static_cast<std::size_t>(samples / 8 * 1000 * rates_kbps[bitrate_index()] / rate_hz + padding);
  }
  // The first frame of a stream has no sound in frames before it. Needs two bytes after the header, and four
  // where a checksum precedes them.
  [[nodiscard]] bool may_be_first() const noexcept {
    if (layer() != kLayer3) return false;
    const std::uint8_t* const side = bytes_ + kHeader + ((bytes_[1] & 1) == 0 ? 2 : 0);
    return side[0] == 0 && (!is_full() || (side[1] & 0x80) == 0);
  }
  // What is not sound in a first frame, with the header whole samples.
  static constexpr std::size_t kSide = 2 + 32;

 private:
  static constexpr int kLayer2 = 2;
  static constexpr int kLayer3 = 1;
  [[nodiscard]] int version() const noexcept { return bytes_[1] >> 3 & 3; }
  [[nodiscard]] bool is_full() const noexcept {
    return version() == 3;
  }  // else of half or a quarter the rate
  [[nodiscard]] int layer() const noexcept { return bytes_[1] >> 1 & 3; }
  [[nodiscard]] std::size_t bitrate_index() const noexcept { return bytes_[2] >> 4; }
  [[nodiscard]] std::size_t rate_index() const noexcept { return bytes_[2] >> 2 & 3; }

  const std::uint8_t* bytes_;
};

// ---- ADTS: ISO 13818-7

class AdtsFrame {
 public:
  static constexpr std::size_t kHeader = 7;
  explicit AdtsFrame(const std::uint8_t* bytes) : bytes_(bytes) {}

  [[nodiscard]] bool is_one() const noexcept {
    return bytes_[0] == 0xFF && (bytes_[1] & 0xF6) == 0xF0 && (bytes_[2] >> 2 & 15) < 13 && size() >= kHeader;
  }
  [[nodiscard]] bool goes_on_as(const AdtsFrame& next) const noexcept {
    return next.is_one() && next.bytes_[1] == bytes_[1] && next.bytes_[2] == bytes_[2] &&
           next.bytes_[3] >> 6 == bytes_[3] >> 6;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>((bytes_[3] & 3) << 11 | bytes_[4] << 3 | bytes_[5] >> 5);
  }
  // Of low complexity, with none of the marks of ownership, in one block, of a size that fits its channels.
  [[nodiscard]] bool may_be_first() const noexcept {
    constexpr std::size_t kMostOfChannel = 768;
    const auto channels = static_cast<std::size_t>((bytes_[2] & 1) << 2 | bytes_[3] >> 6);
    const bool is_plain = (bytes_[2] & 0xC2) == 0x40 && (bytes_[3] & 0x3C) == 0 && (bytes_[6] & 3) == 0;
    return is_plain && size() <= kMostOfChannel * channels;
  }
  static constexpr std::size_t kSide = 1;

 private:
  const std::uint8_t* bytes_;
};

template <typename Frame>
bool begins_with_frames(const std::uint8_t* bytes, std::size_t size) noexcept {
  if (size < Frame::kHeader || !Frame(bytes).is_one()) return false;
  std::size_t at = 0;
  for (int frames = 1; frames < kCertain; ++frames) {
    const std::size_t next = at + Frame(bytes + at).size();
    if (next + Frame::kHeader > size) {
      constexpr std::size_t kNoSound = Frame::kHeader + Frame::kSide;
      return frames > 1 || (size > kNoSound && Frame(bytes).may_be_first() &&
                            sounds_compressed(bytes + kNoSound, size - kNoSound));
    }
    if (!Frame(bytes + at).goes_on_as(Frame(bytes + next))) return false;
    at = next;
  }
  return true;
}

}  // namespace

bool begins_mpeg_audio(const std::uint8_t* bytes, std::size_t size) noexcept {
  return begins_with_frames<MpegFrame>(bytes, size);
}

bool begins_adts(const std::uint8_t* bytes, std::size_t size) noexcept {
  return begins_with_frames<AdtsFrame>(bytes, size);
}

}  // namespace hostmode
