// Delay and late packets of hostmode's packet policy and of what it is compared with, frames of 40 ms over
// the networks of tests/cpp/playback/packet_traces.h. Usage: packets first_seed last_seed; prints JSON.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "hindsight.h"
#include "neteq_delay.h"
#include "packet_log.h"
#include "packet_policy.h"
#include "ramjee_delay.h"
#include "rtc_player.h"

namespace {

using namespace hostmode::testing;
using namespace peers;

constexpr double kLateShares[] = {0.0,   0.001, 0.002, 0.003, 0.005, 0.0075, 0.01,
                                  0.015, 0.02,  0.03,  0.04,  0.05,  0.07,   0.1};
constexpr double kLateCosts_s[] = {0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32};
constexpr double kQuantiles[] = {0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995};
constexpr double kDeviations[] = {0, 1, 2, 3, 4, 6, 8, 12, 16};
constexpr double kFixed_s[] = {0.08, 0.2, 0.5, 1.0};

using Judge = std::function<PacketScore(const PacketLog&)>;

struct Contender {
  std::string name;
  std::vector<Judge> judges;  // one, or one for each value of a knob
};

PacketScore judge_fixed(const PacketLog& log, double delay_s) {
  return score(log, std::vector<double>(log.packets.size(), delay_s));
}

template <std::size_t N>
std::vector<Judge> sweep(const double (&values)[N], PacketScore (*judge)(const PacketLog&, double)) {
  std::vector<Judge> judges;
  for (const double value : values) {
    judges.emplace_back([=](const PacketLog& log) { return judge(log, value); });
  }
  return judges;
}

PacketScore judge_neteq(const PacketLog& log, double quantile) {
  return judge_estimator(log, NetEqDelay(quantile));
}

PacketScore judge_ramjee(const PacketLog& log, double deviations) {
  return judge_estimator(log, RamjeeDelay(deviations));
}

std::vector<Judge> frontier_of(double window_s) {
  std::vector<Judge> judges;
  for (const double late : kLateShares) {
    judges.emplace_back(
        [=](const PacketLog& log) { return PacketScore{delay_at(hindsight(log, window_s), late), late}; });
  }
  return judges;
}

std::vector<Contender> contenders() {
  return {
      {"oracle", {[](const PacketLog& log) { return least_j(hindsight(log, kOracleWindow_s)); }}},
      {"best constant", {[](const PacketLog& log) { return least_j(hindsight(log, kWholeTrace_s)); }}},
      {"hostmode", {[](const PacketLog& log) { return judge_playhead(log, 2.0); }}},
      {"hostmode, as shown", {judge_player}},
      {"hostmode, face at its pace", {[](const PacketLog& log) { return judge_delay(log, 2.0); }}},
      {"NetEq-style", {[](const PacketLog& log) { return judge_neteq(log, 0.95); }}},
      {"Ramjee", {[](const PacketLog& log) { return judge_ramjee(log, 4); }}},
      {"RTC player", {[](const PacketLog& log) { return judge_rtc_player(log); }}},
      {"RTC player, between frames", {[](const PacketLog& log) { return judge_rtc_player(log, true); }}},
      {"fixed", sweep(kFixed_s, judge_fixed)},
      {"oracle swept", frontier_of(kOracleWindow_s)},
      {"constant swept", frontier_of(kWholeTrace_s)},
      {"hostmode swept", sweep(kLateCosts_s, judge_playhead)},
      {"NetEq-style swept", sweep(kQuantiles, judge_neteq)},
      {"Ramjee swept", sweep(kDeviations, judge_ramjee)},
  };
}

// Mean delay in ms, percent late.
void print(const Judge& judge, const std::vector<PacketLog>& logs) {
  double delay_s = 0, late = 0;
  for (const PacketLog& log : logs) {
    const PacketScore score = judge(log);
    delay_s += score.delay_s;
    late += score.late;
  }
  const auto count = static_cast<double>(logs.size());
  std::printf("[%.4f, %.5f]", 1000 * delay_s / count, 100 * late / count);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const auto first = static_cast<std::uint64_t>(std::atoi(arguments[1]));
  const auto last = static_cast<std::uint64_t>(std::atoi(arguments[2]));
  constexpr std::size_t kFrames = 2;  // of the grid, to 40 ms
  const char* before_family = "{";
  for (const PacketFamily family : kPacketFamilies) {
    std::vector<PacketLog> logs;
    for (std::uint64_t seed = first; seed <= last; ++seed) logs.push_back(packet_log(family, seed, kFrames));
    std::printf("%s\"%s\": ", before_family, name(family));
    before_family = ",\n";
    const char* before_contender = "{";
    for (const Contender& contender : contenders()) {
      std::printf("%s\"%s\": ", before_contender, contender.name.c_str());
      before_contender = ", ";
      const char* before_score = "[";
      for (const Judge& judge : contender.judges) {
        std::printf("%s", before_score);
        before_score = ", ";
        print(judge, logs);
      }
      std::printf("]");
    }
    std::printf("}");
  }
  std::printf("}\n");
  return 0;
}
