#include "refusals.h"

#include <string>

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

using FastCall = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);
using TupleCall = PyObject* (*)(PyObject*, PyObject*, PyObject*);

// pybind11's dispatcher, one for all functions of the module; of its versions before 3.1, and since.
TupleCall dispatch_tuple = nullptr;
FastCall dispatch_fast = nullptr;

template <typename To, typename From>
To function_cast(From function) {
  return reinterpret_cast<To>(reinterpret_cast<void (*)()>(function));
}

bool is_refusal() {
  if (PyErr_Occurred() == nullptr || PyErr_ExceptionMatches(PyExc_TypeError) == 0) return false;
  const py::error_scope scope;
  return scope.value != nullptr &&
         std::string(py::str(py::handle(scope.value))).find("(): incompatible ") != std::string::npos;
}

void reword(const py::tuple& given, const py::dict& named) {
  try {
    const py::error_already_set refused;
    const py::object explain = py::module_::import("hostmode.refusals").attr("explain");
    const py::object text = explain(py::str(refused.value()), given, named);
    PyErr_SetObject(PyExc_TypeError, text.ptr());
  } catch (py::error_already_set& error) {
    error.restore();
  }
}

PyObject* call_tuple(PyObject* self, PyObject* given, PyObject* named) {
  PyObject* const result = dispatch_tuple(self, given, named);
  if (result == nullptr && is_refusal()) {
    reword(py::reinterpret_borrow<py::tuple>(given),
           named != nullptr ? py::reinterpret_borrow<py::dict>(named) : py::dict());
  }
  return result;
}

PyObject* call_fast(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* names) {
  PyObject* const result = dispatch_fast(self, given, count, names);
  if (result == nullptr && is_refusal()) {
    py::tuple positional(count);
    for (Py_ssize_t i = 0; i < count; ++i) positional[static_cast<std::size_t>(i)] = py::handle(given[i]);
    py::dict named;
    for (Py_ssize_t i = 0; names != nullptr && i < PyTuple_GET_SIZE(names); ++i) {
      named[py::handle(PyTuple_GET_ITEM(names, i))] = py::handle(given[count + i]);
    }
    reword(positional, named);
  }
  return result;
}

void word_function(py::handle object) {
  if (PyInstanceMethod_Check(object.ptr())) object = PyInstanceMethod_GET_FUNCTION(object.ptr());
  if (!PyCFunction_Check(object.ptr())) return;
  PyMethodDef& definition = *reinterpret_cast<PyCFunctionObject*>(object.ptr())->m_ml;
  const auto words_already = function_cast<PyCFunction>(call_tuple) == definition.ml_meth ||
                             function_cast<PyCFunction>(call_fast) == definition.ml_meth;
  if (words_already) return;
  if (definition.ml_flags == (METH_FASTCALL | METH_KEYWORDS)) {
    dispatch_fast = function_cast<FastCall>(definition.ml_meth);
    definition.ml_meth = function_cast<PyCFunction>(call_fast);
  } else if (definition.ml_flags == (METH_VARARGS | METH_KEYWORDS)) {
    dispatch_tuple = function_cast<TupleCall>(definition.ml_meth);
    definition.ml_meth = function_cast<PyCFunction>(call_tuple);
  }
}

void word_members(const py::dict& members) {
  for (const auto& [name, member] : members) {
    (void)name;
    if (Py_TYPE(member.ptr()) == &PyProperty_Type ||
        PyType_IsSubtype(Py_TYPE(member.ptr()), &PyProperty_Type)) {
      for (const char* accessor : {"fget", "fset"}) word_function(member.attr(accessor));
    } else {
      word_function(member);
    }
  }
}

}  // namespace

void word_refusals(const py::module_& module) {
  const auto members = py::cast<py::dict>(module.attr("__dict__"));
  word_members(members);
  for (const auto& [name, member] : members) {
    (void)name;
    if (PyType_Check(member.ptr()) != 0) {
      word_members(py::dict(member.attr("__dict__")));
    }
  }
}

}  // namespace hostmode::bindings
