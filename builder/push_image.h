// An image into a repository: what is there already is neither made nor sent,
// what another repository of that registry has is mounted from it, and the rest
// goes up several blobs at once, each compressed while it is sent. The manifest
// comes last: nobody sees an image that is not whole.
//
// A layer that came from elsewhere keeps its bytes, and so its digest; so does
// the manifest of an image that came whole. Layers of a base that were never
// fetched go from registry to registry without being kept. What strake makes
// has the compression that was asked for; the same layer has the same blob
// whoever makes it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/trace.h"
#include "builder/base_layers.h"
#include "builder/cache_imports.h"
#include "registry/registries.h"
#include "store/store.h"

namespace builder {

// What is pushed; it need not be an image of the store.
struct PushedImage {
  std::string config;
  std::vector<base::Digest> diff_ids;
  std::optional<std::string> manifest = {};  // that it came with
};

// The image of the store. Throws: not_found.
PushedImage read_image_to_push(store::Store& store, const base::Digest& id);

// How a blob came to be there.
enum class Arrival { present, mounted, sent };

// Told how a push goes, by several threads at once.
class PushObserver {
 public:
  virtual ~PushObserver() = default;
  // Begins: so many layers, to this repository.
  virtual void started(std::string_view /*repository*/,
                       std::size_t /*layers*/) {}
  virtual void arrived(const base::Descriptor& /*layer*/, Arrival /*how*/) {}
  // So much more of some layer has been taken.
  virtual void sent(std::uint64_t /*bytes*/) {}
};

struct PushOptions {
  // Of layers that have no bytes yet. Unset: gzip.
  std::optional<store::Compression> compression = {};
  // Of all layers, also of those that come from elsewhere.
  bool forces_compression = false;
  // Where layers are that the store lacks; null for nowhere.
  BaseLayers* bases = nullptr;
  CacheImports* imports = nullptr;
  PushObserver* observer = nullptr;
  base::Trace* trace = nullptr;
};

struct PushResult {
  base::Descriptor manifest;
  std::size_t present = 0;  // layers, of all repositories together
  std::size_t mounted = 0;
  std::size_t sent = 0;
  std::uint64_t sent_bytes = 0;
};

// `names`: full references with tags. Throws: what the registry has said, with
// its name; not_found, corrupt for what is missing or damaged in the store;
// cancelled.
PushResult push_image(store::Store& store, registry::Registries& registries,
                      const PushedImage& image,
                      const std::vector<std::string>& names,
                      const PushOptions& options, const std::stop_token& stop);

}  // namespace builder
