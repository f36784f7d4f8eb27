#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "store/database.h"
#include "store/directory.h"
#include "store/layer_form.h"
#include "store/layer_store_state.h"
#include "store/layer_use.h"
#include "store/tar_encoder.h"

namespace store {
namespace {

void rename_path(const std::filesystem::path& from,
                 const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw base::system_error(
        errno, fmt::format("renaming {} to {}", from.native(), to.native()));
  }
}

// A directory without a record, left by a crash, gives way: it goes where the
// lease's end removes it.
void move_into_place(const std::filesystem::path& staged,
                     const std::filesystem::path& place, const Lease& lease) {
  if (::rename(staged.c_str(), place.c_str()) == 0) return;
  if (errno != ENOTEMPTY && errno != EEXIST) {
    throw base::system_error(errno,
                             fmt::format("moving to {}", place.native()));
  }
  rename_path(place, lease.new_path("leftover"));
  rename_path(staged, place);
}

// One of the same name can only have been made for the same layer, or is
// garbage.
void replace_link(const std::string& target,
                  const std::filesystem::path& place) {
  if (::symlink(target.c_str(), place.c_str()) == 0) return;
  if (errno == EEXIST && ::unlink(place.c_str()) == 0 &&
      ::symlink(target.c_str(), place.c_str()) == 0) {
    return;
  }
  throw base::system_error(errno, fmt::format("making {}", place.native()));
}

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::string short_name(const base::Digest& diff_id) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  constexpr std::size_t kLength = 26;
  std::string name;
  unsigned bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : diff_id.bytes()) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 5 && name.size() < kLength; count -= 5) {
      name += kDigits[bits >> (count - 5) & 31];
    }
    if (name.size() == kLength) break;
    bits &= 31;
  }
  return name;
}

Layer LayerStore::publish(const Lease& lease, SealedLayer sealed) {
  const auto is_there = [](const std::optional<Layer>& layer) {
    return layer && layer->state == LayerState::extracted;
  };
  // Also verifies one of an earlier boot, outside of the transaction.
  std::optional<Layer> known;
  {
    const DirectoryLock moment(root_ / "overlay2", DirectoryLock::Mode::shared);
    hold_layers(lease, {&sealed.diff_id, 1});
    known = find(sealed.diff_id);
  }
  if (is_there(known)) {
    io_.remove_tree(sealed.directory);
    if (sealed.blob) {
      Transaction transaction(database_);
      insert_blob(sealed.diff_id, *sealed.blob, BlobForm{});
      transaction.commit();
    }
    return std::move(*known);
  }
  const std::filesystem::path staged = lease.new_path("layer");
  make_directory(staged, kPrivate);
  rename_path(sealed.directory, staged / "diff");
  const std::string index = sealed.index.render();
  const std::string name = short_name(sealed.diff_id);
  base::replace_file(staged / "index", index);
  base::replace_file(staged / "link", name);
  {
    // Everything that makes the layer visible happens while no other process
    // can look for what is unrecorded.
    Transaction transaction(database_);
    if (auto row = find_row(sealed.diff_id); row && is_there(row->layer)) {
      if (sealed.blob) insert_blob(sealed.diff_id, *sealed.blob, BlobForm{});
      transaction.commit();
      return std::move(row->layer);
    }
    const std::filesystem::path place = directory_of(sealed.diff_id);
    move_into_place(staged, place, lease);
    try {
      replace_link(fmt::format("../{}/diff", sealed.diff_id.hex()),
                   root_ / "overlay2" / "l" / name);
      insert_row(sealed, base::Digest::of(index));
      transaction.commit();
    } catch (const base::Error&) {
      // A full disk, say. Without a record it would be garbage that no dead
      // lease points to.
      ::rename(place.c_str(), staged.c_str());
      throw;
    }
  }
  const base::Digest diff_id = sealed.diff_id;
  Layer layer = find_row(diff_id)->layer;
  state_->indexes.lock()->insert_or_assign(
      diff_id, std::make_shared<const LayerIndex>(std::move(sealed.index)));
  return layer;
}

void LayerStore::insert_row(const SealedLayer& sealed,
                            const base::Digest& index_digest) {
  Statement insert = database_.prepare(
      "INSERT INTO layers (diff_id, stable_digest, state, source, tar_bytes, "
      "file_bytes, index_digest, tar_format, boot_id, short_link, created, "
      "last_used) "
      "VALUES (?1, ?2, 2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10) "
      "ON CONFLICT (diff_id) DO UPDATE SET "
      "stable_digest = ?2, state = 2, source = ?3, tar_bytes = ?4, "
      "file_bytes = ?5, index_digest = ?6, tar_format = ?7, boot_id = ?8, "
      "short_link = ?9, last_used = ?10");
  insert.bind(0, sealed.diff_id)
      .bind(1, sealed.stable_digest)
      .bind(2, static_cast<std::int64_t>(sealed.source))
      .bind(3, static_cast<std::int64_t>(sealed.tar_bytes))
      .bind(4, static_cast<std::int64_t>(sealed.index.file_bytes()))
      .bind(5, index_digest);
  if (sealed.source == LayerSource::canonical) {
    insert.bind(6, std::int64_t{kTarFormat});
  } else {
    insert.bind_null(6);
  }
  insert.bind(7, std::string_view(state_->boot_id))
      .bind(8, std::string_view(short_name(sealed.diff_id)))
      .bind(9, now_seconds())
      .run();
  if (sealed.blob) insert_blob(sealed.diff_id, *sealed.blob, BlobForm{});
}

}  // namespace store
