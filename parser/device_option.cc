#include "parser/device_option.h"

#include <algorithm>
#include <optional>

#include "parser/ascii.h"
#include "parser/csv_record.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

// "vendor.com/class", with or without "=device".
bool is_device_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || !is_word(name.substr(0, slash))) {
    return false;
  }
  name.remove_prefix(slash + 1);
  return is_word(name.substr(0, name.find('=')));
}

std::optional<bool> find_bool(const std::string& text) {
  const std::string value = to_lower(text);
  if (value == "1" || value == "t" || value == "true") return true;
  if (value == "0" || value == "f" || value == "false") return false;
  return std::nullopt;
}

}  // namespace

DeviceOption parse_device_option(std::string_view value) {
  DeviceOption option;
  for (const CsvField& field : read_csv_record(value)) {
    const Range range{{1, static_cast<std::uint32_t>(field.begin + 1)},
                      {1, static_cast<std::uint32_t>(field.end + 1)}};
    const std::size_t equals = field.text.find('=');
    const std::string key = to_lower(field.text.substr(0, equals));
    const std::string text =
        equals == std::string::npos ? "true" : field.text.substr(equals + 1);
    if (key == "required") {
      const auto required = find_bool(text);
      if (!required) {
        throw SyntaxError(range,
                          "device key \"required\" is true or false, "
                          "not " +
                              quote_word(text));
      }
      option.required = *required;
    } else if (key == "name" && equals != std::string::npos) {
      option.name = text;
    } else if (option.name.empty() && key.find('/') != std::string::npos) {
      option.name = field.text;
    } else {
      const std::string near = find_nearest(key, {"name", "required"});
      throw SyntaxError(range, "unknown device key " + quote_word(key),
                        near.empty() ? "known are name, required"
                                     : "did you mean \"" + near + "\"?");
    }
  }
  if (!is_device_name(option.name)) {
    throw SyntaxError(
        Range{{1, 1}, {1, static_cast<std::uint32_t>(value.size() + 1)}},
        option.name.empty() ? "\"--device\" names no device"
                            : quote_word(option.name) + " is no device name",
        "a device is written as vendor.com/class=name");
  }
  return option;
}

}  // namespace parser
