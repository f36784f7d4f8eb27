// --cache-from: build caches elsewhere, read as late as can be.
//
// A source is opened when a key is first not found in the store. A hit in it
// gives the layer's diffID and stable digest, so all keys that follow are known
// without a byte of it. A layer's index is read when somebody asks about its
// files (LayerProvider::find_index), its bytes when they are opened, mounted,
// or part of what is kept.
//
// A source is right or it is not used: bytes are compared with their digest and
// tars with their diffID before a layer of them is there, layers with their
// stable digest before a record speaks of them, and a record with its layer.
// What a RUN has set of times (set_times.h) nobody can compare. One that turns
// out wrong is dropped with a warning, for good; when steps were already taken
// from it, CacheLost starts the solve again (build.cc). Nothing here fails a
// build.
//
// Records of hits go into the store with their layer, never before: what the
// store's records speak of is there.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/trace.h"
#include "builder/cache_source.h"
#include "builder/progress.h"
#include "builder/snapshot.h"
#include "store/layer_provider.h"

namespace builder {

// A source that steps were taken from is of no use any more: all that stands
// on it has to be looked up again. No base::Error, as no step has failed.
class CacheLost : public std::exception {
 public:
  const char* what() const noexcept override {
    return "a build cache was lost amid the build";
  }
};

struct CacheImportCost {
  std::uint64_t read_bytes = 0;
  std::chrono::milliseconds elapsed{};  // while anything was being read
};

// Threads: find() one at a time, the others at once.
class CacheImports : public store::LayerProvider {
 public:
  struct Options {
    // Takes the rights that layers' files need; called before each use of them.
    std::function<void()> before_files;
    std::stop_token stop;
    base::Trace* trace = nullptr;
    // In bytes, of all layers' indexes together: some three million files.
    std::uint64_t most_index_memory = std::uint64_t{1} << 30U;
  };
  CacheImports(store::Store& store,
               std::vector<std::unique_ptr<CacheSource>> sources,
               Progress& progress, Options options);
  // From here on the store asks this for layers it lacks.
  void serve();
  ~CacheImports() override;
  CacheImports(const CacheImports&) = delete;
  CacheImports& operator=(const CacheImports&) = delete;

  struct Hit {
    store::CachedStep step;
    std::string origin;
  };
  // What the stable digest of a step's record is of: a RUN's may be of the
  // times that it set, too; any other step's is its layer's.
  enum class DigestOf { layer, layer_or_times };
  // In the order of the sources. Throws: CacheLost, cancelled.
  std::optional<Hit> find(const base::Digest& key, DigestOf digest);
  // Puts the record into the store as soon as its layer is there.
  void keep(store::CacheRecord record);
  // Those of this layer that are not there yet.
  std::vector<store::CacheRecord> waiting(const base::Digest& diff_id) const;

  // What the caches say that a layer's stable digest is, whether its bytes are
  // theirs or a base's. It is compared where the layer's index or bytes are
  // read here; who reads the bytes elsewhere calls confirm(). Opens sources.
  // Throws: cancelled.
  std::optional<base::Digest> find_stable(const base::Digest& diff_id);
  // To be called when a layer came into the store that find_stable() has told
  // of, before a step stands on it. Throws: CacheLost where that was wrong.
  void confirm(const base::Digest& diff_id);

  // Of a base's layer, too.
  std::shared_ptr<const store::LayerIndex> find_index(
      const base::Digest& diff_id) override;
  void fetch(const base::Digest& diff_id) override;
  // Several at a time. Throws: CacheLost, cancelled.
  void fetch(std::span<const base::Digest> diff_ids);
  void fetch(const Snapshot& snapshot) { fetch(snapshot.diff_ids()); }

  // A layer that the store lacks, with the source's blob of it; for handing it
  // on as it is.
  struct Located {
    store::CachedLayer layer;
    std::shared_ptr<CacheSource> source;
  };
  std::optional<Located> locate(const base::Digest& diff_id) const;
  // What is known of any layer, a base's too; it has no blob.
  std::optional<Located> find_described(const base::Digest& diff_id) const;

  CacheImportCost cost() const;
  // How many sources are no longer used.
  std::size_t dropped() const;
  // Blobs that were not what they should be.
  std::set<base::Digest> damaged() const;

 private:
  struct Source {
    std::shared_ptr<CacheSource> from;
    std::shared_ptr<const store::CacheIndex> index;  // null until it is opened
    bool is_dropped = false;
  };
  struct State {
    std::vector<Source> sources;
    std::map<base::Digest, std::vector<store::CacheRecord>> waiting;
    std::map<base::Digest, std::shared_ptr<const store::LayerIndex>> indexes;
    std::uint64_t index_memory = 0;  // what they take
    std::set<base::Digest> fetching;
    std::set<base::Digest> damaged;
    std::size_t busy = 0;  // works under way, and since when
    std::chrono::steady_clock::time_point busy_since;
    std::chrono::steady_clock::duration busy_time{};
  };
  // While it lives, time is counted as the caches'.
  class Work;
  struct Found {
    std::size_t source;
    store::CachedLayer layer;
    std::shared_ptr<CacheSource> from;
  };
  const store::CacheIndex* open(std::size_t number);
  std::optional<Found> find_layer(const base::Digest& diff_id) const;
  std::optional<Found> find_known(const base::Digest& diff_id) const;
  bool is_of_its_layer(const store::CachedStep& step,
                       const store::CachedLayer& layer) const;
  void extract(const Found& found);
  void publish_records(const base::Digest& diff_id);
  void drop(std::size_t number, const std::string& why,
            const store::CachedLayer* layer);
  // Runs `work`; what it throws costs the source.
  template <typename Function>
  auto guard(const Found& found, const Function& work);

  store::Store& store_;
  Progress& progress_;
  Options options_;
  mutable base::Guarded<State> state_;
  std::condition_variable changed_;
  std::atomic<std::uint64_t> read_bytes_ = 0;
};

}  // namespace builder
