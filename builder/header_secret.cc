#include "builder/header_secret.h"

#include <fmt/format.h>

#include <string_view>

#include "base/error.h"

namespace builder {

std::string find_header_secret(const Secrets& secrets, const std::string& id) {
  const auto it = secrets.find(id);
  if (it == secrets.end()) return {};
  std::string value = it->second;
  while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("secret \"{}\" has several lines, a header has one", id));
  }
  return value;
}

}  // namespace builder
