// A render thread in C++: it samples one avatar for each picture and never touches Python.
//
//   jaw = render_thread.run(player, frames=60, fps=60.0)   # its opening in each picture, radians
//
// Compile it as a Python extension with hostmode.get_include(); nothing needs linking.
#include <Python.h>

#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "hostmode/capi.h"
#include "hostmode/keyframe.h"

namespace {

const HostmodeApi* api = nullptr;

// Everything from here to the end of the function happens without the GIL.
std::vector<float> draw(HostmodePlayer* player, int frames, double fps) {
  std::vector<float> openings;
  float pose[HOSTMODE_KEYFRAME_FLOATS];
  const double start_s = api->now_s();
  for (int frame = 0; frame < frames; ++frame) {
    const double shown_s = start_s + (frame + 1) / fps;  // when the picture reaches the screen
    if (api->sample(player, shown_s, pose) != HOSTMODE_OK) break;
    openings.push_back(pose[hostmode::kJawPoseOffset]);  // here you would draw
    std::this_thread::sleep_for(std::chrono::duration<double>(shown_s - api->now_s()));
  }
  return openings;
}

PyObject* run(PyObject*, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"player", "frames", "fps", nullptr};
  PyObject* object = nullptr;
  int frames = 0;
  double fps = 60.0;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "Oi|d", const_cast<char**>(names), &object, &frames,
                                   &fps)) {
    return nullptr;
  }
  HostmodePlayer* player = api->player_from_object(object);  // TypeError for anything but a Player
  if (player == nullptr) return nullptr;

  std::vector<float> openings;
  Py_BEGIN_ALLOW_THREADS;
  std::thread([&] { openings = draw(player, frames, fps); }).join();
  Py_END_ALLOW_THREADS;
  api->release(player);

  PyObject* list = PyList_New(static_cast<Py_ssize_t>(openings.size()));
  for (std::size_t i = 0; list != nullptr && i < openings.size(); ++i) {
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), PyFloat_FromDouble(openings[i]));
  }
  return list;
}

PyMethodDef methods[] = {
    {"run", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(run)), METH_VARARGS | METH_KEYWORDS,
     "Draw so many frames and return the jaw's opening in each, radians."},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "render_thread", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_render_thread() {
  PyObject* package = PyImport_ImportModule("hostmode");  // the capsule is found in loaded modules only
  if (package == nullptr) return nullptr;
  Py_DECREF(package);
  api = static_cast<const HostmodeApi*>(PyCapsule_Import(HOSTMODE_CAPI_NAME, 0));
  if (api == nullptr) return nullptr;
  if (api->abi_version != HOSTMODE_ABI_VERSION || api->struct_size < sizeof(HostmodeApi)) {
    PyErr_SetString(PyExc_ImportError,
                    "compiled for another hostmode: compile it again with the installed one");
    return nullptr;
  }
  return PyModule_Create(&module);
}
