// In which repositories a layer's tar is, as which blob.
//
// Each is a fact that was seen: the blob was fetched from there and what it
// unpacks to is the layer, or it was pushed there. A registry may have removed
// it since; who uses a location asks (HEAD, or a mount that is refused) and
// calls forget() when it proved wrong.
//
// This is what a push looks at before it compresses: the blob may be in that
// repository already, or in another one of the registry, from which it is
// mounted; and nothing of it asks for the bytes in blobs/. It survives prune of
// compressed layers for that reason, and goes when nothing in the store speaks
// of the layer: no layer, no cache record, no image, no resolved image.
//
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/digest.h"
#include "store/blob_form.h"

namespace store {

class Database;

struct LayerLocation {
  base::Digest diff_id;
  base::Descriptor blob;   // media type: OCI's, by the bytes' compression
  BlobForm form;           // nothing where others made it
  std::string repository;  // "host:port/path"
  std::chrono::sys_seconds last_used{};
};

class LayerLocations {
 public:
  // Uses are noted no finer than this.
  static constexpr std::chrono::hours kUseGrain{1};

  explicit LayerLocations(Database& database);

  // To be called once the fact was seen, and each time it was of use: writes
  // only when it is new or its last time is kUseGrain ago. What is known of how
  // the blob was made is kept. Throws: system.
  void remember(const LayerLocation& location);

  // Those used last come first. Throws: system.
  std::vector<LayerLocation> find(const base::Digest& diff_id) const;

  // It is not there any more.
  void forget(std::string_view repository, const base::Digest& blob);

  // Removes those of layers that nothing speaks of. Part of Store::collect().
  void remove_unused();

 private:
  Database& database_;
};

}  // namespace store
