// How registries are talked to for a build cache: with less patience than for
// an image, as a build goes on without.
#pragma once

#include <map>
#include <memory>

#include "base/guarded.h"
#include "registry/registries.h"

namespace builder {

// Threads: all members may be called at once.
class CacheRegistries {
 public:
  // As for images, but for the limits.
  explicit CacheRegistries(registry::RegistriesOptions options);

  // `is_insecure`: any certificate will do, and plain HTTP. What it gives lives
  // as long as this.
  registry::Registries& get(bool is_insecure);

 private:
  registry::RegistriesOptions options_;
  base::Guarded<std::map<bool, std::unique_ptr<registry::Registries>>> made_;
};

}  // namespace builder
