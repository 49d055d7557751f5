#include "playback/packet_traces.h"

#include <algorithm>
#include <cmath>

#include "counted_random.h"

namespace hostmode::testing {
namespace {

using Delays = std::vector<double>;

constexpr double kDuration_s = kGrid_s * static_cast<double>(kTracePackets);

double sent_s(std::size_t i) noexcept {
  return kGrid_s * static_cast<double>(i);
}

Delays jitter(const CountedRandom& random, double theta_s) {
  Delays x(kTracePackets);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = theta_s * random.jitter(i + 1);
  return x;
}

void add_queue(const CountedRandom& random, double scale_s, double spread, double tau_s, Delays& x) {
  const double a = std::exp(-kGrid_s / tau_s);
  double o = random.normal(3, 1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (i > 0) o = a * o + std::sqrt(1 - a * a) * random.normal(3, i + 1);
    x[i] += scale_s * std::exp(spread * o);
  }
}

struct Hold {
  double start_s, end_s;
};

std::vector<Hold> holds(const CountedRandom& random, double rate_hz, double least_s, double spread_s,
                        double most_s) {
  std::vector<Hold> all;
  double start_s = 0;
  for (std::uint64_t k = 1;; ++k) {
    start_s += random.exponential(5, k) / rate_hz;
    if (start_s >= kDuration_s) return all;
    all.push_back({start_s, start_s + std::min(least_s + spread_s * random.exponential(6, k), most_s)});
  }
}

void hold(const Hold& hold, Delays& x) {
  auto i = static_cast<std::size_t>(std::max(0.0, std::floor(hold.start_s / kGrid_s) - 1));
  int held = 0;
  for (; i < x.size() && sent_s(i) < hold.end_s; ++i) {
    if (sent_s(i) < hold.start_s) continue;
    x[i] = std::max(x[i], hold.end_s - sent_s(i) + 0.0005 * held++);
  }
}

void put_in_order(Delays& x) {
  for (std::size_t i = 1; i < x.size(); ++i) x[i] = std::max(x[i], x[i - 1] - kGrid_s);
}

Delays wired(const CountedRandom& random) {
  return jitter(random, 0.0017);
}

Delays wifi(const CountedRandom& random) {
  Delays x = jitter(random, 0.004);
  for (const Hold& one : holds(random, 0.45, 0.010, 0.060, 0.4)) hold(one, x);
  return x;
}

Delays cellular(const CountedRandom& random) {
  Delays x = jitter(random, 0.004);
  add_queue(random, 0.032, 0.3, 8, x);
  for (const Hold& one : holds(random, 0.35, 0.040, 0.085, 0.4)) hold(one, x);
  return x;
}

Delays roaming(const CountedRandom& random) {
  const Delays kinds[] = {wired(random), wifi(random), cellular(random)};
  constexpr std::size_t kTurn[] = {0, 1, 2, 1, 0, 2};
  constexpr std::size_t kBlock = 3000;
  Delays x(kTracePackets);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = kinds[kTurn[i / kBlock % 6]][i];
  return x;
}

Delays congested(const CountedRandom& random) {
  Delays x = jitter(random, 0.004);
  std::uint64_t spell = 0, k = 0;
  double spell_end_s = 0;
  bool bad = true;  // the first that begins is good
  for (const Hold& one : holds(random, 1.6, 0.010, 0.060, 0.4)) {
    while (one.start_s >= spell_end_s) {
      ++spell;
      bad = !bad;
      spell_end_s += (bad ? 10 : 30) * random.exponential(9, spell);
    }
    ++k;
    if (bad || random.uniform(10, k) < 1.0 / 8) hold(one, x);
  }
  return x;
}

void lose(const CountedRandom& random, std::vector<char>& lost) {
  bool bad = false;
  for (std::size_t i = 0; i < lost.size(); ++i) {
    const double w = random.uniform(7, i + 1);
    bad = bad ? w >= 1.0 / 3 : w < 1.0 / 3 * (0.02 / 0.98);
    lost[i] = bad ? 1 : 0;
  }
}

void reorder(const CountedRandom& random, Delays& x) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (random.uniform(7, i + 1) < 0.02) x[i] += 0.010 + 0.070 * random.uniform(8, i + 1);
  }
}

}  // namespace

const char* name(PacketFamily family) noexcept {
  constexpr const char* kNames[] = {"wired", "wifi",    "cellular", "roaming", "congested",
                                    "loss",  "reorder", "step",     "freeze",  "freeze, wired"};
  return kNames[static_cast<std::size_t>(family)];
}

PacketTrace packet_trace(PacketFamily family, std::uint64_t seed) {
  const CountedRandom random(seed);
  PacketTrace trace;
  trace.lost.assign(kTracePackets, 0);
  Delays& x = trace.x_s;
  switch (family) {
    case PacketFamily::kWired:
      x = wired(random);
      break;
    case PacketFamily::kWifi:
    case PacketFamily::kLoss:
      x = wifi(random);
      break;
    case PacketFamily::kCellular:
      x = cellular(random);
      break;
    case PacketFamily::kRoaming:
      x = roaming(random);
      break;
    case PacketFamily::kCongested:
      x = congested(random);
      break;
    case PacketFamily::kReorder:
      x = wired(random);
      reorder(random, x);
      return trace;
    case PacketFamily::kStep:
      x = wired(random);
      put_in_order(x);
      for (std::size_t i = 20000; i < 40000; ++i) x[i] += 0.040;
      return trace;
    case PacketFamily::kFreeze:
    case PacketFamily::kFreezeWired:
      x = family == PacketFamily::kFreeze ? wifi(random) : wired(random);
      hold({600, 605}, x);
      break;
  }
  put_in_order(x);
  if (family == PacketFamily::kLoss) lose(random, trace.lost);
  return trace;
}

}  // namespace hostmode::testing
