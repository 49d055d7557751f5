#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "bindings.h"
#include "hostmode/player_config.h"
#include "playback/settings.h"
#include "starvation_mode.h"
#include "value_class.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

void require_valid(const PlayerConfig& config) {
  const std::string fault = validate(config);
  if (!fault.empty()) throw py::value_error(fault);
}

const char* type_of(const Setting<FrameStarvationMode>& /*setting*/) {
  return "str";
}
const char* type_of(const Setting<bool>& /*setting*/) {
  return "bool";
}
const char* type_of(const Setting<double>& /*setting*/) {
  return "float";
}
const char* type_of(const Setting<std::optional<std::uint64_t>>& /*setting*/) {
  return "int or None";
}
const char* type_of(const Setting<std::string>& /*setting*/) {
  return "str";
}

template <typename T>
std::string range_of(const Setting<T>& /*setting*/) {
  return {};
}

std::string range_of(const NumberSetting& setting) {
  std::ostringstream text;
  text << " Allowed: ";
  if (setting.not_below != nullptr) {
    text << '`' << setting.not_below_name << '`';
  } else {
    text << setting.least;
  }
  text << " to " << setting.most << '.';
  return text.str();
}

std::string indented(std::string text) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    text.insert(at + 1, "    ");
  }
  return text;
}

std::string documentation() {
  std::string text =
      R"(The settings of a Player. Durations are in seconds; the values cannot be changed later.

Parameters
----------
)";
  const auto add = [&text](const auto& setting) {
    text += std::string(setting.name) + " : " + type_of(setting) + "\n    " +
            indented(setting.meaning + range_of(setting)) + '\n';
  };
  std::apply([&](const auto&... settings) { (add(settings), ...); }, kSettings);
  return text + R"(
Raises
------
ValueError
    Where a value is outside its range; the message names the field and the range.)";
}

template <typename... Settings>
void def_settings(ValueClass<PlayerConfig>& config, const Settings&... settings) {
  const PlayerConfig defaults;
  config.def(py::init([settings...](typename Settings::Value... values) {
               PlayerConfig made;
               ((made.*settings.member = std::move(values)), ...);
               require_valid(made);
               return made;
             }),
             py::kw_only(), (py::arg(settings.name) = defaults.*settings.member)...);
  (config.def_readonly(settings.name, settings.member), ...);
}

}  // namespace

void bind_config(py::module_& m) {
  ValueClass<PlayerConfig> config(m, "PlayerConfig", py::is_final(), documentation().c_str());
  std::apply([&config](const auto&... settings) { def_settings(config, settings...); }, kSettings);
  config.def_value(require_valid);
  const std::vector<std::string> names = config.names();
  config.def("__repr__", [names](const py::object& self) {
    return describe_value(self, py::type::of<PlayerConfig>()(), names);
  });
  config.def_replace(R"(Return a copy in which the settings that are given by name are others.

Raises
------
TypeError
    Where there is no such setting.
ValueError
    Where a value is outside its range.)");
}

}  // namespace hostmode::bindings
