// An image out of a registry into the store, whole and under its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "base/digest.h"
#include "base/trace.h"
#include "builder/platform.h"
#include "registry/reference.h"
#include "registry/registries.h"
#include "store/store.h"

namespace builder {

// Told how many layers are about to come, of how many bytes.
using OnFetch = std::function<void(std::size_t layers, std::uint64_t bytes)>;

struct PulledImage {
  std::string reference;  // full
  base::Digest id;
  Platform platform;        // that its configuration names
  base::Digest top;         // what the name leads to: a manifest or an index
  std::size_t layers = 0;   // that had to be fetched
  std::uint64_t bytes = 0;  // of them, as they came
};

// Layers come several at once, unpacked while they do; what is there already
// is not asked for. Every byte is compared with its digest before anything is
// visible, and the name leads to the image when all of it is there. A digest
// gives no name. What is alone under its name, in no index, is pulled whatever
// its platform is.
// Throws: what every registry asked has said; not_found also when there is no
// image for that platform; corrupt, cancelled, system.
PulledImage pull_image(store::Store& store, registry::Registries& registries,
                       const registry::Reference& reference,
                       const Platform& platform, const OnFetch& on_fetch,
                       const std::stop_token& stop,
                       base::Trace* trace = nullptr);

}  // namespace builder
