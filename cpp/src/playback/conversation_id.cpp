#include "playback/conversation_id.h"

#include <cstdio>
#include <ctime>
#include <random>

namespace hostmode {
namespace {

// The nanoid project's URL-safe alphabet: 64 symbols, 6 bits each.
constexpr char kAlphabet[] = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict";
constexpr int kRandomCharacters = 12;

}  // namespace

ConversationIdGenerator::ConversationIdGenerator() {
  std::random_device random;
  state_ = (static_cast<std::uint64_t>(random()) << 32) ^ random();
}

std::string ConversationIdGenerator::next() {
  // A Weyl sequence through SplitMix64's finaliser (Steele, Lea, Flood 2014): a bijection, so no value
  // repeats.
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;

  const std::time_t wall = std::time(nullptr);
  std::tm utc{};
#if defined(_WIN32)
  gmtime_s(&utc, &wall);
#else
  gmtime_r(&wall, &utc);
#endif
  char stamp[16];
  const std::size_t length = std::strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S_", &utc);
  std::string id(stamp, length);
  // 12 characters hold 72 bits: the 64 of z, and 8 more of its mixture.
  std::uint64_t high = (z * 0xD6E8FEB86659FD93U) >> 56;
  for (int i = 0; i < kRandomCharacters; ++i) {
    id += kAlphabet[z & 63];
    z = (z >> 6) | (high << 58);
    high >>= 6;
  }
  return id;
}

}  // namespace hostmode
