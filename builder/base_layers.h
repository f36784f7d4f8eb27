// Layers of images that were found at a registry and of which nothing else is
// here: brought when somebody needs their files, and not before.
//
// What a manifest says of its layers is its own word until their bytes came and
// were compared: digest of the blob, diffID of the tar. So what is known here
// counts for this build and the image that stands on it; the store is told what
// has proved true.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/digest.h"
#include "base/guarded.h"
#include "base/trace.h"
#include "registry/registries.h"
#include "store/manifest.h"
#include "store/store.h"

namespace builder {

// Threads: all members may be called at once.
class BaseLayers {
 public:
  // All must outlive it.
  BaseLayers(store::Store& store, registry::Registries& registries,
             std::stop_token stop, base::Trace* trace);

  // The image's layers, bottom first, are to be had under this full reference.
  void add(const std::string& reference, const store::Manifest& manifest,
           const std::vector<base::Digest>& diff_ids);

  struct Located {
    base::Descriptor blob;
    std::string reference;
  };
  std::optional<Located> locate(const base::Digest& diff_id) const;

  // Brings it into the store, unpacked while it comes. Who calls takes care
  // that it is called once for a layer at a time.
  // Throws: what each registry asked has said; corrupt; cancelled, system.
  void fetch(const base::Digest& diff_id);

 private:
  struct Known {
    Located located;
    std::vector<base::Digest> parents;  // bottom first
  };
  void fetch(const Known& known, const base::Digest& diff_id);
  void extract(const registry::Repository& from, const Known& known,
               const base::Digest& diff_id);

  store::Store& store_;
  registry::Registries& registries_;
  std::stop_token stop_;
  base::Trace* trace_;
  mutable base::Guarded<std::map<base::Digest, std::vector<Known>>> known_;
};

}  // namespace builder
