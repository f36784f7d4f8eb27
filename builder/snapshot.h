// The file system a vertex has made: a stack of layers, and what it holds.
#pragma once

#include <span>
#include <vector>

#include "base/digest.h"

namespace builder {

struct LayerId {
  base::Digest diff_id;
  base::Digest stable_digest;
};

struct Snapshot {
  std::vector<LayerId> layers;  // bottom first

  std::vector<base::Digest> diff_ids() const;

  // What a cache key may know of it: the layers' stable digests, not how or
  // when they were made.
  base::Digest content() const;
};

}  // namespace builder
