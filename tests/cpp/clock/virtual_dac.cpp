#include "clock/virtual_dac.h"

#include <algorithm>
#include <cmath>

namespace hostmode_test {
namespace {

constexpr double kHistory_s = 10;
constexpr double kWrongEpoch_s = 86400;

}  // namespace

VirtualDac::VirtualDac(const VirtualDacConfig& config)
    : config_(config),
      random_(config.seed),
      now_s_(config.start_s - config.execution_s),
      stalled_until_s_(config.start_s) {}

double VirtualDac::uniform() {
  // Not std::uniform_real_distribution: its values differ between standard libraries.
  return (static_cast<double>(random_() >> 11) + 0.5) / 9007199254740992.0;
}

double VirtualDac::normal() {
  return std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform());
}

double VirtualDac::draw(const Lateness& lateness) {
  double late_s = lateness.floor_s;
  if (lateness.median_s > 0) late_s += lateness.median_s * std::exp(lateness.sigma * normal());
  if (lateness.stall_probability > 0 && uniform() < lateness.stall_probability) {
    late_s -= lateness.stall_mean_s * std::log(uniform());
  }
  return late_s;
}

void VirtualDac::follow(const Spells& spells, SpellState& state) {
  if (spells.most_s <= 0) return;
  if (state.turns_s == 0) state.turns_s = config_.start_s + spells.first_s;
  while (now_s_ >= state.turns_s) {
    state.on = !state.on;
    state.turns_s += spells.least_s + (spells.most_s - spells.least_s) * uniform();
    if (state.on) state.strength = 2 * uniform() - 1;
  }
}

double VirtualDac::played_at(double frame) const {
  // The last point that does not lie after the frame: where the device stood, the frame is heard afterwards.
  auto point = played_.rbegin();
  while (point + 1 != played_.rend() && point->frame > frame) ++point;
  return point->t_s + (frame - point->frame) / point->rate_hz;
}

double VirtualDac::heard_time_of(double frame) const {
  return played_at(frame) + config_.hardware_latency_s;
}

double VirtualDac::heard_frame_at(double t_s) const {
  const double leaves_s = t_s - config_.hardware_latency_s;
  auto point = played_.rbegin();
  while (point + 1 != played_.rend() && point->t_s > leaves_s) ++point;
  if (point == played_.rend() || leaves_s < point->t_s) return point == played_.rend() ? 0 : point->frame;
  double frame = point->frame + (leaves_s - point->t_s) * point->rate_hz;
  if (point != played_.rbegin()) frame = std::min(frame, (point - 1)->frame);
  return std::min(frame, static_cast<double>(rendered_frames_));
}

double VirtualDac::nominal_latency_s() const {
  return static_cast<double>((config_.buffer_blocks - 1) * config_.block_frames) / true_rate_hz() +
         config_.hardware_latency_s;
}

double VirtualDac::due_s() {
  if (blocks_ < config_.buffer_blocks) return config_.start_s;
  const std::int64_t period = config_.period_blocks;
  const std::int64_t first_of_period = blocks_ - (blocks_ - config_.buffer_blocks) % period;
  const std::int64_t played_blocks = first_of_period - config_.buffer_blocks + period;
  return played_at(static_cast<double>(played_blocks * config_.block_frames));
}

// From `t_s` on, the device plays what it plays now, at the rate it is to have by now.
void VirtualDac::go_on_at(double t_s) {
  Point& last = played_.back();
  const double frame = last.frame + (now_s_ - last.t_s) * last.rate_hz;
  if (frame > last.frame) {
    played_.push_back({t_s, frame, true_rate_hz()});
  } else {
    last = {last.t_s + (t_s - now_s_), last.frame, true_rate_hz()};
  }
}

void VirtualDac::set_rate_error_ppm(double rate_error_ppm) {
  config_.rate_error_ppm = rate_error_ppm;
  go_on_at(now_s_);
}

void VirtualDac::freeze_device(double duration_s) {
  go_on_at(now_s_ + duration_s);
}

void VirtualDac::move_sink(double later_s, int more_blocks) {
  config_.hardware_latency_s += later_s;
  config_.buffer_blocks += more_blocks;
}

void VirtualDac::stall_host(double duration_s) {
  stalled_until_s_ = now_s_ + duration_s;
}

hostmode::AudioObservation VirtualDac::next_callback() {
  const bool priming = blocks_ < config_.buffer_blocks;
  const bool again_in_period = !priming && (blocks_ - config_.buffer_blocks) % config_.period_blocks != 0;
  double stamp_s = now_s_ + config_.execution_s;
  follow(config_.wrong_host, wrong_host_);
  follow(config_.busy, busy_);
  if (!priming && !again_in_period)
    stamp_s = std::max(stamp_s, due_s() + draw(busy_.on ? config_.busy_wake : config_.wake));
  stamp_s = std::max(stamp_s, stalled_until_s_);
  now_s_ = stamp_s + draw(config_.dispatch);

  hostmode::AudioObservation callback;
  callback.first_frame = rendered_frames_;
  callback.frame_count = config_.block_frames;
  callback.entry_s = now_s_;
  const double first = static_cast<double>(rendered_frames_);
  if (priming) {
    // Not yet playing: the buffer will be full, and the device begin, after the rest of the burst.
    const double rest_s = (config_.buffer_blocks - 1 - static_cast<double>(blocks_)) * config_.execution_s;
    const double begin_s = now_s_ + rest_s + config_.start_delay_s;
    if (played_.empty()) {
      played_.push_back({begin_s, 0, true_rate_hz()});
    } else {
      played_.back().t_s = std::max(begin_s, played_.back().t_s);
    }
  } else if (played_at(first) < now_s_) {
    ++underruns_;
    played_.push_back({now_s_, first, true_rate_hz()});
  }
  rendered_frames_ += config_.block_frames;
  report_times(callback, stamp_s);
  ++blocks_;
  while (played_.size() > 1 && played_[1].t_s < now_s_ - kHistory_s) played_.pop_front();
  return callback;
}

void VirtualDac::report_times(hostmode::AudioObservation& callback, double stamp_s) {
  const auto cut = [this](double t_s) {
    return config_.quantum_s > 0 ? std::floor(t_s / config_.quantum_s) * config_.quantum_s : t_s;
  };
  double dac_s = stamp_s + nominal_latency_s();
  if (config_.report == HostReport::kMeasured) {
    dac_s = heard_time_of(static_cast<double>(callback.first_frame)) +
            config_.measurement_noise_s * normal() + host_error_s_ +
            (wrong_host_.on ? config_.wrong_host_s * wrong_host_.strength : 0);
  }
  callback.host_current_s = cut(stamp_s + config_.host_epoch_s);
  callback.dac_s = cut(dac_s + config_.host_epoch_s);

  const bool again_in_period =
      blocks_ >= config_.buffer_blocks && (blocks_ - config_.buffer_blocks) % config_.period_blocks != 0;
  switch (lie_) {
    case Lie::kNone:
      break;
    case Lie::kZero:
      callback.dac_s = callback.host_current_s = 0;
      break;
    case Lie::kFrozen:
      if (!lying_) lie_dac_s_ = callback.dac_s;
      callback.dac_s = lie_dac_s_;
      break;
    case Lie::kWrongEpoch:
      callback.dac_s += kWrongEpoch_s;
      break;
    case Lie::kMissingLatency:
      callback.dac_s = callback.host_current_s;
      break;
    case Lie::kRepeated:
      if (again_in_period) {
        callback.dac_s = previous_.dac_s;
        callback.host_current_s = previous_.host_current_s;
      }
      break;
  }
  lying_ = lie_ != Lie::kNone;
  previous_ = callback;
}

}  // namespace hostmode_test
