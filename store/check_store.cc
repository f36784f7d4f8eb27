// The check goes both ways. Records first name what must be on disk; then what
// is on disk is looked up in the records. Both lists are taken in one moment
// when nobody writes; the long reading happens afterwards, while builds go on:
// blobs and layers never change once they are there.

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "store/layer_io.h"
#include "store/lost_details.h"
#include "store/recorded.h"
#include "store/store.h"

namespace store {
namespace {

namespace fs = std::filesystem;

struct Snapshot {
  struct LayerRow {
    base::Digest diff_id;
    base::Digest stable_digest;
    base::Digest index_digest;  // unset where it was not recorded
  };
  std::vector<LayerRow> extracted;
  std::set<base::Digest> known_layers;  // in whatever state
  std::unordered_set<base::Digest> recorded_blobs;
  std::unordered_set<std::string> recorded_layers;
  std::vector<base::Digest> stored_blobs;
  std::vector<std::string> stored_layers;
  std::vector<std::string> dead_short_links;
  std::vector<base::Digest> images;
  std::vector<std::string> loose_tags;
};

class Checker {
 public:
  explicit Checker(Store& store) : store_(store) {}

  std::vector<std::string> run() {
    check_database();
    take_snapshot();
    check_blobs();
    for (const Snapshot::LayerRow& row : snapshot_.extracted) check_layer(row);
    check_unrecorded_layers();
    check_images();
    for (std::string& line : store_.resolved_images().list_damage()) {
      damage_.push_back(std::move(line));
    }
    if (const std::size_t count = count_dead_leases(store_.root())) {
      report(
          "{} unfinished {} of dead processes in tmp; the next build "
          "removes {}",
          count, count == 1 ? "work directory" : "work directories",
          count == 1 ? "it" : "them");
    }
    return std::move(damage_);
  }

 private:
  template <typename... Args>
  void report(fmt::format_string<Args...> format, Args&&... args) {
    damage_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void check_database();
  void take_snapshot();
  void read_rows();
  void read_directories();
  void check_blobs();
  void check_blob(const base::Digest& digest);
  void check_layer(const Snapshot::LayerRow& row);
  static base::Digest read_digest(const Entry& entry, const base::Fd& file);
  void compare_files(const std::string& name, const fs::path& diff,
                     const LayerIndex& index);
  void check_unrecorded_layers();
  void check_images();

  Store& store_;
  Snapshot snapshot_;
  std::vector<std::string> damage_;
};

void Checker::check_database() {
  const auto lock = store_.database().lock();
  Statement statement = store_.database().prepare("PRAGMA quick_check(10)");
  while (statement.step()) {
    if (statement.text_view(0) != "ok") {
      report("database: {}", statement.text(0));
    }
  }
}

void Checker::take_snapshot() {
  // Rolled back: it only keeps others from renaming and recording meanwhile.
  const Transaction transaction(store_.database());
  read_rows();
  read_directories();
}

void Checker::read_rows() {
  Database& database = store_.database();
  snapshot_.recorded_blobs = read_recorded_blobs(database);
  snapshot_.recorded_layers = read_recorded_layers(database);
  Statement layers = database.prepare(
      "SELECT diff_id, stable_digest, index_digest, state = 2 FROM layers");
  while (layers.step()) {
    snapshot_.known_layers.insert(layers.digest(0));
    if (layers.integer(3) == 0) continue;
    snapshot_.extracted.push_back(
        {layers.digest(0), layers.digest(1), layers.digest(2)});
  }
  Statement images = database.prepare("SELECT image_id FROM images");
  while (images.step()) snapshot_.images.push_back(images.digest(0));
  Statement tags = database.prepare(
      "SELECT reference FROM tags WHERE image_id NOT IN "
      "(SELECT image_id FROM images) ORDER BY reference");
  while (tags.step()) snapshot_.loose_tags.push_back(tags.text(0));
}

void Checker::read_directories() {
  snapshot_.stored_blobs = store_.blobs().list();
  const fs::path overlay2 = store_.root() / "overlay2";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(overlay2, error)) {
    const std::string name = entry.path().filename();
    if (name != "l") snapshot_.stored_layers.push_back(name);
  }
  for (const auto& entry : fs::directory_iterator(overlay2 / "l", error)) {
    if (!fs::exists(entry.path(), error)) {
      snapshot_.dead_short_links.push_back(entry.path().filename());
    }
  }
}

void Checker::check_blobs() {
  const std::set<base::Digest> stored(snapshot_.stored_blobs.begin(),
                                      snapshot_.stored_blobs.end());
  for (const base::Digest& digest : snapshot_.recorded_blobs) {
    if (!stored.contains(digest)) {
      report(
          "blob {} is recorded but not stored; build or pull its image "
          "again",
          digest.str());
    }
  }
  for (const base::Digest& digest : stored) check_blob(digest);
}

void Checker::check_blob(const base::Digest& digest) {
  const std::optional<base::Fd> file = store_.blobs().find(digest);
  if (!file) return;  // collected since
  struct stat status {};
  if (!snapshot_.recorded_blobs.contains(digest) &&
      ::fstat(file->get(), &status) == 0 && status.st_nlink == 1) {
    report("blob {} is not recorded; collection would remove it", digest.str());
  }
  base::Hasher hasher;
  std::array<std::byte, 131072> buffer{};
  while (const std::size_t count =
             base::read_some(*file, buffer.data(), buffer.size())) {
    hasher.update(std::span<const std::byte>(buffer).first(count));
  }
  if (hasher.finish() != digest) {
    report("blob {} has other bytes than its name says", digest.str());
  }
}

void Checker::check_layer(const Snapshot::LayerRow& row) {
  const std::string name = row.diff_id.str();
  const fs::path directory = store_.root() / "overlay2" / row.diff_id.hex();
  std::error_code error;
  if (!fs::is_directory(directory / "diff", error)) {
    report("layer {} is recorded but has no directory", name);
    return;
  }
  try {
    const LayerIndex index = LayerIndex::read(directory / "index");
    const bool is_same_file =
        !row.index_digest.is_set() ||
        base::Digest::of(base::read_file(directory / "index")) ==
            row.index_digest;
    if (!is_same_file || index.stable_digest() != row.stable_digest) {
      report("layer {}: its index is not the recorded one", name);
      return;
    }
    compare_files(name, directory / "diff", index);
  } catch (const base::Error& trouble) {
    report("layer {}: {}", name, trouble.message());
  }
}

// Reads every file of the layer. The root directory's own entry is left out:
// its times change with every mount point made in it.
// The error says which file it was.
base::Digest Checker::read_digest(const Entry& entry, const base::Fd& file) {
  base::Hasher hasher;
  std::array<std::byte, 131072> buffer{};
  std::size_t count = 0;
  try {
    while (file &&
           (count = base::read_some(file, buffer.data(), buffer.size())) > 0) {
      hasher.update(std::span<const std::byte>(buffer).first(count));
    }
  } catch (base::Error& error) {
    error.add_context(fmt::format("/{}", entry.path));
    throw;
  }
  return hasher.finish();
}

void Checker::compare_files(const std::string& name, const fs::path& diff,
                            const LayerIndex& index) {
  const FileRights& rights = store_.layers().io().rights();
  std::set<std::string> missing;
  for (const Entry& entry : index.entries()) {
    Entry on_disk = entry;
    if (!entry.path.empty() && reduce_to_disk(on_disk, rights)) {
      missing.insert(entry.path);
    }
  }
  store_.layers().io().walk(diff, [&](Entry& entry, const base::Fd& file) {
    if (entry.path.empty()) return;
    missing.erase(entry.path);
    std::optional<Entry> expected;
    if (const Entry* found = index.find(entry.path)) {
      expected = *found;
      if (!reduce_to_disk(*expected, rights)) expected.reset();
    }
    if (!expected) {
      report("layer {}: /{} is not in its index", name, entry.path);
      return;
    }
    if (entry.type == EntryType::regular) {
      entry.content = read_digest(entry, file);
      if (entry.size_bytes == 0) entry.content = expected->content;
    }
    if (entry != *expected) {
      report("layer {}: /{} differs from its index{}", name, entry.path,
             entry.content != expected->content ? " in content" : "");
    }
  });
  for (const std::string& path : missing) {
    report("layer {}: /{} is missing", name, path);
  }
}

void Checker::check_unrecorded_layers() {
  std::sort(snapshot_.stored_layers.begin(), snapshot_.stored_layers.end());
  for (const std::string& name : snapshot_.stored_layers) {
    if (!snapshot_.recorded_layers.contains(name)) {
      report("overlay2/{} is not recorded; collection would remove it", name);
    }
  }
  for (const std::string& name : snapshot_.dead_short_links) {
    report("overlay2/l/{} leads nowhere", name);
  }
}

void Checker::check_images() {
  for (const base::Digest& id : snapshot_.images) {
    try {
      for (const base::Digest& diff_id : store_.images().config(id).diff_ids) {
        if (!snapshot_.known_layers.contains(diff_id)) {
          report("image {} lists the layer {}, which is not known", id.str(),
                 diff_id.str());
        }
      }
    } catch (const base::Error& trouble) {
      report("image {}: {}", id.str(), trouble.message());
    }
  }
  for (const std::string& tag : snapshot_.loose_tags) {
    report("tag {} points to an image that is not recorded", tag);
  }
}

}  // namespace

std::vector<std::string> check_store(Store& store) {
  return Checker(store).run();
}

}  // namespace store
