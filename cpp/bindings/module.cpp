#include "bindings.h"
#include "refusals.h"

PYBIND11_MODULE(_core, m, pybind11::mod_gil_not_used()) {
  m.doc() = "Native core of hostmode: sans-I/O playback of AvatarKit Host Mode conversations.";
  m.attr("__version__") = HOSTMODE_VERSION;
  hostmode::bindings::bind_clock(m);
  hostmode::bindings::bind_message(m);
  hostmode::bindings::bind_config(m);
  hostmode::bindings::bind_events(m);
  hostmode::bindings::bind_player(m);
  hostmode::bindings::bind_rtc_packet(m);
  hostmode::bindings::bind_listening(m);
  hostmode::bindings::bind_packet_rounds(m);
  hostmode::bindings::bind_player_packets(m);
  hostmode::bindings::bind_portaudio(m);
  hostmode::bindings::bind_paced_socket(m);
  hostmode::bindings::bind_rig(m);
  hostmode::bindings::bind_capi(m);
  hostmode::bindings::word_refusals(m);
}
