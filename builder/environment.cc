#include "builder/environment.h"

#include <fmt/format.h>

#include <algorithm>

namespace builder {
namespace {

// Some images have a name alone, which sets it to nothing.
bool is_named(std::string_view pair, std::string_view name) {
  return pair.substr(0, pair.find('=')) == name;
}

}  // namespace

std::optional<std::string_view> find_variable(
    const std::vector<std::string>& env, std::string_view name) {
  const auto found = std::find_if(
      env.begin(), env.end(),
      [name](const std::string& pair) { return is_named(pair, name); });
  if (found == env.end()) return std::nullopt;
  if (found->size() == name.size()) return std::string_view();
  return std::string_view(*found).substr(name.size() + 1);
}

void set_variable(std::vector<std::string>& env, std::string_view name,
                  std::string_view value) {
  std::string pair = fmt::format("{}={}", name, value);
  const auto same = std::find_if(
      env.begin(), env.end(),
      [name](const std::string& other) { return is_named(other, name); });
  if (same == env.end()) {
    env.push_back(std::move(pair));
  } else {
    *same = std::move(pair);
  }
}

}  // namespace builder
