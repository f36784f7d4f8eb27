// Layers that a store does not have but could get: of a build cache elsewhere.
// What it knows is in this process alone; the store's database never speaks of
// bytes that are not there.
#pragma once

#include <memory>

#include "base/digest.h"
#include "store/layer_index.h"

namespace store {

// Threads: both may be called at once.
class LayerProvider {
 public:
  virtual ~LayerProvider() = default;
  // Null when it does not know the layer either.
  virtual std::shared_ptr<const LayerIndex> find_index(
      const base::Digest& diff_id) = 0;
  // Brings the layer into the store, unless it is there. One it does not know
  // is left to the store to miss.
  virtual void fetch(const base::Digest& diff_id) = 0;
};

}  // namespace store
