#include "store/cache_layers.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "store/chains.h"
#include "store/database.h"
#include "store/layer_use.h"
#include "store/store.h"

namespace store {
namespace {

using std::chrono::sys_seconds;

// Every layer of every image; a recursive walk down each chain.
constexpr const char* kImageLayers =
    "WITH RECURSIVE stack (image_id, chain_id) AS ("
    "  SELECT image_id, chain_id FROM images"
    "  UNION SELECT stack.image_id, chains.parent FROM stack"
    "  JOIN chains USING (chain_id)) "
    "SELECT image_id, diff_id FROM stack JOIN chains USING (chain_id)";
constexpr const char* kForgetLostRecords =
    "DELETE FROM cache_records WHERE diff_id NOT NULL"
    " AND diff_id NOT IN (SELECT diff_id FROM layers)";

sys_seconds time_at(const Statement& row, int column) {
  return sys_seconds(std::chrono::seconds(row.integer(column)));
}

using ImagesByLayer = std::map<base::Digest, std::vector<base::Digest>>;

ImagesByLayer read_image_layers(Database& database) {
  ImagesByLayer images;
  Statement rows = database.prepare(kImageLayers);
  while (rows.step()) images[rows.digest(1)].push_back(rows.digest(0));
  return images;
}

void add_records(Database& database,
                 std::map<base::Digest, CacheLayer>& layers) {
  Statement rows = database.prepare(
      "SELECT diff_id, parts, last_used FROM cache_records "
      "WHERE diff_id NOT NULL ORDER BY recorded, rowid");
  while (rows.step()) {
    const auto layer = layers.find(rows.digest(0));
    if (layer == layers.end()) continue;
    layer->second.parts = rows.text(1);
    layer->second.last_used =
        std::max(layer->second.last_used, time_at(rows, 2));
  }
}

// A second link is a build's that still needs it (blob_store.h).
bool is_pinned(const BlobStore& blobs, const base::Digest& blob) {
  struct stat status {};
  return ::lstat(blobs.path_of(blob).c_str(), &status) == 0 &&
         status.st_nlink > 1;
}

void run_for(Database& database, std::string_view sql,
             const base::Digest& digest) {
  database.prepare(sql).bind(0, digest).run();
}

// The database logs each page that a row stood on. On a full disk there is only
// the reserve to write that into, some hundred pages; the files that so few
// layers had are the room in which twice as many are forgotten next.
constexpr std::size_t kFirstBatch = 8;

void forget_some(Store& store, std::span<const base::Digest> layers,
                 std::span<const base::Digest> blobs, Forgotten& forgotten) {
  Database& database = store.database();
  const DirectoryLock decision(store.root() / "overlay2",
                               DirectoryLock::Mode::exclusive);
  Transaction transaction(database);
  const HeldByLeases held = read_held(store.root());
  const ImagesByLayer images = read_image_layers(database);
  for (const base::Digest& diff_id : layers) {
    if (held.layers.contains(diff_id)) continue;
    forgotten.layers.insert(diff_id);
    run_for(database, "DELETE FROM cache_records WHERE diff_id = ?", diff_id);
    if (images.contains(diff_id)) continue;
    run_for(database, "DELETE FROM layer_blobs WHERE diff_id = ?", diff_id);
    run_for(database, "DELETE FROM layers WHERE diff_id = ?", diff_id);
  }
  for (const base::Digest& blob : blobs) {
    if (is_pinned(store.blobs(), blob)) continue;
    forgotten.blobs.insert(blob);
    run_for(database, "DELETE FROM layer_blobs WHERE blob_digest = ?", blob);
  }
  database.execute(kForgetLostRecords);
  forget_unused_chains(database);
  transaction.commit();
}

}  // namespace

std::vector<CacheLayer> list_cache_layers(Store& store) {
  Database& database = store.database();
  const HeldByLeases held = read_held(store.root());
  std::map<base::Digest, CacheLayer> layers;
  ImagesByLayer images;
  {
    const auto lock = database.lock();
    Statement rows = database.prepare(
        "SELECT diff_id, file_bytes, created, last_used FROM layers");
    while (rows.step()) {
      CacheLayer& layer = layers[rows.digest(0)];
      layer.diff_id = rows.digest(0);
      layer.size_bytes = static_cast<std::uint64_t>(rows.integer(1));
      layer.created = time_at(rows, 2);
      layer.last_used = time_at(rows, 3);
    }
    add_records(database, layers);
    images = read_image_layers(database);
  }
  std::vector<CacheLayer> list;
  for (auto& [diff_id, layer] : layers) {
    const auto needed = images.find(diff_id);
    if (needed != images.end()) layer.images = std::move(needed->second);
    if (layer.parts.empty() && !layer.images.empty()) continue;
    layer.is_in_use = held.layers.contains(diff_id);
    list.push_back(std::move(layer));
  }
  return list;
}

std::vector<MadeBlob> list_made_blobs(Store& store) {
  Database& database = store.database();
  std::vector<MadeBlob> blobs;
  {
    const auto lock = database.lock();
    Statement rows = database.prepare(
        "SELECT b.blob_digest, b.diff_id, b.blob_bytes FROM layer_blobs AS b "
        "JOIN layers AS l USING (diff_id) "
        "WHERE b.compressor <> '' AND l.state = 2");
    while (rows.step()) {
      blobs.push_back({rows.digest(0),
                       rows.digest(1),
                       static_cast<std::uint64_t>(rows.integer(2)),
                       {},
                       false});
    }
  }
  for (MadeBlob& blob : blobs) {
    struct stat status {};
    if (::lstat(store.blobs().path_of(blob.digest).c_str(), &status) != 0) {
      continue;
    }
    blob.created = sys_seconds(std::chrono::seconds(status.st_mtim.tv_sec));
    blob.is_in_use = status.st_nlink > 1;
  }
  return blobs;
}

// The lease is there for who comes after a crash: a dead one says that there
// may be something unrecorded.
Forgotten forget(Store& store, std::span<const base::Digest> layers,
                 std::span<const base::Digest> blobs) {
  const Lease mark = store.lease();
  Forgotten forgotten;
  std::size_t size = kFirstBatch;
  do {
    const std::size_t some_layers = std::min(size, layers.size());
    const std::size_t some_blobs = std::min(size, blobs.size());
    forget_some(store, layers.first(some_layers), blobs.first(some_blobs),
                forgotten);
    store.collect();
    layers = layers.subspan(some_layers);
    blobs = blobs.subspan(some_blobs);
    size *= 2;
  } while (!layers.empty() || !blobs.empty());
  return forgotten;
}

}  // namespace store
