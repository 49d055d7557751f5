#include "playback/arrival_model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

using namespace hostmode;

struct Arrival {
  double gap_s;
  double media_s;
};

std::vector<Arrival> uneven(int count) {
  std::vector<Arrival> arrivals;
  for (int k = 0; k < count; ++k) arrivals.push_back({k % 7 == 3 ? 0.417 : k % 11 == 5 ? 1.234 : 0.083, 0.2});
  return arrivals;
}

double bucket_begin_s(int i) {
  return i < 100 ? i / 100.0 : 1 + (i - 100) / 20.0;
}

// The same evidence as sums over everything that ever arrived.
struct Sums {
  std::vector<double> gap_rates_hz;
  double rate;

  explicit Sums(const std::vector<Arrival>& arrivals) : gap_rates_hz(280, 0.0) {
    double later_s = 0, gap_sum_s = 0, media_sum_s = 0;
    for (auto arrival = arrivals.rbegin(); arrival != arrivals.rend(); ++arrival) {
      const double weight = std::pow(0.5, later_s / 40);
      gap_sum_s += weight * arrival->gap_s;
      media_sum_s += weight * arrival->media_s;
      int i = 0;
      while (i < 279 && bucket_begin_s(i + 1) <= arrival->gap_s) ++i;
      gap_rates_hz[static_cast<std::size_t>(i)] += weight;
      later_s += arrival->gap_s;
    }
    const double prior = std::pow(0.5, later_s / 40);
    const auto beyond = [](double gap_s) { return std::min(1.0, std::exp((0.05 - gap_s) / 0.25)); };
    for (int i = 0; i < 280; ++i) {
      double& hz = gap_rates_hz[static_cast<std::size_t>(i)];
      hz += prior * 0.5 * (beyond(bucket_begin_s(i)) - beyond(bucket_begin_s(i + 1)));
      hz /= gap_sum_s + prior * 0.5;
    }
    rate = (media_sum_s + prior * 1.3) / (gap_sum_s + prior);
  }

  // Walks through the stream in small steps of time.
  [[nodiscard]] double stalls(double waiting_s, double length_s) const {
    const double speed = 0.9 * rate;
    const double streams_s = std::max(length_s - waiting_s, length_s / 2) / speed;
    constexpr int kSteps = 4000;
    double sum = 0;
    for (int i = 0; i < 280; ++i) {
      const double gap_s = (bucket_begin_s(i) + bucket_begin_s(i + 1)) / 2;
      int exposed = 0;
      for (int k = 0; k < kSteps; ++k) {
        if (waiting_s + (speed - 1) * streams_s * (k + 0.5) / kSteps < gap_s) ++exposed;
      }
      sum += gap_rates_hz[static_cast<std::size_t>(i)] * streams_s * exposed / kSteps;
    }
    return sum;
  }
};

ArrivalModel taught(const std::vector<Arrival>& arrivals) {
  ArrivalModel model;
  for (const Arrival& arrival : arrivals) model.add_chunk(arrival.gap_s, arrival.media_s);
  return model;
}

}  // namespace

TEST_CASE("a gap histogram is the sum of what was seen, each by its age") {
  for (int count : {0, 1, 40, 400, 6000}) {  // the last one long enough for the weights to be scaled down
    const std::vector<Arrival> arrivals = uneven(count);
    const Sums sums(arrivals);
    GapHistogram gaps;
    for (const Arrival& arrival : arrivals) gaps.add(arrival.gap_s);
    for (std::size_t i = 0; i < GapHistogram::kBuckets; ++i) {
      CHECK(gaps.rate_hz(i) == doctest::Approx(sums.gap_rates_hz[i]).epsilon(1e-6));
    }
  }
}

TEST_CASE("a gap longer than all buckets is counted in the last") {
  GapHistogram gaps;
  gaps.add(20.0);
  const double streamed_s = 20 + 0.5 * std::pow(0.5, 0.5);
  CHECK(gaps.rate_hz(279) == doctest::Approx(1 / streamed_s));
}

TEST_CASE("a model measures the rate with a second of 1.3 before it") {
  CHECK(ArrivalModel().rate() == doctest::Approx(1.3));
  for (int count : {1, 40, 400}) {
    CHECK(taught(uneven(count)).rate() == doctest::Approx(Sums(uneven(count)).rate));
  }
}

TEST_CASE("a model moves its length a tenth towards each utterance") {
  ArrivalModel model;
  CHECK(model.length_s() == doctest::Approx(4.0));
  model.add_length(8.0);
  CHECK(model.length_s() == doctest::Approx(4.4));
  model.add_length(2.0);
  CHECK(model.length_s() == doctest::Approx(4.16));
}

TEST_CASE("a model expects as many stalls as a walk through the stream counts") {
  std::vector<Arrival> slow = uneven(60);
  for (Arrival& arrival : slow) arrival.media_s = 0.12;
  for (const std::vector<Arrival>& arrivals : {std::vector<Arrival>{}, uneven(60), slow}) {
    ArrivalModel model = taught(arrivals);
    const Sums sums(arrivals);
    for (double length_s : {4.0, 5.0}) {
      if (length_s > 4) model.add_length(14.0);
      for (double waiting_s : {0.1, 0.4, 1.0, 3.0}) {
        CHECK(model.expected_stalls(waiting_s) ==
              doctest::Approx(sums.stalls(waiting_s, length_s)).epsilon(0.005));
      }
    }
  }
}

TEST_CASE("a model asks for the least that brings the probability of a stall to the risk") {
  const Sums sums(uneven(60));
  const ArrivalModel model = taught(uneven(60));
  for (double risk : {0.02, 0.06, 0.3}) {
    const double required_s = model.required_s(risk, 10);
    CHECK(1 - std::exp(-sums.stalls(required_s + 0.005, 4)) <= risk);
    CHECK(1 - std::exp(-sums.stalls(required_s - 0.01, 4)) > risk);
  }
}
