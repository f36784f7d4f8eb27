#include "builder/cache_registries.h"

#include <utility>

#include "builder/first_contact.h"

namespace builder {
CacheRegistries::CacheRegistries(registry::RegistriesOptions options)
    : options_(std::move(options)) {
  options_.limits = impatient(options_.limits);
}

registry::Registries& CacheRegistries::get(bool is_insecure) {
  const auto made = made_.lock();
  auto& registries = (*made)[is_insecure];
  if (!registries) {
    registry::RegistriesOptions options = options_;
    if (is_insecure) options.verifies_tls = false;
    registries = std::make_unique<registry::Registries>(std::move(options));
  }
  return *registries;
}

}  // namespace builder
