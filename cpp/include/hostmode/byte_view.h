// Bytes of somebody else.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hostmode {

struct ByteView {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
};

}  // namespace hostmode
