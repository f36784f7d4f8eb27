// One layer of a build cache, into the store.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

#include "builder/cache_source.h"
#include "store/cache_index.h"
#include "store/store.h"

namespace builder {

// The layer's blob and its tar are compared with what the cache says of them
// before the layer is there. What the tar unpacks to is compared when it is: it
// is what its diffID says and may stay, but this throws, and no record of the
// cache may speak of it.
// `on_read`: told how many bytes came, maybe on several threads' behalf.
// Throws: corrupt, invalid_input, unavailable, cancelled, system.
void fetch_layer(store::Store& store, CacheSource& source,
                 const store::CachedLayer& layer, const std::stop_token& stop,
                 const std::function<void(std::size_t)>& on_read);

}  // namespace builder
