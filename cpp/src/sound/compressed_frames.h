// Tells streams of compressed frames from PCM that begins alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hostmode {

// Whether the first bytes of an utterance are frames of MPEG audio (layer II or III), or AAC in ADTS. Each
// says where the next one stands, and three in a row are no chance, nor are two where no more are in hand.
// One alone counts where it is how a stream begins and what follows it sounds like nothing but noise.
[[nodiscard]] bool begins_mpeg_audio(const std::uint8_t* bytes, std::size_t size) noexcept;
[[nodiscard]] bool begins_adts(const std::uint8_t* bytes, std::size_t size) noexcept;

}  // namespace hostmode
