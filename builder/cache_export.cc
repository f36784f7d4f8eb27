#include "builder/cache_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/guarded.h"
#include "builder/cache_merge.h"
#include "builder/mount_transfer.h"
#include "builder/parallel.h"
#include "store/directory.h"
#include "store/layer_use.h"
#include "store/zstd_writer.h"

namespace builder {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10U;
// Each compresses one layer on its way.
constexpr std::size_t kMostAtOnce = 4;

void pump(const store::ByteSource& from, const store::ByteSink& to) {
  std::vector<std::byte> buffer(kBufferBytes);
  while (const std::size_t count = from(buffer.data(), buffer.size())) {
    to({reinterpret_cast<const char*>(buffer.data()), count});
  }
}

class Exporter {
 public:
  Exporter(store::Store& store, CacheTarget& target, const CacheTo& to,
           const CacheExportOptions& options)
      : store_(store),
        target_(target),
        to_(to),
        options_(options),
        lease_(store.lease()) {
    lease_.stop_on(options.stop);
  }

  void run(const std::vector<store::CachedStep>& steps) {
    index_ = target_.read_index();
    forget(index_);
    const std::set<base::Digest> absent = add_layers(steps);
    std::size_t lost = 0;
    for (const store::CachedStep& step : steps) {
      if (absent.contains(step.diff_id)) {
        ++lost;
        continue;
      }
      store::CachedStep stamped = step;
      stamped.used = today_;
      index_.records.insert_or_assign(step.key, std::move(stamped));
    }
    for (const base::Digest& diff_id : options_.bases) add_base(diff_id);
    drop_unnamed_layers(index_);
    if (lost > 0) {
      warnings_.push_back(fmt::format(
          "{} of {} records are left out: their layers are gone from the store",
          lost, steps.size()));
    }
    read_mounts(index_);
    add_mounts();
    commit();
  }

  std::vector<std::string> take_warnings() { return std::move(warnings_); }

 private:
  // What nobody wants any more of what is there.
  void forget(store::CacheIndex& index) const {
    forget_unused(index, today_);
    std::erase_if(index.layers, [&](const auto& item) {
      const store::CachedLayer& layer = item.second;
      return damaged_.contains(layer.blob.digest) ||
             (layer.index && damaged_.contains(layer.index->digest));
    });
    std::erase_if(index.bases, [&](const auto& item) {
      const auto& base_index = item.second.layer.index;
      return base_index && damaged_.contains(base_index->digest);
    });
    drop_lost_records(index);
  }

  // Until what others write meanwhile is in it.
  void commit() {
    std::size_t left_out = 0;
    for (;;) {
      const std::vector<base::Descriptor> mounts = put_mounts();
      left_out = std::max(left_out, trim_index(index_));
      auto theirs = target_.commit(index_, mounts);
      if (!theirs) break;
      forget(*theirs);
      read_mounts(*theirs);
      merge_index(index_, std::move(*theirs));
    }
    if (left_out > 0) {
      warnings_.push_back(
          fmt::format("{} of {} records are left out: the cache has no room "
                      "for more, and these were not used for longest",
                      left_out, left_out + index_.records.size()));
    }
  }

  bool is_wanted(const std::string& id) const {
    if (to_.has_all_mounts) return true;
    return std::any_of(
        to_.mounts.begin(), to_.mounts.end(),
        [&id](const std::string& wish) { return is_mount_of(id, wish); });
  }

  // Those that are whole; of one that is known already, nothing.
  void read_mounts(const store::CacheIndex& index) {
    for (const auto& [id, mount] : index.mounts) {
      if (lists_.contains(id)) continue;
      auto list = read_mount_list(target_, mount);
      if (list) lists_.emplace(id, std::move(*list));
    }
  }

  void add_mounts() {
    std::map<base::Digest, store::MountChunk> known;
    for (const auto& [id, list] : lists_) {
      for (const store::MountChunk& chunk : list.chunks) {
        known.emplace(chunk.content, chunk);
      }
    }
    for (const store::CacheMount& mount : store::CacheMounts(store_).list()) {
      if (!is_wanted(mount.id)) continue;
      try {
        auto list = pack_mount(store_, mount, target_, known, options_.stop);
        if (list) {
          lists_.insert_or_assign(mount.id, std::move(*list));
        } else {
          warnings_.push_back(fmt::format(
              "the cache mount {} is left out: it is gone, or half-written by "
              "a step that was stopped",
              mount.id));
        }
      } catch (const base::Error& error) {
        if (error.kind() == base::ErrorKind::cancelled) throw;
        warnings_.push_back(fmt::format("the cache mount {} is left out: {}",
                                        mount.id, error.message()));
      }
    }
    for (const std::string& wish : to_.mounts) {
      if (std::none_of(lists_.begin(), lists_.end(), [&](const auto& list) {
            return is_mount_of(list.first, wish);
          })) {
        warnings_.push_back(
            fmt::format("there is no cache mount \"{}\"", wish));
      }
    }
  }

  // The blobs of all mounts, those that stay as they were among them.
  std::vector<base::Descriptor> put_mounts() {
    index_.mounts.clear();
    std::vector<base::Descriptor> blobs;
    for (const auto& [id, list] : lists_) {
      index_.mounts.emplace(id, put_mount_list(target_, id, list));
      blobs.push_back(index_.mounts.at(id).list);
      for (const store::MountChunk& chunk : list.chunks) {
        blobs.push_back(chunk.blob);
      }
    }
    return blobs;
  }

  // The layer, which stays until this goes (store/layer_use.h).
  std::optional<store::Layer> find_held(const base::Digest& diff_id) {
    const store::DirectoryLock moment(store_.root() / "overlay2",
                                      store::DirectoryLock::Mode::shared);
    store::hold_layers(lease_, {&diff_id, 1});
    return store_.layers().find(diff_id);
  }

  // Several at a time. Returns those that are nowhere.
  std::set<base::Digest> add_layers(
      const std::vector<store::CachedStep>& steps) {
    std::vector<base::Digest> diff_ids;
    std::set<base::Digest> seen;
    for (const store::CachedStep& step : steps) {
      if (seen.insert(step.diff_id).second) diff_ids.push_back(step.diff_id);
    }
    base::Guarded<std::set<base::Digest>> absent;
    run_parallel(diff_ids.size(), kMostAtOnce, [&](std::size_t number) {
      const base::Digest& diff_id = diff_ids[number];
      if (!add_layer(diff_id)) absent.lock()->insert(diff_id);
    });
    return std::move(*absent.lock());
  }

  // Whether the target's own entry stays.
  bool is_there(const base::Digest& diff_id,
                const std::optional<store::Layer>& layer) {
    const std::lock_guard lock(layers_mutex_);
    const auto there = index_.layers.find(diff_id);
    if (there == index_.layers.end()) return false;
    // One that says something else than we know better is a lie; after one
    // lie, or damage, nothing is believed that can be made again.
    const bool is_believed =
        !layer || (damaged_.empty() &&
                   there->second.stable_digest == layer->stable_digest &&
                   there->second.tar_bytes == layer->tar_bytes);
    if (!is_believed) index_.layers.erase(there);
    return is_believed;
  }

  void name_layer(const store::CachedLayer& layer) {
    const std::lock_guard lock(layers_mutex_);
    index_.layers.emplace(layer.diff_id, layer);
  }

  // False when the layer is nowhere. Several threads at once, each with another
  // layer.
  bool add_layer(const base::Digest& diff_id) {
    const auto layer = find_held(diff_id);
    if (is_there(diff_id, layer)) return true;
    if (layer) {
      add_own(*layer);
      return true;
    }
    if (options_.imports == nullptr) return false;
    const auto found = options_.imports->locate(diff_id);
    if (!found) return false;
    hand_on(*found);
    return true;
  }

  base::Descriptor add_tar(const store::Layer& layer) {
    const CacheTarget::Write write = [&](const store::ByteSink& sink) {
      store_.layers().write_blob(lease_, layer.diff_id, to_.compression, sink);
    };
    base::Descriptor blob{
        std::string(store::media_type_of(to_.compression)), {}, 0, {}};
    if (to_.compression == store::Compression::none) {
      blob.digest = layer.diff_id;
      blob.size_bytes = layer.tar_bytes;
      add(blob, write);
      return blob;
    }
    const auto stored =
        store_.layers().find_blob(lease_, layer.diff_id, to_.compression);
    if (!stored) return target_.add_made(blob.media_type, write);
    add(*stored, [&](const store::ByteSink& sink) {
      const auto file = store_.blobs().find(stored->digest);
      pump(
          [&file](std::byte* buffer, std::size_t size) {
            return base::read_some(file.value(), buffer, size);
          },
          sink);
    });
    return *stored;
  }

  void add_own(const store::Layer& layer) {
    base::Span span(options_.trace, "cache", "export layer");
    span.add("layer", layer.diff_id);
    store::CachedLayer added{.diff_id = layer.diff_id,
                             .stable_digest = layer.stable_digest,
                             .tar_bytes = layer.tar_bytes,
                             .blob = {},
                             .index = {}};
    added.blob = add_tar(layer);
    add_index(added);
    name_layer(added);
  }

  void add_index(store::CachedLayer& layer) {
    const std::string index = store_.layers().index(layer.diff_id)->render();
    layer.index_bytes = index.size();
    const std::string packed = store::compress_zstd(index);
    layer.index = base::Descriptor{std::string(store::kCacheLayerIndexType),
                                   base::Digest::of(packed),
                                   packed.size(),
                                   {}};
    add(*layer.index, [&](const store::ByteSink& sink) { sink(packed); });
  }

  // Of one that nobody has read nobody knows anything.
  void add_base(const base::Digest& diff_id) {
    const auto there = index_.bases.find(diff_id);
    const auto layer = find_held(diff_id);
    if (there != index_.bases.end() &&
        (!layer || there->second.layer.stable_digest == layer->stable_digest)) {
      there->second.used = today_;
      return;
    }
    store::CachedBase added;
    added.used = today_;
    if (layer) {
      added.layer = {.diff_id = layer->diff_id,
                     .stable_digest = layer->stable_digest,
                     .tar_bytes = layer->tar_bytes,
                     .blob = {},
                     .index = {}};
      add_index(added.layer);
    } else {
      const auto found = options_.imports == nullptr
                             ? std::nullopt
                             : options_.imports->find_described(diff_id);
      if (!found) return;
      added.layer = found->layer;
      if (added.layer.index) copy(*found->source, *added.layer.index);
    }
    index_.bases.insert_or_assign(diff_id, std::move(added));
  }

  void copy(CacheSource& source, const base::Descriptor& blob) {
    add(blob, [&](const store::ByteSink& sink) {
      pump(verify_blob(source.open_blob(blob), blob), sink);
    });
  }

  // From the cache it came from, as it is there.
  void hand_on(const CacheImports::Located& found) {
    copy(*found.source, found.layer.blob);
    if (found.layer.index) copy(*found.source, *found.layer.index);
    name_layer(found.layer);
  }

  void add(const base::Descriptor& blob, const CacheTarget::Write& write) {
    if (target_.has(blob) && !damaged_.contains(blob.digest)) return;
    target_.add(blob, write);
  }

  store::Store& store_;
  CacheTarget& target_;
  const CacheTo& to_;
  const CacheExportOptions& options_;
  store::Lease lease_;
  const std::chrono::sys_days today_ =
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  // Blobs that were found to be wrong when they were read here.
  const std::set<base::Digest> damaged_ = options_.imports == nullptr
                                              ? std::set<base::Digest>()
                                              : options_.imports->damaged();
  store::CacheIndex index_;
  std::mutex layers_mutex_;  // of index_.layers while layers are added
  std::map<std::string, store::MountList> lists_;  // by the mount's id
  std::vector<std::string> warnings_;
};

}  // namespace

CacheExportCost export_cache(store::Store& store, CacheTarget& target,
                             const CacheTo& to,
                             const std::vector<store::CachedStep>& steps,
                             const CacheExportOptions& options) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  base::Span span(options.trace, "cache", "export");
  span.add("target", target.describe());
  CacheExportCost cost;
  Exporter exporter(store, target, to, options);
  exporter.run(steps);
  cost.warnings = exporter.take_warnings();
  cost.written_bytes = target.written_bytes();
  cost.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      Clock::now() - start);
  span.add("bytes", cost.written_bytes);
  return cost;
}

}  // namespace builder
