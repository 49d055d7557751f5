// Past utterances played again in thought: with how much in hand would they have gone through?
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace hostmode {

class StartReplay {
 public:
  struct Chunk {
    double arrival_s;
    double media_s;  // of this chunk and all before it
  };

  StartReplay() noexcept;

  // Notes a chunk of the utterance that goes on; of an endless one only the beginning.
  void add_chunk(double arrival_s, double media_s);
  // The utterance is over: learns from it and forgets it.
  void learn();

  // The least that must wait for at most `share` (0 to 1) of the past starts to have run dry.
  [[nodiscard]] double required_s(double share) const noexcept;

 private:
  static constexpr std::size_t kGrid = 121;  // 20 ms apart up to 1 s, then 50 ms up to 4.5 s

  [[nodiscard]] static double waiting_s(std::size_t i) noexcept;
  void play_from(std::size_t first, double latest_s, double weight) noexcept;

  std::array<double, kGrid> dry_{};  // starts that ran dry, of utterances_
  double utterances_ = 1.0;
  std::vector<Chunk> chunks_;
  std::vector<double> least_starts_s_;
};

}  // namespace hostmode
