// What Python calls of a Player: arguments checked, the GIL released where the core may wait.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>

#include "arguments.h"
#include "buffer_view.h"
#include "hostmode/player.h"

namespace hostmode::bindings {

// Throws ValueError where it is not finite.
double checked_time(double time_s, const char* name);

// ---- what it is fed with: player_feed.cpp

std::optional<std::string> push_audio(Player& self, const BufferArgument& pcm, bool end, Seconds now,
                                      const ConversationId& conversation);
bool push_motion(Player& self, const pybind11::object& messages, const ConversationId& conversation,
                 Seconds now);
void set_sample_rate(Player& self, int sample_rate, Seconds now);
void set_volume(Player& self, Loudness volume);

// ---- what it gives: player_view.cpp

void render_audio(Player& self, const pybind11::object& out, Seconds dac_time,
                  std::optional<double> entry_time, std::optional<double> current_time);
pybind11::object sample(Player& self, Seconds now, const pybind11::object& out);
void sample_into(Player& self, const pybind11::object& times, const pybind11::object& out);
void sample_many(const pybind11::sequence& players, Seconds now, const pybind11::object& out);
std::optional<std::string> conversation_id(const Player& self);
// Of the records that `sample` returns.
void set_keyframe_dtype(pybind11::dtype dtype);

}  // namespace hostmode::bindings
