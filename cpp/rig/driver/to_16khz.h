// Sound of any rate at 16 kHz, good enough to be measured: a windowed sinc, its phases tabulated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hostmode {

// Serialised by the caller.
class To16kHz {
 public:
  explicit To16kHz(double rate_hz);

  // Appends what `samples` complete to `out`; after `finish` nothing more may come.
  void push(const std::int16_t* samples, std::size_t count, std::vector<float>& out);
  void finish(std::vector<float>& out);

 private:
  void convert(std::vector<float>& out);

  const double step_;         // input samples an output sample
  const std::size_t radius_;  // input samples on either side that an output sample is made of
  std::vector<float> kernel_;
  std::vector<float> input_;  // from input_start_ on
  std::int64_t input_start_;
  std::int64_t next_output_ = 0;
  std::size_t samples_in_ = 0;
};

}  // namespace hostmode
