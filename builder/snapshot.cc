#include "builder/snapshot.h"

namespace builder {

std::vector<base::Digest> Snapshot::diff_ids() const {
  std::vector<base::Digest> out;
  out.reserve(layers.size());
  for (const LayerId& layer : layers) out.push_back(layer.diff_id);
  return out;
}

base::Digest Snapshot::content() const {
  base::Hasher hasher;
  for (const LayerId& layer : layers) {
    hasher.update(std::as_bytes(std::span(layer.stable_digest.bytes())));
  }
  return hasher.finish();
}

}  // namespace builder
