// Which values' curves stay within the hull of their keyframes.
#pragma once

#include <cstddef>

#include "hostmode/keyframe.h"

namespace hostmode {

// A jaw that opens the wrong way, or lids that close farther than shut, would be seen (limited_tangent).
[[nodiscard]] constexpr bool keeps_hull(std::size_t channel) noexcept {
  return (channel >= kJawPoseOffset && channel < kJawPoseOffset + 3) ||
         (channel >= kEyeLidOffset && channel < kEyeLidOffset + 2);
}

}  // namespace hostmode
