// When a conversation that waits for data in vain is to be ended.
#pragma once

#include "hostmode/player_config.h"
#include "playback/conversation.h"

namespace hostmode {

// The instant from which `conversation` is overdue; infinity where it waits for nothing.
[[nodiscard]] double overdue_s(const Conversation& conversation, bool paused,
                               const PlayerConfig& config) noexcept;

// Since when it waits, seen at `now_s`: infinity where it does not.
[[nodiscard]] double waiting_since_s(const Conversation& conversation, bool paused, double now_s) noexcept;

}  // namespace hostmode
