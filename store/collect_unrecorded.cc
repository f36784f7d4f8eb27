#include "store/collect_unrecorded.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "store/blob_store.h"
#include "store/database.h"
#include "store/lease.h"
#include "store/recorded.h"

namespace store {
namespace {

namespace fs = std::filesystem;

// The names in a directory; none when it is absent.
std::vector<std::string> list_names(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw base::system_error(error.value(),
                             fmt::format("reading {}", directory.native()));
  }
  return names;
}

// Moved below the lease, they are removed with it.
void move_away_layers(const fs::path& overlay2,
                      const std::unordered_set<std::string>& recorded,
                      const Lease& trash) {
  for (const std::string& name : list_names(overlay2)) {
    if (name == "l" || recorded.contains(name)) continue;
    const fs::path path = overlay2 / name;
    // A directory that is in the way of nobody may stay when it cannot be
    // moved; check_store will name it.
    ::rename(path.c_str(), trash.new_path("unrecorded").c_str());
  }
}

// A short link leads to "../<id>/diff".
void remove_links(const fs::path& links,
                  const std::unordered_set<std::string>& recorded) {
  for (const std::string& name : list_names(links)) {
    std::error_code error;
    const fs::path target = fs::read_symlink(links / name, error);
    if (error) continue;
    if (recorded.contains(target.parent_path().filename().native())) continue;
    ::unlink((links / name).c_str());
  }
}

}  // namespace

std::unordered_set<base::Digest> read_recorded_blobs(Database& database) {
  Statement statement = database.prepare(
      "SELECT image_id FROM images "
      "UNION SELECT manifest_digest FROM manifests "
      "UNION SELECT blob_digest FROM layer_blobs "
      // A damaged row is one that nobody knows (resolved_images.h).
      "UNION SELECT manifest_digest FROM resolved_images "
      "WHERE length(manifest_digest) = 32 "
      "UNION SELECT image_id FROM resolved_images WHERE length(image_id) = 32");
  std::unordered_set<base::Digest> digests;
  while (statement.step()) digests.insert(statement.digest(0));
  return digests;
}

std::unordered_set<std::string> read_recorded_layers(Database& database) {
  Statement statement =
      database.prepare("SELECT diff_id FROM layers WHERE state = 2");
  std::unordered_set<std::string> names;
  while (statement.step()) names.insert(statement.digest(0).hex());
  return names;
}

void collect_unrecorded(const fs::path& root, Database& database,
                        BlobStore& blobs, LayerIo& io) {
  const Lease trash(root, io);
  // Rolled back at the end: nothing is written, it only keeps others waiting.
  const Transaction transaction(database);
  const auto layers = read_recorded_layers(database);
  move_away_layers(root / "overlay2", layers, trash);
  remove_links(root / "overlay2" / "l", layers);
  blobs.collect(read_recorded_blobs(database));
}

void collect_unmentioned(Database& database, BlobStore& blobs) {
  const Transaction transaction(database);  // rolled back, as above
  blobs.collect(read_recorded_blobs(database));
}

bool is_first_of_boot(Database& database, std::string_view boot_id) {
  const auto lock = database.lock();
  Statement statement =
      database.prepare("SELECT value FROM facts WHERE name = 'boot_id'");
  return !statement.step() || statement.text_view(0) != boot_id;
}

void record_boot(Database& database, std::string_view boot_id) {
  const auto lock = database.lock();
  database
      .prepare(
          "INSERT OR REPLACE INTO facts (name, value) VALUES ('boot_id', ?)")
      .bind(0, boot_id)
      .run();
}

}  // namespace store
