#include "builder/cache_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "builder/layout_target.h"
#include "builder/mount_transfer.h"
#include "store/directory.h"
#include "store/layer_use.h"
#include "store/zstd_writer.h"

namespace builder {
namespace {

constexpr std::chrono::days kLongestUnused{30};
constexpr std::size_t kBufferBytes = std::size_t{256} << 10U;

void pump(const store::ByteSource& from, const store::ByteSink& to) {
  std::vector<std::byte> buffer(kBufferBytes);
  while (const std::size_t count = from(buffer.data(), buffer.size())) {
    to({reinterpret_cast<const char*>(buffer.data()), count});
  }
}

class Exporter {
 public:
  Exporter(store::Store& store, const CacheTo& to,
           const CacheExportOptions& options)
      : store_(store),
        to_(to),
        options_(options),
        target_(to.directory, to.tag, options.stop),
        lease_(store.lease()) {
    lease_.stop_on(options.stop);
  }

  void run(const std::vector<store::CachedStep>& steps) {
    index_ = target_.read_index();
    const auto today =
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    // A clock that was ahead keeps nothing for ever.
    for (auto& [key, step] : index_.records) {
      step.used = std::min<std::chrono::sys_seconds>(step.used, today);
    }
    std::erase_if(index_.records, [&](const auto& item) {
      return today - item.second.used > kLongestUnused;
    });
    forget_damaged();
    std::size_t lost = 0;
    for (const store::CachedStep& step : steps) {
      if (!add_layer(step.diff_id)) {
        ++lost;
        continue;
      }
      store::CachedStep stamped = step;
      stamped.used = today;
      index_.records.insert_or_assign(step.key, std::move(stamped));
    }
    drop_unnamed_layers();
    if (lost > 0) {
      warnings_.push_back(fmt::format(
          "{} of {} records are left out: their layers are gone from the store",
          lost, steps.size()));
    }
    const std::vector<base::Descriptor> mounts = add_mounts();
    trim();
    target_.commit(index_, mounts);
  }

  std::vector<std::string> take_warnings() { return std::move(warnings_); }

  std::uint64_t written_bytes() const { return target_.written_bytes(); }

 private:
  // Of blobs that were found to be wrong when they were read here.
  void forget_damaged() {
    if (options_.imports == nullptr) return;
    const std::set<base::Digest> damaged = options_.imports->damaged();
    damaged_ = damaged;
    std::erase_if(index_.layers, [&](const auto& item) {
      const store::CachedLayer& layer = item.second;
      return damaged.contains(layer.blob.digest) ||
             (layer.index && damaged.contains(layer.index->digest));
    });
    std::erase_if(index_.records, [&](const auto& item) {
      return !index_.layers.contains(item.second.diff_id);
    });
  }

  bool is_wanted(const std::string& id) const {
    if (to_.has_all_mounts) return true;
    return std::any_of(
        to_.mounts.begin(), to_.mounts.end(),
        [&id](const std::string& wish) { return is_mount_of(id, wish); });
  }

  // The blobs of all mounts, those that stay as they were among them.
  std::vector<base::Descriptor> add_mounts() {
    std::map<std::string, store::MountList> lists;
    std::map<base::Digest, store::MountChunk> known;
    for (const auto& [id, mount] : index_.mounts) {
      auto list = read_mount_list(target_, mount);
      if (!list) continue;
      for (const store::MountChunk& chunk : list->chunks) {
        known.emplace(chunk.content, chunk);
      }
      lists.emplace(id, std::move(*list));
    }
    for (const store::CacheMount& mount : store::CacheMounts(store_).list()) {
      if (!is_wanted(mount.id)) continue;
      try {
        auto list = pack_mount(store_, mount, target_, known, options_.stop);
        if (list) {
          lists.insert_or_assign(mount.id, std::move(*list));
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
      if (std::none_of(lists.begin(), lists.end(), [&](const auto& list) {
            return is_mount_of(list.first, wish);
          })) {
        warnings_.push_back(
            fmt::format("there is no cache mount \"{}\"", wish));
      }
    }
    index_.mounts.clear();
    std::vector<base::Descriptor> blobs;
    for (const auto& [id, list] : lists) {
      index_.mounts.emplace(id, put_mount_list(target_, id, list));
      blobs.push_back(index_.mounts.at(id).list);
      for (const store::MountChunk& chunk : list.chunks) {
        blobs.push_back(chunk.blob);
      }
    }
    return blobs;
  }

  // What was of no use for longest is left out of an index that nobody could
  // read: a tenth at a time, until it fits.
  void trim() {
    const std::size_t all = index_.records.size();
    while (!index_.records.empty() && store::render_cache_index(index_).size() >
                                          store::kMostDocumentBytes) {
      std::vector<store::CachedStep> steps;
      for (auto& [key, step] : index_.records) {
        steps.push_back(std::move(step));
      }
      const auto kept =
          steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 10 + 1);
      const auto time_of = [](const store::CachedStep& step) {
        return std::pair(step.used, step.recorded);
      };
      std::nth_element(steps.begin(), kept - 1, steps.end(),
                       [&](const auto& one, const auto& other) {
                         return time_of(one) < time_of(other);
                       });
      index_.records.clear();
      for (auto step = kept; step != steps.end(); ++step) {
        index_.records.emplace(step->key, std::move(*step));
      }
      drop_unnamed_layers();
    }
    if (const std::size_t left_out = all - index_.records.size()) {
      warnings_.push_back(
          fmt::format("{} of {} records are left out: the cache has no room "
                      "for more, and these were not used for longest",
                      left_out, all));
    }
  }

  void drop_unnamed_layers() {
    std::set<base::Digest> named;
    for (const auto& [key, step] : index_.records) named.insert(step.diff_id);
    std::erase_if(index_.layers, [&](const auto& item) {
      return !named.contains(item.first);
    });
  }

  // The layer, which stays until this goes (store/layer_use.h).
  std::optional<store::Layer> find_held(const base::Digest& diff_id) {
    const store::DirectoryLock moment(store_.root() / "overlay2",
                                      store::DirectoryLock::Mode::shared);
    store::hold_layers(lease_, {&diff_id, 1});
    return store_.layers().find(diff_id);
  }

  // False when the layer is nowhere.
  bool add_layer(const base::Digest& diff_id) {
    const auto there = index_.layers.find(diff_id);
    const auto layer = find_held(diff_id);
    if (there != index_.layers.end()) {
      // One that says something else than we know better is a lie; after one
      // lie, or damage, nothing is believed that can be made again.
      const bool is_believed =
          !layer || (damaged_.empty() &&
                     there->second.stable_digest == layer->stable_digest &&
                     there->second.tar_bytes == layer->tar_bytes);
      if (is_believed) return true;
      index_.layers.erase(there);
    }
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

  void add_own(const store::Layer& layer) {
    base::Span span(options_.trace, "cache", "export layer");
    span.add("layer", layer.diff_id);
    store::CachedLayer added{.diff_id = layer.diff_id,
                             .stable_digest = layer.stable_digest,
                             .tar_bytes = layer.tar_bytes,
                             .blob = {},
                             .index = {}};
    if (to_.compression == store::Compression::none) {
      added.blob = {std::string(base::media_type::kOciLayerTar),
                    layer.diff_id,
                    layer.tar_bytes,
                    {}};
      add(added.blob, [&](const store::ByteSink& sink) {
        store_.layers().write_tar(layer.diff_id, sink);
      });
    } else {
      added.blob =
          store_.layers().ensure_blob(lease_, layer.diff_id, to_.compression);
      add(added.blob, [&](const store::ByteSink& sink) {
        const auto blob = store_.blobs().find(added.blob.digest);
        pump(
            [&blob](std::byte* buffer, std::size_t size) {
              return base::read_some(blob.value(), buffer, size);
            },
            sink);
      });
    }
    const std::string index = store_.layers().index(layer.diff_id)->render();
    added.index_bytes = index.size();
    const std::string packed = store::compress_zstd(index);
    added.index = base::Descriptor{std::string(store::kCacheLayerIndexType),
                                   base::Digest::of(packed),
                                   packed.size(),
                                   {}};
    add(*added.index, [&](const store::ByteSink& sink) { sink(packed); });
    index_.layers.emplace(layer.diff_id, std::move(added));
  }

  // From the cache it came from, as it is there.
  void hand_on(const CacheImports::Located& found) {
    const auto copy = [&](const base::Descriptor& blob) {
      add(blob, [&](const store::ByteSink& sink) {
        pump(verify_blob(found.source->open_blob(blob), blob), sink);
      });
    };
    copy(found.layer.blob);
    if (found.layer.index) copy(*found.layer.index);
    index_.layers.emplace(found.layer.diff_id, found.layer);
  }

  void add(const base::Descriptor& blob, const LayoutTarget::Write& write) {
    if (target_.has(blob) && !damaged_.contains(blob.digest)) return;
    target_.add(blob, write);
  }

  store::Store& store_;
  const CacheTo& to_;
  const CacheExportOptions& options_;
  LayoutTarget target_;
  store::Lease lease_;
  store::CacheIndex index_;
  std::set<base::Digest> damaged_;
  std::vector<std::string> warnings_;
};

}  // namespace

CacheExportCost export_cache(store::Store& store, const CacheTo& to,
                             const std::vector<store::CachedStep>& steps,
                             const CacheExportOptions& options) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  base::Span span(options.trace, "cache", "export");
  span.add("directory", to.directory.native());
  CacheExportCost cost;
  Exporter exporter(store, to, options);
  exporter.run(steps);
  cost.warnings = exporter.take_warnings();
  cost.written_bytes = exporter.written_bytes();
  cost.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      Clock::now() - start);
  span.add("bytes", cost.written_bytes);
  return cost;
}

}  // namespace builder
