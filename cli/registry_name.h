// The registry that a command names.
#pragma once

#include <optional>
#include <string>

namespace cli {

// "quay.io" of "quay.io", "https://quay.io/v2/" or "quay.io/team", as scripts
// write them for docker; without one docker.io.
// Throws: usage for what names no registry in a reference either.
std::string read_registry_name(const std::optional<std::string>& word);

}  // namespace cli
