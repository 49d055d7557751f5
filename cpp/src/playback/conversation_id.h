// Local conversation ids: YYYYMMDDHHMMSS (UTC) + '_' + 12 characters of the nanoid alphabet.
#pragma once

#include <cstdint>
#include <string>

namespace hostmode {

// Ids from one generator never repeat. The wall clock and the operating system's random source are read here,
// so that the rest of the core reads neither.
class ConversationIdGenerator {
 public:
  ConversationIdGenerator();
  [[nodiscard]] std::string next();

 private:
  std::uint64_t state_;
};

}  // namespace hostmode
