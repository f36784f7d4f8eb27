#include "store/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "store/boot_id.h"
#include "store/collect_unrecorded.h"
#include "store/directory.h"
#include "store/id_map_record.h"
#include "store/layer_io.h"

namespace store {
namespace {

namespace fs = std::filesystem;

void require_directory(const fs::path& path, unsigned mode) {
  // Asked first, since an existing store is opened without a write.
  if (::access(path.c_str(), F_OK) != 0) make_directory(path, mode);
}

// The absolute root with its directories. Overlay mounts need absolute paths.
fs::path prepare_root(const fs::path& path) {
  fs::path root = fs::absolute(path).lexically_normal();
  if (!root.has_filename()) root = root.parent_path();
  try {
    if (::access(root.c_str(), F_OK) != 0) {
      make_directories(root, kPrivate);
    }
    require_directory(root / "tmp", kPrivate);
    require_directory(root / "overlay2", kPrivate);
    require_directory(root / "overlay2" / "l", kPrivate);
    require_directory(root / "cachemounts", kPrivate);
    require_directory(root / "logs", kPrivate);
  } catch (base::Error& error) {
    error.add_context(fmt::format("opening the store {}", root.native()));
    if (error.kind() == base::ErrorKind::denied) {
      error.hint("give a directory of your own with --root or STRAKE_ROOT");
    }
    throw;
  }
  return root;
}

}  // namespace

Store::Store(fs::path root)
    : root_(prepare_root(root)),
      reserve_(root_),
      database_(root_ / "strake.db"),
      io_(open_local_layer_io()),
      blobs_(root_),
      layers_(root_, database_, blobs_, *io_),
      images_(database_, blobs_),
      resolved_images_(database_, blobs_),
      layer_locations_(database_),
      cache_(database_),
      file_digests_(database_),
      last_builds_(database_),
      listings_(database_),
      in_flight_(root_) {}

Store::~Store() = default;

void Store::adopt(const FileRights& rights) {
  claim_id_map(database_, root_, rights.id_map);
  io_->adopt(rights);
}

void Store::before_files(std::function<void()> prepare) {
  io_->before_use(std::move(prepare));
}

Lease Store::lease() {
  // Before the sweep: should this process die in the middle of it, its own dead
  // lease tells the next one that there is still something to collect.
  Lease lease(root_, *io_);
  std::call_once(is_swept_, [&] {
    in_flight_.remove_dead();
    const std::string boot_id = read_boot_id();
    const bool is_first = is_first_of_boot(database_, boot_id);
    if (remove_dead_leases(root_, *io_) > 0 || is_first) {
      collect();
    }
    if (is_first) record_boot(database_, boot_id);
    reserve_.keep();
  });
  return lease;
}

void Store::collect() {
  // Files first: on a full disk they make the room to write in.
  collect_unrecorded(root_, database_, blobs_, *io_);
  listings_.remove_unused();
  layer_locations_.remove_unused();
}

}  // namespace store
