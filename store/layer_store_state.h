// What LayerStore keeps in memory, and a layer's row as it is in the database.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/descriptor.h"
#include "base/guarded.h"
#include "store/layer_store.h"

namespace store {

struct LayerRow {
  Layer layer;
  base::Digest index_digest;
  std::int64_t tar_format = 0;  // of a canonical layer
  std::string boot_id;
};

struct LayerStore::State {
  State();

  const std::string boot_id;
  base::Guarded<
      std::unordered_map<base::Digest, std::shared_ptr<const LayerIndex>>>
      indexes;
  LayerProvider* provider = nullptr;
};

}  // namespace store
