// A build cache in a directory, read: index.json, the manifest, and the key
// index; nothing else is opened before it is needed.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "builder/cache_source.h"
#include "builder/layout_choice.h"
#include "builder/layout_lock.h"
#include "builder/saved_files.h"
#include "store/manifest.h"

namespace builder {
namespace {

// A writer holds its lock for as long as it takes; a reader's look at three
// files is atomic enough without.
constexpr std::chrono::seconds kLockPatience{2};

std::string path_of(const base::Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

class LayoutCacheSource : public CacheSource {
 public:
  LayoutCacheSource(store::Store& store, std::filesystem::path directory,
                    std::string reference)
      : store_(store),
        directory_(std::move(directory)),
        reference_(std::move(reference)) {}

  std::string describe() const override {
    if (reference_.empty()) return directory_.native();
    return fmt::format("{}{}{}", directory_.native(),
                       reference_.starts_with("sha256:") ? "@" : ":",
                       reference_);
  }

  Contents read_index() override {
    open();
    const auto lock = LayoutLock::try_for(directory_, LayoutLock::Mode::shared,
                                          kLockPatience);
    const auto top = files_->find("index.json");
    if (!top) {
      throw base::Error(
          base::ErrorKind::not_found,
          fmt::format("{} has no index.json", directory_.native()));
    }
    Contents all;
    std::optional<base::Error> failure;
    bool has_any = false;
    for (const store::IndexEntry& entry : choose_layout_entries(
             store::parse_index(top->read(store::kMostDocumentBytes)),
             reference_)) {
      if (entry.is_index()) continue;  // of several platforms
      try {
        add_manifest(entry.descriptor, all);
        has_any = true;
      } catch (const base::Error& error) {
        if (!failure) failure = error;
      }
    }
    if (!has_any) {
      throw failure.value_or(base::Error(
          base::ErrorKind::not_found,
          "it has an image for several platforms, and no build cache"));
    }
    all.warning = drop_missing(all.index);
    return all;
  }

  store::ByteSource open_blob(const base::Descriptor& blob) override {
    const auto file = files_->find(path_of(blob.digest));
    if (!file) {
      throw base::Error(base::ErrorKind::not_found,
                        fmt::format("blob {} is missing", blob.digest.brief()));
    }
    return file->source();
  }

 private:
  void open() {
    if (files_) return;
    std::error_code error;
    if (!std::filesystem::is_directory(directory_, error)) {
      throw base::Error(base::ErrorKind::not_found,
                        std::filesystem::exists(directory_, error)
                            ? "it is not a directory"
                            : "there is no such directory");
    }
    lease_.emplace(store_.lease());
    files_.emplace(SavedFiles::open(directory_, *lease_));
  }

  void add_manifest(const base::Descriptor& descriptor, Contents& all) {
    const auto count = [&all](std::size_t bytes) { all.read_bytes += bytes; };
    store::CacheIndex found = read_cache(
        *this, read_blob(*this, descriptor, store::kMostDocumentBytes, count),
        count);
    all.index.records.merge(found.records);
    all.index.layers.merge(found.layers);
    all.index.bases.merge(found.bases);
    all.index.mounts.merge(found.mounts);
  }

  bool has(const base::Descriptor& blob) const {
    const auto file = files_->find(path_of(blob.digest));
    return file && file->size_bytes == blob.size_bytes;
  }

  std::string drop_missing(store::CacheIndex& index) const {
    std::erase_if(index.bases, [&](const auto& item) {
      const auto& base_index = item.second.layer.index;
      return base_index && !has(*base_index);
    });
    const std::size_t all = index.layers.size();
    const std::size_t missing =
        std::erase_if(index.layers, [&](const auto& item) {
          const store::CachedLayer& layer = item.second;
          if (!layer.blob.digest.is_set()) return false;
          return !has(layer.blob) || (layer.index && !has(*layer.index));
        });
    if (missing == 0) return {};
    return fmt::format("{} of {} layers of the cache {} are missing or cut",
                       missing, all, describe());
  }

  store::Store& store_;
  std::filesystem::path directory_;
  std::string reference_;
  std::optional<store::Lease> lease_;
  std::optional<SavedFiles> files_;
};

}  // namespace

std::unique_ptr<CacheSource> open_layout_cache(store::Store& store,
                                               std::filesystem::path directory,
                                               std::string reference) {
  return std::make_unique<LayoutCacheSource>(store, std::move(directory),
                                             std::move(reference));
}

}  // namespace builder
