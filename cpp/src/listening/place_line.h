// The straight line through the places where sound was found, one after the other.
#pragma once

#include <cstddef>

namespace hostmode {

// Each place says where the middle of its sound lies, and how steep the line is there; what is older counts
// less. Positions are of the sound that was sent, bases what is added to lead to the sound that came, all in
// seconds. Thread-safe: no. Realtime-safe: yes.
class PlaceLine {
 public:
  struct Place {
    double position_s = 0;
    double base_s = 0;
    double slope = 0;      // of the base
    double spread_s2 = 0;  // the variance of the positions that it was told from
  };

  void restart() noexcept { *this = PlaceLine{}; }
  void add(const Place& place) noexcept;

  [[nodiscard]] bool empty() const noexcept { return weight_ == 0; }
  [[nodiscard]] double slope() const noexcept;
  // How far from the truth that may be.
  [[nodiscard]] double slope_doubt() const noexcept;
  [[nodiscard]] double base_s(double position_s) const noexcept;
  // Of the sound that was sent, what lies there in the sound that came.
  [[nodiscard]] double position_s(double heard_s) const noexcept;

 private:
  [[nodiscard]] double spread_s2() const noexcept;

  // Sums of the weights, and means by them; of products about the means.
  double weight_ = 0;
  double position_s_ = 0, base_s_ = 0;
  double position_s2_ = 0, product_s2_ = 0;
};

}  // namespace hostmode
