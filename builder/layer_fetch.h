// One layer of a build cache, into the store.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

#include "builder/cache_source.h"
#include "store/cache_index.h"
#include "store/store.h"

namespace builder {

// The layer's blob, its tar and its files are compared with what the cache says
// of them before the layer is there.
// `on_read`: told how many bytes came, maybe on several threads' behalf.
// Throws: corrupt, invalid_input, unavailable, cancelled, system.
void fetch_layer(store::Store& store, CacheSource& source,
                 const store::CachedLayer& layer, const std::stop_token& stop,
                 const std::function<void(std::size_t)>& on_read);

}  // namespace builder
