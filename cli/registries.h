// The registries as a command's flags and the user's files have them.
#pragma once

#include <memory>
#include <optional>

#include "cli/command.h"
#include "registry/registries.h"

namespace cli {

// Reads nothing yet: configuration and credentials are looked at when a
// registry is needed.
registry::RegistriesOptions make_registries_options(
    const Globals& globals, std::optional<bool> verifies_tls);

// Those that they lead to.
std::unique_ptr<registry::Registries> make_registries(
    const Globals& globals, std::optional<bool> verifies_tls);

}  // namespace cli
