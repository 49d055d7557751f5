// Tells PCM from what is sent in its place by mistake.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hostmode {

struct NotPcm {
  const char* what = nullptr;  // "a WAV file": a string literal; null where nothing speaks against PCM
  const char* advice = "";     // what to do instead
};

// Looks at the first bytes of an utterance, the more the better: containers compressed sound and text.
// A container counts where its header is whole, or where the bytes after its mark sound like nothing but
// noise: speech may begin with any mark.
[[nodiscard]] NotPcm check_pcm_head(const std::uint8_t* bytes, std::size_t size) noexcept;

// Looks for what may follow the sound in a WAV file, another WAV file among it.
[[nodiscard]] NotPcm check_pcm_tail(const std::uint8_t* bytes, std::size_t size) noexcept;

// How many bytes of an utterance a check of its head is made of at most.
inline constexpr std::size_t kPcmHead = 4096;

}  // namespace hostmode
