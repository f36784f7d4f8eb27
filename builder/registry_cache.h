// A build cache at a registry, read: what a tag or digest leads to is the
// manifest of a cache (store/cache_index.h), or an image with its cache inside.
// Of several platforms' it is the one for ours. Manifest and key index come
// when the first key is looked for, blobs when they are needed.
#pragma once

#include <memory>
#include <stop_token>

#include "builder/cache_source.h"
#include "builder/first_contact.h"
#include "builder/platform.h"
#include "registry/registries.h"

namespace builder {

// Mirrors are asked first, as for images. The first two must outlive it.
std::unique_ptr<CacheSource> open_registry_cache(
    registry::Registries& registries, FirstContacts& contacts,
    registry::Reference reference, Platform platform, std::stop_token stop);

}  // namespace builder
