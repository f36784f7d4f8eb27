#include "store/usage.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <unordered_set>

#include "store/disk_size.h"
#include "store/recorded.h"
#include "store/store.h"

namespace store {
namespace {

namespace fs = std::filesystem;

struct LayerCount {
  std::uint64_t bytes = 0;
  std::set<base::Digest> images;
  bool is_named = false;   // one of these has a tag
  bool is_cached = false;  // a cache record leads to it
};
using LayerCounts = std::map<base::Digest, LayerCount>;

LayerCounts read_layers(Database& database) {
  const auto lock = database.lock();
  LayerCounts layers;
  Statement rows = database.prepare(
      "SELECT diff_id, file_bytes FROM layers WHERE state = ?");
  rows.bind(0, static_cast<std::int64_t>(LayerState::extracted));
  while (rows.step()) {
    layers[rows.digest(0)].bytes = static_cast<std::uint64_t>(rows.integer(1));
  }
  Statement used = database.prepare(
      "WITH RECURSIVE stack (image_id, chain_id) AS ("
      "  SELECT image_id, chain_id FROM images"
      "  UNION SELECT stack.image_id, chains.parent FROM stack"
      "  JOIN chains USING (chain_id))"
      "SELECT image_id, diff_id, EXISTS (SELECT 1 FROM tags"
      "  WHERE tags.image_id = stack.image_id AND reference NOT LIKE '%@%')"
      "FROM stack JOIN chains USING (chain_id)");
  while (used.step()) {
    const auto layer = layers.find(used.digest(1));
    if (layer == layers.end()) continue;
    layer->second.images.insert(used.digest(0));
    if (used.integer(2) != 0) layer->second.is_named = true;
  }
  Statement cached = database.prepare(
      "SELECT DISTINCT diff_id FROM cache_records WHERE diff_id NOT NULL");
  while (cached.step()) {
    const auto layer = layers.find(cached.digest(0));
    if (layer != layers.end()) layer->second.is_cached = true;
  }
  return layers;
}

std::size_t count_records(Database& database) {
  const auto lock = database.lock();
  Statement count = database.prepare("SELECT count(*) FROM cache_records");
  count.step();
  return static_cast<std::size_t>(count.integer(0));
}

void count_layer(const LayerCount& layer, StoreUsage& usage) {
  const auto add = [&](UsageCount& to, bool is_reclaimable) {
    ++to.count;
    to.size_bytes += layer.bytes;
    if (is_reclaimable) to.reclaimable_bytes += layer.bytes;
  };
  if (layer.images.empty()) {
    if (!layer.is_cached) return add(usage.unused_layers, true);
    usage.cache.size_bytes += layer.bytes;
    usage.cache.reclaimable_bytes += layer.bytes;
    return;
  }
  add(layer.images.size() > 1 ? usage.shared_layers : usage.unique_layers,
      !layer.is_named);
  usage.images.size_bytes += layer.bytes;
  if (!layer.is_named) usage.images.reclaimable_bytes += layer.bytes;
}

void count_images(Store& store, const LayerCounts& layers, StoreUsage& usage) {
  std::map<base::Digest, ImageUsage> by_image;
  for (const auto& [diff_id, layer] : layers) {
    for (const base::Digest& id : layer.images) {
      (layer.images.size() > 1 ? by_image[id].shared_bytes
                               : by_image[id].unique_bytes) += layer.bytes;
    }
  }
  for (const Image& image : store.images().list()) {
    ImageUsage& found = by_image[image.id];
    found.id = image.id;
    usage.by_image.push_back(found);
  }
  usage.images.count = usage.by_image.size();
}

void count_blobs(Store& store, UsageCount& blobs, UsageCount& resolved) {
  resolved.count = store.resolved_images().list().size();
  const auto own = store.resolved_images().own_blobs();
  const auto recorded = [&] {
    const auto lock = store.database().lock();
    return read_recorded_blobs(store.database());
  }();
  for (const base::Digest& digest : store.blobs().list()) {
    struct stat status {};
    if (::lstat(store.blobs().path_of(digest).c_str(), &status) != 0) continue;
    const std::uint64_t bytes = allocated_bytes(store.blobs().path_of(digest));
    if (own.contains(digest)) {
      resolved.size_bytes += bytes;
      continue;
    }
    ++blobs.count;
    blobs.size_bytes += bytes;
    // A second link is a build's that still needs it (blob_store.h).
    const bool is_needed = recorded.contains(digest) || status.st_nlink > 1;
    if (!is_needed) blobs.reclaimable_bytes += bytes;
  }
  resolved.reclaimable_bytes = resolved.size_bytes;
}

// Directories in `parent`, each a thing that can be made again.
UsageCount count_directories(const fs::path& parent) {
  UsageCount usage;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    if (!entry.is_directory(error)) continue;
    ++usage.count;
    usage.size_bytes += allocated_below(entry.path());
  }
  usage.reclaimable_bytes = usage.size_bytes;
  return usage;
}

}  // namespace

std::uint64_t StoreUsage::total_bytes() const {
  return images.size_bytes + unused_layers.size_bytes + cache.size_bytes +
         blobs.size_bytes + resolved_images.size_bytes +
         cache_mounts.size_bytes + logs.size_bytes + failed_steps.size_bytes +
         git_repositories.size_bytes + database_bytes + reserve_bytes;
}

UsageCount measure_nameless_images(Store& store) {
  UsageCount usage;
  for (const Image& image : store.images().list()) {
    if (image.tags.empty()) ++usage.count;
  }
  if (usage.count == 0) return usage;
  for (const auto& [diff_id, layer] : read_layers(store.database())) {
    if (layer.images.empty() || layer.is_named) continue;
    usage.size_bytes += layer.bytes;
  }
  usage.reclaimable_bytes = usage.size_bytes;
  return usage;
}

StoreUsage measure_usage(Store& store) {
  StoreUsage usage;
  const LayerCounts layers = read_layers(store.database());
  usage.layers = layers.size();
  for (const auto& [diff_id, layer] : layers) count_layer(layer, usage);
  count_images(store, layers, usage);
  usage.cache.count = count_records(store.database());
  count_blobs(store, usage.blobs, usage.resolved_images);
  usage.cache_mounts = count_directories(store.root() / "cachemounts");
  usage.git_repositories = count_directories(store.root() / "git");
  usage.logs = count_directories(store.root() / "logs");
  usage.failed_steps = count_directories(store.root() / "failed");
  for (const char* name : {"strake.db", "strake.db-wal", "strake.db-shm"}) {
    usage.database_bytes += allocated_bytes(store.root() / name);
  }
  usage.reserve_bytes = allocated_bytes(store.root() / "reserve");
  return usage;
}

}  // namespace store
