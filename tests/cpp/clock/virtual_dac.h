// A simulated audio device for tests: it asks for blocks as a sound card does, lies about its times as hosts
// do, and knows when each frame is truly heard.
//
//   VirtualDac dac(config);
//   for (...) {
//     const AudioObservation callback = dac.next_callback();
//     ... render callback.frame_count frames, hand `callback` to the code under test ...
//     ... compare what it says for some t before dac.now_s() with dac.heard_frame_at(t) ...
//   }
//
// How it works. The device plays frame after frame at the true rate out of a buffer of `buffer_blocks`
// blocks. At the start the buffer is filled by a burst of callbacks; from then on, whenever it has played a
// period of `period_blocks` blocks, as many callbacks are due. A callback runs late by a random amount
// (`wake`), one callback at a time. Where a frame is due before its callback ran, the device plays silence
// until then: an underrun. Every random number comes from `seed`: two devices of one configuration behave
// alike, on every platform.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <vector>

#include "clock/audio_clock.h"

namespace hostmode_test {

// One-sided: floor + a log-normal everyday part + now and then an exponential stall.
struct Lateness {
  double floor_s = 0;
  double median_s = 0;
  double sigma = 0;  // of the logarithm
  double stall_probability = 0;
  double stall_mean_s = 0;
};

// Times of trouble that come and go: each lasts from `least_s` to `most_s`, and so do the pauses between
// them.
struct Spells {
  double first_s = 0;  // after the first callback
  double least_s = 0;
  double most_s = 0;  // 0: none
};

// What the host says about the time at which a block is heard.
enum class HostReport {
  kMeasured,  // dac - current is the device's fill level, measured when current was stamped (ALSA)
  kAssumed,   // dac - current is a constant: a late callback makes the time late (WASAPI, most others)
};

enum class Lie {
  kNone,
  kZero,            // dac and current are 0
  kFrozen,          // dac stays what it was at the first callback that lied
  kWrongEpoch,      // dac counts from somewhere else than current
  kMissingLatency,  // dac equals current
  kRepeated,        // blocks of one period repeat its first block's dac and current
};

struct VirtualDacConfig {
  double rate_hz = 48000;
  double rate_error_ppm = 0;  // positive: the device is fast
  std::int64_t block_frames = 256;
  int buffer_blocks = 19;
  int period_blocks = 1;
  double hardware_latency_s = 0.003;  // from leaving the buffer to the ear, known to the host
  double start_s = 1000;              // the caller's clock at the first callback
  double start_delay_s = 0;           // the device begins this much after its buffer is full
  Lateness wake;                      // from due to the host's stamp
  Lateness dispatch;                  // from the host's stamp to the callback's entry
  double execution_s = 5e-6;          // the shortest time between two callbacks
  HostReport report = HostReport::kMeasured;
  double host_epoch_s = 0;         // the host's clock minus the caller's
  double quantum_s = 0;            // the host's times are cut to multiples of this
  double measurement_noise_s = 0;  // standard deviation, on both sides, of a measured dac
  Spells wrong_host;  // a measured dac is off by up to `wrong_host_s`, early or late, all the while
  double wrong_host_s = 0;
  Spells busy;  // callbacks run late as `busy_wake` says
  Lateness busy_wake;
  std::uint64_t seed = 1;
};

class VirtualDac {
 public:
  explicit VirtualDac(const VirtualDacConfig& config);

  // Advances to the next callback and says what it would see. `entry_s` is exact, the other two are the
  // host's.
  [[nodiscard]] hostmode::AudioObservation next_callback();

  // Lies from the next callback on.
  void set_lie(Lie lie) { lie_ = lie; }

  // The device's rate changes, or the caller's clock is slewed, which looks the same.
  void set_rate_error_ppm(double rate_error_ppm);

  // What the host says of measured times is off by so much from now on: positive, later than the truth.
  void set_host_error_s(double error_s) { host_error_s_ = error_s; }

  // How late callbacks run from now on.
  void set_wake(const Lateness& wake) { config_.wake = wake; }

  // The sound moves to another device: what leaves the buffer is heard `later_s` later than so far, and the
  // buffer holds `more_blocks` more.
  void move_sink(double later_s, int more_blocks);

  // The device stands still for `duration_s` from now on, keeps what it has buffered, and goes on.
  void freeze_device(double duration_s);

  // No callback runs for `duration_s` from now on. The device goes on until its buffer is empty.
  void stall_host(double duration_s);

  // The entry of the last callback. The truth is settled up to here.
  [[nodiscard]] double now_s() const { return now_s_; }

  // The truth: the frame that begins to be heard at `t_s`, fractional. Valid from some seconds ago to
  // `now_s()`.
  [[nodiscard]] double heard_frame_at(double t_s) const;
  // The truth: when a frame is heard, if nothing is disturbed from now on. Valid from some seconds ago.
  [[nodiscard]] double heard_time_of(double frame) const;

  // From a punctual callback's entry to its block being heard, for the last block of a period: what a host
  // that assumes its latency reports. At the true rate, so that such a host's latency is right: one that
  // counts frames at the nominal rate is wrong by the latency times the rate error (100 ms and 500 ppm: 50
  // us), which no clock can tell from a different latency.
  [[nodiscard]] double nominal_latency_s() const;

  [[nodiscard]] std::int64_t rendered_frames() const { return rendered_frames_; }
  [[nodiscard]] int underruns() const { return underruns_; }

 private:
  // The device plays `frame` at `t_s` and goes on from there until the next point.
  struct Point {
    double t_s;
    double frame;
    double rate_hz;
  };

  // Where spells are: the current one ends, or the next one begins, at `turns_s`.
  struct SpellState {
    bool on = false;
    double turns_s = 0;
    double strength = 0;  // -1 to 1, drawn for each spell
  };

  void follow(const Spells& spells, SpellState& state);
  [[nodiscard]] double draw(const Lateness& lateness);
  [[nodiscard]] double uniform();
  [[nodiscard]] double normal();
  [[nodiscard]] double true_rate_hz() const { return config_.rate_hz * (1 + config_.rate_error_ppm * 1e-6); }
  [[nodiscard]] double played_at(double frame) const;
  void go_on_at(double t_s);
  [[nodiscard]] double due_s();
  void report_times(hostmode::AudioObservation& callback, double stamp_s);

  VirtualDacConfig config_;
  std::mt19937_64 random_;
  std::deque<Point> played_;
  std::int64_t rendered_frames_ = 0;
  std::int64_t blocks_ = 0;
  double now_s_;
  double stalled_until_s_;
  int underruns_ = 0;
  double host_error_s_ = 0;
  SpellState wrong_host_;
  SpellState busy_;
  Lie lie_ = Lie::kNone;
  double lie_dac_s_ = 0;
  bool lying_ = false;
  hostmode::AudioObservation previous_;
};

}  // namespace hostmode_test
