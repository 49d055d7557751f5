#include <pybind11/stl.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings.h"
#include "paced_socket.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

std::pair<bool, double> send_at(const PacedSocket& self, double due,
                                const std::vector<py::bytes>& datagrams) {
  const std::vector<std::string_view> views(datagrams.begin(), datagrams.end());
  const py::gil_scoped_release release;
  const PacedSocket::Sent sent = self.send_at(due, views);
  return {sent.all, sent.time_s};
}

}  // namespace

void bind_paced_socket(py::module_& m) {
  py::class_<PacedSocket>(m, "PacedSocket", py::is_final(), R"(Send datagrams at an instant.

Other Python threads run while it waits, and cannot delay it: the interpreter is not needed until all is sent.

Parameters
----------
handle : int
    What ``fileno()`` of a UDP socket returns. The socket must stay open.
host, service : str
    Numbers, as ``socket.getnameinfo`` gives them, of the socket's family.

Raises
------
ValueError
    They are no address.)")
      .def(py::init<std::intptr_t, const std::string&, const std::string&>(), py::arg("handle"),
           py::arg("host"), py::arg("service"))
      .def("send_at", &send_at, py::arg("due"), py::arg("datagrams"),
           R"(Wait until an instant and hand datagrams to the network, in order.

Parameters
----------
due : float
    Seconds of `now()`. What is due already is sent at once.
datagrams : list of bytes

Returns
-------
tuple of bool and float
    Whether the network took all (those after the first that it does not take stay behind), and seconds of `now()` when
    the last one was handed to it.)");
  m.def("ask_to_wake_promptly", &ask_to_wake_promptly,
        R"(Ask the scheduler to wake the calling thread soon, at its ordinary priority.

For threads that work in short bursts which must come in time. Linux; elsewhere nothing changes.)");
}

}  // namespace hostmode::bindings
