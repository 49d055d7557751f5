#include "hostmode/message.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bindings.h"
#include "buffer_view.h"
#include "errors.h"
#include "value_class.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

constexpr auto kFloats = static_cast<py::ssize_t>(kKeyframeFloats);

const char* kind_name(MessageKind kind) {
  switch (kind) {
    case MessageKind::kAnimation:
      return "animation";
    case MessageKind::kServerError:
      return "server_error";
    case MessageKind::kOther:
      break;
  }
  return "other";
}

MessageKind parse_kind(const std::string& name) {
  if (name == "animation") return MessageKind::kAnimation;
  return name == "server_error" ? MessageKind::kServerError : MessageKind::kOther;
}

void set_keyframes(Message& message, const py::handle& keyframes) {
  const auto array = py::array_t<float, py::array::c_style>::ensure(keyframes);
  if (!array || array.ndim() != 2 || array.shape(1) != kFloats) {
    throw py::value_error("keyframes: wanted shape (n, 120)");
  }
  message.keyframes.resize(static_cast<std::size_t>(array.shape(0)));
  if (!message.keyframes.empty()) {
    std::memcpy(message.keyframes.front().data(), array.data(), static_cast<std::size_t>(array.nbytes()));
  }
}

std::unique_ptr<Message> decode(const BufferArgument& data) {
  const MessageView bytes(data, "data");
  auto message = std::make_unique<Message>();
  DecodeFailure failure;
  Status status;
  {
    const py::gil_scoped_release release;
    status = decode_message(bytes.data(), bytes.size(), *message, failure);
  }
  if (status != Status::kOk) throw_error("DecodeError", failure.reason, failure.offset);
  return message;
}

// The message's own memory: the array keeps the Motion alive, and a Motion never resizes its keyframes.
py::array keyframes_of(const py::object& self) {
  auto& keyframes = self.cast<Message&>().keyframes;
  const auto count = static_cast<py::ssize_t>(keyframes.size());
  if (count == 0) return py::array_t<float>({count, kFloats});
  return py::array_t<float>({count, kFloats}, keyframes.front().data(), self);
}

std::string describe(const Message& message) {
  std::string text = "<hostmode.Motion ";
  if (message.kind == MessageKind::kServerError) {
    text += "server_error " + std::to_string(message.error_code) + " " +
            std::string(py::repr(py::str(message.error_message)));
  } else if (message.kind == MessageKind::kOther) {
    text += "other, type " + std::to_string(message.type);
  } else {
    text += std::to_string(message.keyframes.size()) + " keyframes" + (message.end ? ", end" : "");
  }
  if (!message.req_id.empty()) text += ", req_id " + std::string(py::repr(py::str(message.req_id)));
  return text + ">";
}

py::bytes encode(const py::object& keyframes, const std::string& connection_id, const std::string& req_id,
                 bool end, const std::string& avatar_id) {
  constexpr int kAligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_;
  const auto array =
      py::array_t<float, py::array::c_style | py::array::forcecast | kAligned>::ensure(keyframes);
  if (!array || array.ndim() != 2 || array.shape(1) != kFloats) {
    throw py::value_error(
        "keyframes: given " +
        (array ? "shape " + std::string(py::str(py::object(array.attr("shape"))))
               : "a " + std::string(Py_TYPE(keyframes.ptr())->tp_name) + " that is no array of numbers") +
        ", wanted shape (n, 120); hostmode.pose.as_keyframes makes such an array of poses");
  }
  // Keyframe is 120 packed floats, which message.h's layout asserts.
  const auto* first = reinterpret_cast<const Keyframe*>(array.data());
  const auto count = static_cast<std::size_t>(array.shape(0));
  std::vector<std::uint8_t> bytes;
  Status status;
  {
    const py::gil_scoped_release release;
    status = encode_message(first, count, connection_id, req_id, end, avatar_id, bytes);
  }
  if (status != Status::kOk) {
    throw py::value_error(
        "keyframes: given NaN or infinity, or a value beyond 10000, wanted finite numbers that a face can "
        "have; "
        "repair them before sending");
  }
  return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

void bind_message(py::module_& m) {
  m.attr("KEYFRAME_FLOATS") = kKeyframeFloats;
  m.attr("KEYFRAME_RATE") = kKeyframeRateHz;

  ValueClass<Message>(m, "Motion", py::is_final(), R"(One decoded motion message.

Made by :func:`decode_message`. A message of another kind than ``"animation"`` has no keyframes.)")
      .def_field(
          "kind", [](const Message& self) { return kind_name(self.kind); },
          [](Message& self, const py::handle& name) { self.kind = parse_kind(name.cast<std::string>()); },
          R"("animation", "server_error" or "other".)")
      .def_readonly(
          "type", &Message::type,
          "The envelope's type as sent, 5 (RESPONSE_ANIMATION) for bare animation bytes, 1004 in the first "
          "protocol.")
      .def_field("keyframes", &keyframes_of, &set_keyframes,
                 R"(The keyframes, float32 of shape (n, 120), 25 a second.

A view of this message's memory, which it keeps alive.)")
      .def_readonly("connection_id", &Message::connection_id,
                    "The server's id of the connection; empty where not sent.")
      .def_readonly("req_id", &Message::req_id, "The server's id of the utterance; empty where not sent.")
      .def_readonly("avatar_id", &Message::avatar_id,
                    "The avatar this motion was made for; empty where not sent.")
      .def_readonly("end", &Message::end, "Whether this is the last message of its utterance.")
      .def_readonly(
          "replaced_animations", &Message::replaced_animations,
          R"(Animations whose keyframes are lost, because a later field of the message replaced them.

Not 0 where a sender glued several messages into one buffer.)")
      .def_readonly("error_code", &Message::error_code,
                    "The server's error code; 0 unless kind is \"server_error\".")
      .def_readonly("error_message", &Message::error_message,
                    "The server's error text; empty unless kind is \"server_error\".")
      .def_value()
      .def("__repr__", &describe);

  m.def("decode_message", &decode, py::arg("data"), R"(Decode one motion message.

Parameters
----------
data : bytes-like
    An envelope, of today's protocol or the first one, or the bare animation bytes of older senders. At most
    16 MiB and 15000 keyframes. It is one message by proto3's rules: of two that were glued together the later
    one's keyframes count, and ``replaced_animations`` says that there were others.

Returns
-------
Motion
    Of any kind: look at ``kind`` before using the keyframes.

Raises
------
DecodeError
    Where the bytes are no valid message or carry NaN, infinity or a magnitude beyond 1e4; ``offset`` and
    ``reason`` say where and why.
TypeError
    Where ``data`` is not bytes-like.)");

  m.def("encode_message", &encode, py::arg("keyframes"), py::arg("connection_id") = "",
        py::arg("req_id") = "", py::arg("end") = false, py::arg("avatar_id") = "",
        R"(Encode keyframes as a server would send them.

Parameters
----------
keyframes : array_like
    Shape (n, 120), converted to float32.
connection_id, req_id, avatar_id : str
    Left out of the message where empty.
end : bool
    Whether this is the last message of its utterance.

Returns
-------
bytes
    An envelope of type RESPONSE_ANIMATION.

Raises
------
ValueError
    Where the shape is another one, or a value is NaN, infinite or beyond 1e4.)");
}

}  // namespace hostmode::bindings
