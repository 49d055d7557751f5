// Which values' curves stay within the hull of their keyframes.
#pragma once

#include <cstddef>

#include "hostmode/keyframe.h"

namespace hostmode {

// A jaw that opens the wrong way, or lids that close farther than shut, would be seen (limited_tangent).
inline constexpr std::size_t kHullChannels[] = {kJawPoseOffset, kJawPoseOffset + 1, kJawPoseOffset + 2,
                                                kEyeLidOffset, kEyeLidOffset + 1};

[[nodiscard]] constexpr bool keeps_hull(std::size_t channel) noexcept {
  for (const std::size_t one : kHullChannels) {
    if (one == channel) return true;
  }
  return false;
}

}  // namespace hostmode
