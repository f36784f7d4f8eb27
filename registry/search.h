// Which repositories a registry has, by a word of their names.
//
// Docker's index (docker.io, and registries that speak its old API) is asked by
// "/v1/search?q=WORD&n=COUNT", which says more of each than its name. Others
// have a list of all they hold, Docker's "/v2/_catalog": it is read page by
// page until enough names have the word in them. The OCI has neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "registry/registry_host.h"

namespace registry {

struct FoundRepository {
  std::string name;  // "library/debian", or as docker.io says it: "debian"
  // What only an index knows.
  std::string description{};
  std::uint64_t stars = 0;
  bool is_official = false;
  bool is_automated = false;
};

// `host`: Registries::search_host(). At most `most`, in the registry's order.
// An empty word is one that every name has; docker.io refuses it.
// Threads: may be called at once.
// Throws: unsupported where the registry has neither way, denied, unavailable,
// invalid_input, cancelled.
std::vector<FoundRepository> search(RegistryHost& host, const std::string& word,
                                    std::size_t most,
                                    const std::stop_token& stop);

}  // namespace registry
