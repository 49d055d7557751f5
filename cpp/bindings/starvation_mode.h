// FrameStarvationMode is a str in Python.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "hostmode/player_config.h"

namespace pybind11::detail {

template <>
struct type_caster<hostmode::FrameStarvationMode> {
  PYBIND11_TYPE_CASTER(hostmode::FrameStarvationMode, const_name("str"));

  bool load(handle source, bool convert) {
    make_caster<std::string> text;
    if (!text.load(source, convert)) return false;
    const std::string name = cast_op<std::string>(text);
    for (const auto mode :
         {hostmode::FrameStarvationMode::kAudioIndependent, hostmode::FrameStarvationMode::kStrictSync}) {
      if (name != name_of(mode)) continue;
      value = mode;
      return true;
    }
    throw value_error("frame_starvation_mode: given '" + name +
                      "', wanted 'audio_independent' (sound goes on without motion) or 'strict_sync' (sound "
                      "waits for motion)");
  }

  static handle cast(hostmode::FrameStarvationMode mode, return_value_policy /*by value*/,
                     handle /*of none*/) {
    return str(name_of(mode)).release();
  }

 private:
  static const char* name_of(hostmode::FrameStarvationMode mode) {
    return mode == hostmode::FrameStarvationMode::kStrictSync ? "strict_sync" : "audio_independent";
  }
};

}  // namespace pybind11::detail
