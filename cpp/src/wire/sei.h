// RTC packets in an H.264 stream (Annex B): supplemental enhancement information of payload type 101.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hostmode/byte_view.h"

namespace hostmode {

// Finds the payloads of type 101, and those of type 5 that may be packets, in `stream`, whole NAL units of
// any types, and appends them to `payloads`. Returns how many SEI units were broken: what stands before the
// break in one is kept. Thread-safe: yes. Realtime-safe: no (allocates).
std::size_t extract_sei(ByteView stream, std::vector<std::vector<std::uint8_t>>& payloads);

// Writes `stream` to `result` with a payload of type 101 before the first slice, or at the end where there is
// none. Thread-safe: yes. Realtime-safe: no (allocates).
void insert_sei(ByteView stream, ByteView payload, std::vector<std::uint8_t>& result);

}  // namespace hostmode
