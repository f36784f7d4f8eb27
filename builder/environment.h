// Lists of "NAME=value", as processes and image configurations have them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace builder {

// The value of a variable, or nullopt when the list does not set it.
std::optional<std::string_view> find_variable(
    const std::vector<std::string>& env, std::string_view name);

// Sets a variable: in the place of an entry of that name, else at the end.
void set_variable(std::vector<std::string>& env, std::string_view name,
                  std::string_view value);

}  // namespace builder
