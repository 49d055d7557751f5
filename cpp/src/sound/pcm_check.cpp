#include "sound/pcm_check.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "sound/compressed_frames.h"
#include "sound/pcm_texture.h"

namespace hostmode {
namespace {

constexpr const char* kDecode = "decode it to mono 16-bit PCM first, or ask the service for raw PCM";
constexpr const char* kReadWav =
    "give the samples alone, as wave.open(...).readframes(...) returns them, or ask the service for raw PCM";
constexpr const char* kErrorPage =
    "this is an answer in text: look at the status of the response before playing it";
constexpr const char* kBase64 = "decode it with base64.b64decode first";

// Bytes with a little grammar: where they are, and what they are as text.
class Head {
 public:
  Head(const std::uint8_t* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint8_t operator[](std::size_t at) const noexcept { return bytes_[at]; }
  [[nodiscard]] bool has(std::size_t at, std::string_view mark) const noexcept {
    return at + mark.size() <= size_ && std::memcmp(bytes_ + at, mark.data(), mark.size()) == 0;
  }
  [[nodiscard]] bool contains(std::string_view mark, std::size_t within) const noexcept {
    return text().substr(0, within).find(mark) != std::string_view::npos;
  }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes_), size_};
  }
  // What follows a mark of so many bytes sounds compressed.
  [[nodiscard]] bool noisy_after(std::size_t mark) const noexcept {
    return size_ > mark && sounds_compressed(bytes_ + mark, size_ - mark);
  }

 private:
  const std::uint8_t* bytes_;
  std::size_t size_;
};

// ---- containers

bool is_wav(const Head& head) noexcept {
  return (head.has(0, "RIFF") || head.has(0, "RF64") || head.has(0, "RIFX")) && head.has(8, "WAVE");
}

bool is_flac(const Head& head) noexcept {
  using namespace std::string_view_literals;
  return head.has(0, "fLaC") && (head.has(4, "\0\0\0\x22"sv) || head.has(4, "\x80\0\0\x22"sv));
}

bool is_ogg(const Head& head) noexcept {
  using namespace std::string_view_literals;
  return head.has(0, "OggS\0"sv) && head.size() > 13 && head[5] < 8 && head.has(6, "\0\0\0\0\0\0\0\0"sv);
}

bool is_matroska(const Head& head) noexcept {
  if (!head.has(0, "\x1A\x45\xDF\xA3")) return false;
  return head.contains("webm", 64) || head.contains("matroska", 64) || head.noisy_after(8);
}

bool is_mp4(const Head& head) noexcept {
  return head.has(4, "ftyp") && head[0] == 0 && head[1] == 0 && head[2] == 0;
}

// A tag of ID3, version 2.2 to 2.4, with its size in four times seven bits.
bool is_id3(const Head& head) noexcept {
  if (!head.has(0, "ID3") || head.size() < 10) return false;
  const bool sizes = head[6] < 128 && head[7] < 128 && head[8] < 128 && head[9] < 128;
  return head[3] >= 2 && head[3] <= 4 && head[4] < 16 && (head[5] & 0x0F) == 0 && sizes;
}

// ---- text

bool is_text(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\r' || c == '\t'; });
}

// Printable but for letters beyond ASCII, which come in pairs and more.
bool is_written(std::string_view text) noexcept {
  std::size_t continuing = 0;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (continuing > 0) {
      if ((byte & 0xC0) != 0x80) return false;
      --continuing;
    } else if (byte >= 0xC2 && byte < 0xF5) {
      continuing = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    } else if (!is_text({&c, 1})) {
      return false;
    }
  }
  return true;
}

// Of every second byte: as samples, the upper ones, which change little in a short stretch of slow sound.
std::size_t different_bytes(std::string_view text) noexcept {
  std::array<bool, 256> seen{};
  for (std::size_t i = 1; i < text.size(); i += 2) seen[static_cast<std::uint8_t>(text[i])] = true;
  return static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
}

bool is_base64(std::string_view text) noexcept {
  const bool alphabet = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::strchr("+/-_=\r\n", c) != nullptr;
  });
  if (!alphabet) return false;
  // Silence, in base64, is a row of A.
  const auto as = static_cast<std::size_t>(std::count(text.begin(), text.end(), 'A'));
  return different_bytes(text) >= 6 || (text.size() >= 64 && as * 2 > text.size());
}

NotPcm check_text(std::string_view text) noexcept {
  constexpr std::size_t kShortest = 8;
  constexpr std::size_t kEnough = 512;
  constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
  if (text.substr(0, 3) == kUtf8Mark) text.remove_prefix(3);
  text = text.substr(0, kEnough);
  if (text.size() < kShortest) return {};
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || !is_written(text)) return {};
  const std::size_t different = different_bytes(text);
  if (different < 3 && !is_base64(text)) return {};  // a slow rise
  const std::string_view rest = text.substr(begin + 1);
  const std::size_t next = rest.find_first_not_of(" \t\r\n");
  const char first = text[begin];
  const char second = next == std::string_view::npos ? '\0' : rest[next];
  if ((first == '{' && (second == '"' || second == '}')) ||
      (first == '[' && second != '\0' && std::strchr("{[]\"-0123456789tfn", second) != nullptr)) {
    return {"JSON", kErrorPage};
  }
  const bool opens_tag =
      (second >= 'a' && second <= 'z') || (second >= 'A' && second <= 'Z') || second == '!' || second == '?';
  if (first == '<' && opens_tag && rest.find('>') != std::string_view::npos)
    return {"HTML or XML", kErrorPage};
  constexpr std::size_t kUnmistakable = 32;
  if (text.size() < kUnmistakable) return {};
  if (is_base64(text)) return {"base64 text", kBase64};
  if (is_text(text) && different >= 6) return {"text", kErrorPage};
  return {};
}

}  // namespace

NotPcm check_pcm_head(const std::uint8_t* bytes, std::size_t size) noexcept {
  const Head head(bytes, std::min(size, kPcmHead));
  if (is_wav(head)) return {"a WAV file", kReadWav};
  if (is_flac(head)) return {"FLAC", kDecode};
  if (is_ogg(head)) return {"Ogg", kDecode};
  if (is_matroska(head)) return {"WebM or Matroska", kDecode};
  if (is_mp4(head)) return {"MP4", kDecode};
  if (is_id3(head) || begins_mpeg_audio(bytes, head.size())) return {"MP3", kDecode};
  if (begins_adts(bytes, head.size())) return {"AAC", kDecode};
  if (const NotPcm text = check_text(head.text()); text.what != nullptr) return text;
  return {};
}

NotPcm check_pcm_tail(const std::uint8_t* bytes, std::size_t size) noexcept {
  if (is_wav(Head(bytes, size))) return {"a WAV file", kReadWav};
  // Nobody writes more than that about a recording.
  constexpr std::size_t kLongest = 65536;
  const std::size_t skipped = size > kLongest ? size - kLongest : 0;
  const Head tail(bytes + skipped, size - skipped);
  const std::string_view text = tail.text();
  for (std::size_t at = text.find("LIST"); at != std::string_view::npos; at = text.find("LIST", at + 1)) {
    if (tail.has(at + 8, "INFO") || tail.has(at + 8, "adtl")) {
      return {"the LIST chunk of a WAV file, after its sound", kReadWav};
    }
  }
  for (std::size_t at = text.find("id3 "); at != std::string_view::npos; at = text.find("id3 ", at + 1)) {
    if (tail.has(at + 8, "ID3")) return {"the id3 chunk of a WAV file, after its sound", kReadWav};
  }
  return {};
}

}  // namespace hostmode
