// How long a cache's server is waited for: a build goes on without it, so
// whoever takes connections and says nothing must not hold it up.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "registry/repository.h"

namespace builder {

// For what comes after the first answer: less patience than for an image.
registry::HttpLimits impatient(registry::HttpLimits limits);

// Asks for the first thing, within 15 seconds for all tries together; what
// `ask` is given stops when these or the build are over. `server`: for people.
// Throws: unavailable after those; what `ask` throws.
void ask_soon(const std::string& server, const std::stop_token& stop,
              const std::function<void(const std::stop_token&)>& ask);

// Repository::get_manifest(), asked so.
registry::Manifest get_manifest_soon(const registry::Repository& from,
                                     const std::string& reference,
                                     const std::stop_token& stop);

}  // namespace builder
