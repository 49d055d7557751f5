// Stands between an application and its listener's ears.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sound/foreign_samples.h"
#include "sound/pcm_check.h"
#include "sound/pcm_texture.h"

namespace hostmode {

// Looks at the bytes of one utterance as they come, in chunks of any size. Not thread-safe.
class PcmGuard {
 public:
  // `refused` is what was refused just before, if anything was: the rest of what is compressed has no mark at
  // its beginning.
  explicit PcmGuard(NotPcm refused = {}) : refused_(refused) {}

  // What speaks against taking the next chunk, which then counts as not given. After a refusal nothing is
  // taken that does not sound like speech or music.
  [[nodiscard]] NotPcm look(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return {};
    const bool convincing = size >= kConvincing && texture_of(bytes, size / 2).is_calm();
    if (refused_.what != nullptr && !convincing) return refused_;
    const std::size_t known = head_.size();
    NotPcm found;
    if (known < kPcmHead) {
      head_.insert(head_.end(), bytes, bytes + std::min(size, kPcmHead - known));
      found = check_pcm_head(head_.data(), head_.size());
    }
    if (found.what == nullptr) found = check_pcm_tail(bytes, size);
    if (found.what == nullptr) found = samples_.look(bytes, size);
    if (found.what != nullptr) head_.resize(known);
    refused_ = found;
    return found;
  }

 private:
  static constexpr std::size_t kConvincing = 128;

  std::vector<std::uint8_t> head_;
  ForeignSamples samples_;
  NotPcm refused_;
};

}  // namespace hostmode
