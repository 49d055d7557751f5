// One bind_<area>.cpp each: what a Python module of hostmode's core consists of.
#pragma once

#include <pybind11/pybind11.h>

namespace hostmode::bindings {

void bind_capi(pybind11::module_& m);
void bind_clock(pybind11::module_& m);
void bind_config(pybind11::module_& m);
void bind_events(pybind11::module_& m);
void bind_listening(pybind11::module_& m);
void bind_message(pybind11::module_& m);
void bind_paced_socket(pybind11::module_& m);
void bind_packet_rounds(pybind11::module_& m);
void bind_player(pybind11::module_& m);
void bind_player_packets(pybind11::module_& m);
void bind_portaudio(pybind11::module_& m);
void bind_rig(pybind11::module_& m);
void bind_rtc_packet(pybind11::module_& m);

}  // namespace hostmode::bindings
