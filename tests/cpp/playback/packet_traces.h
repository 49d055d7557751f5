// When packets of 20 ms arrive over networks of several kinds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hostmode::testing {

enum class PacketFamily {
  kWired,
  kWifi,       // short holds of the radio
  kCellular,   // long ones, and a queue that wanders
  kRoaming,    // a minute each of the three
  kCongested,  // holds in spells
  kLoss,       // wifi, and 2 % lost in bursts of three
  kReorder,    // wired, and 2 % that others overtake
  kStep,       // wired, and 40 ms more for a third of the time
  kFreeze,     // wifi, and nothing comes for 5 s in its midst
  kFreezeWired,
};
// Those that players are judged by over all of their time.
inline constexpr PacketFamily kPacketFamilies[] = {
    PacketFamily::kWired,     PacketFamily::kWifi, PacketFamily::kCellular, PacketFamily::kRoaming,
    PacketFamily::kCongested, PacketFamily::kLoss, PacketFamily::kReorder,  PacketFamily::kStep};
[[nodiscard]] const char* name(PacketFamily family) noexcept;

inline constexpr std::size_t kTracePackets = 60000;
inline constexpr double kGrid_s = 0.02;
inline constexpr double kFloor_s = 0.030;

struct PacketTrace {
  std::vector<double> x_s;  // by packet: arrival less sent less kFloor_s
  std::vector<char> lost;
};

[[nodiscard]] PacketTrace packet_trace(PacketFamily family, std::uint64_t seed);

}  // namespace hostmode::testing
