// Who is asked for layers that the store lacks (store/layer_provider.h): build
// caches elsewhere, and the registries that the build's bases come from.
//
// A base's layer has its index from a cache, where one has it: then its files
// may never be needed. Its bytes come from its registry. Every other layer is
// the caches' alone.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "base/guarded.h"
#include "builder/base_layers.h"
#include "builder/cache_imports.h"
#include "store/layer_provider.h"

namespace builder {

// Threads: all members may be called at once.
class AbsentLayers : public store::LayerProvider {
 public:
  struct Options {
    CacheImports* imports = nullptr;  // null: no cache but the store's
    BaseLayers* bases = nullptr;      // null: no base but the store's
    // Takes the rights that layers' files need; called before each use of them.
    std::function<void()> before_files;
    // Told before several are fetched, once for each place they come from.
    std::function<void(std::size_t layers, std::uint64_t bytes,
                       std::string_view origin)>
        on_fetch;
  };
  // From here on, as long as it lives, the store asks this.
  AbsentLayers(store::Store& store, Options options);
  ~AbsentLayers() override;
  AbsentLayers(const AbsentLayers&) = delete;
  AbsentLayers& operator=(const AbsentLayers&) = delete;

  // Whether it is to be had.
  bool has(const base::Digest& diff_id);
  // A layer's stable digest without its files, if anybody knows it.
  std::optional<base::Digest> find_stable(const base::Digest& diff_id);

  std::shared_ptr<const store::LayerIndex> find_index(
      const base::Digest& diff_id) override;
  void fetch(const base::Digest& diff_id) override;
  // Several at a time. Throws: as BaseLayers and CacheImports.
  void fetch(std::span<const base::Digest> diff_ids);

 private:
  bool is_base(const base::Digest& diff_id) const;
  void fetch_base(const base::Digest& diff_id);
  void tell(std::span<const base::Digest> missing);

  store::Store& store_;
  Options options_;
  base::Guarded<std::set<base::Digest>> fetching_;  // of bases
  std::condition_variable changed_;
};

}  // namespace builder
