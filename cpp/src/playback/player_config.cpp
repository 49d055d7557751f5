#include "hostmode/player_config.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "playback/settings.h"

namespace hostmode {
namespace {

template <typename T>
std::string fault_of(const Setting<T>& /*any value will do*/, const PlayerConfig& /*config*/) {
  return {};
}

std::string fault_of(const NumberSetting& setting, const PlayerConfig& config) {
  const double value = config.*setting.member;
  const double least = setting.not_below == nullptr ? setting.least : config.*setting.not_below;
  if (std::isfinite(value) && value >= least && value <= setting.most) return {};
  std::ostringstream text;
  text << setting.name << ": given " << value << ", wanted " << least;
  if (setting.not_below != nullptr) text << " (" << setting.not_below_name << ")";
  text << " to " << setting.most << setting.unit;
  return text.str();
}

}  // namespace

std::string validate(const PlayerConfig& config) {
  std::string first;
  const auto look = [&](const auto& setting) {
    if (first.empty()) first = fault_of(setting, config);
  };
  std::apply([&](const auto&... settings) { (look(settings), ...); }, kSettings);
  return first;
}

PlayerConfig checked(PlayerConfig config) {
  const std::string fault = validate(config);
  if (!fault.empty()) throw std::invalid_argument(fault);
  return config;
}

int checked_rate(const char* name, int rate_hz) {
  if (is_player_rate(rate_hz)) return rate_hz;
  throw std::invalid_argument(
      std::string(name) + " is " + std::to_string(rate_hz) +
      "; allowed are 8000, 16000, 22050, 24000, 32000, 44100 and 48000 for conversations, and 88200, 96000, "
      "176400 and 192000 besides for a player that feeds a device: resample to one of them");
}

bool is_player_rate(int sample_rate_hz) noexcept {
  const auto has = [sample_rate_hz](const auto& rates) {
    return std::find(std::begin(rates), std::end(rates), sample_rate_hz) != std::end(rates);
  };
  return has(kPcmRates_hz) || has(kDeviceRates_hz);
}

}  // namespace hostmode
