// The value of RUN --device: one CSV record, "[name=]NAME[,required]".
#pragma once

#include <string>
#include <string_view>

namespace parser {

struct DeviceOption {
  // A device of the Container Device Interface: "vendor.com/class=device",
  // "vendor.com/class" for the first of a class, "vendor.com/class=*" for all.
  std::string name;
  bool required = false;
};

// Reads an already expanded value.
// Throws: SyntaxError, its range counted from 1:1 at the value's start.
DeviceOption parse_device_option(std::string_view value);

}  // namespace parser
