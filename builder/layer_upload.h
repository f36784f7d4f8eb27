// One layer of an image on its way into a repository (push_image.h): as which
// blob it goes, where that blob's bytes come from, and how it gets there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "builder/blob_relay.h"
#include "builder/push_image.h"
#include "registry/blob_upload.h"

namespace builder {

struct LayerArrival {
  base::Descriptor blob;
  Arrival how = Arrival::present;
};

// Threads: several layers at once.
class LayerUpload {
 public:
  // All must outlive it.
  LayerUpload(store::Store& store, registry::Registries& registries,
              const store::Lease& lease, const registry::Repository& to,
              const PushOptions& options, std::stop_token stop);

  // `wanted`: the blob that the image's own manifest names.
  LayerArrival run(const base::Digest& diff_id,
                   const std::optional<base::Descriptor>& wanted);

  // Whether the bytes of just this blob can be had.
  bool can_send(const base::Digest& diff_id,
                const base::Descriptor& blob) const;

 private:
  // As what a layer goes.
  struct Choice {
    std::optional<base::Descriptor> blob;  // unset: it has to be made
    store::BlobForm form = {};
    // Which tar it holds was compared once, by this store.
    bool is_proven = true;
  };
  Choice choose(const base::Digest& diff_id,
                const std::optional<base::Descriptor>& wanted) const;
  std::optional<Choice> find_foreign(const base::Digest& diff_id) const;
  std::optional<Choice> find_own(const base::Digest& diff_id) const;
  registry::MakeBlob compressor(const base::Digest& diff_id,
                                store::Compression compression) const;
  Arrival bring(const base::Digest& diff_id, Choice& choice);
  void relay(const std::vector<std::string>& places,
             const base::Descriptor& blob, const BlobSink& sink) const;
  registry::MakeBlob maker(const base::Digest& diff_id,
                           const Choice& choice) const;
  std::optional<registry::MakeBlob> reader(const base::Digest& diff_id,
                                           const base::Descriptor& blob) const;
  std::vector<std::string> mountable_paths(const base::Digest& diff_id,
                                           const base::Descriptor& blob) const;
  void remember(const base::Digest& diff_id, const Choice& choice) const;

  store::Store& store_;
  registry::Registries& registries_;
  const store::Lease& lease_;
  const registry::Repository& to_;
  const PushOptions& options_;
  std::stop_token stop_;
};

}  // namespace builder
