#pragma once

#include <cstdint>

#include "hostmode/message.h"
#include "wire/wire_builder.h"

namespace hostmode::testing {

struct Decoded {
  Status status;
  Message message;
  DecodeFailure failure;
};

inline Status decode_into(const Bytes& bytes, Message& message, DecodeFailure& failure,
                          const DecodeLimits& limits = {}) {
  return decode_message(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), message, failure,
                        limits);
}

inline Decoded decode(const Bytes& bytes, const DecodeLimits& limits = {}) {
  Decoded result;
  result.status = decode_into(bytes, result.message, result.failure, limits);
  return result;
}

inline bool accepts(const Bytes& bytes) {
  return decode(bytes).status == Status::kOk;
}

}  // namespace hostmode::testing
