// Lists that come in pages: distribution-spec v1.1 "Listing Tags", and
// Docker's catalog.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "registry/registry_host.h"

namespace registry {

// What whoever is given a list says to each of its entries.
enum class Listing { goes_on, ends };

// The texts of the array `field` in the document at `path`, and in those that
// its Link leads to.
void list_pages(RegistryHost& host, const std::string& path,
                const Scopes& scopes, const std::string& field,
                const std::function<Listing(const std::string& text)>& found,
                const std::stop_token& stop);

}  // namespace registry
