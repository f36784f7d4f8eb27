#include "builder/mount_transfer.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "store/archive_reader.h"
#include "store/content_chunks.h"
#include "store/decompressor.h"
#include "store/file_lock.h"
#include "store/tar_encoder.h"
#include "store/zstd_writer.h"

namespace builder {
namespace {

constexpr std::uint64_t kMostListBytes = 16U << 20U;
constexpr std::uint64_t kMostChunkBlobBytes = 2 * store::kMostChunkBytes;
constexpr std::size_t kCopyBytes = std::size_t{256} << 10U;
// A tar of nothing, which no reader takes for one.
constexpr std::uint64_t kEmptyTarBytes = 1024;

void throw_if(const std::stop_token& stop) {
  if (!stop.stop_requested()) return;
  throw base::Error(base::ErrorKind::cancelled, "interrupted");
}

// What `take` gives once it gives anything: others use the mount until then.
template <typename Take>
auto wait_for(const std::stop_token& stop, const Take& take) {
  for (;;) {
    if (auto taken = take()) return std::move(*taken);
    store::pause_for_lock(stop, "a cache mount");
  }
}

void read_whole(const store::Entry& entry, const base::Fd& file,
                store::TarEncoder& tar, const std::stop_token& stop) {
  std::vector<std::byte> buffer(
      std::min<std::uint64_t>(entry.size_bytes, kCopyBytes));
  std::uint64_t left = entry.size_bytes;
  while (left > 0) {
    throw_if(stop);
    const std::size_t count = base::read_some(
        file, buffer.data(), std::min<std::uint64_t>(left, buffer.size()));
    if (count == 0) {
      throw base::Error(
          base::ErrorKind::system,
          fmt::format("{} became shorter while it was read", entry.path));
    }
    tar.write({reinterpret_cast<const char*>(buffer.data()), count});
    left -= count;
  }
}

// The tar of a mount's directory, cut; the directory itself goes into `list`.
void cut_mount(store::LayerIo& io, const std::filesystem::path& directory,
               store::MountList& list, const store::ByteSink& take,
               const std::stop_token& stop) {
  store::ContentChunks chunks(take);
  store::TarEncoder tar(
      [&chunks](std::string_view bytes) { chunks.write(bytes); });
  io.walk(directory, [&](store::Entry& entry, const base::Fd& file) {
    throw_if(stop);
    if (entry.path.empty()) {
      list.mode = entry.mode;
      list.owner = entry.owner;
      return;
    }
    // What overlayfs means by them, nobody means here.
    if (entry.type == store::EntryType::whiteout) return;
    entry.opaque = false;
    tar.add(entry);
    if (entry.type == store::EntryType::regular) {
      read_whole(entry, file, tar, stop);
    }
  });
  tar.finish();
  chunks.finish();
}

// Whether the mount is this now; not a byte of it is compressed for that. One
// that a step changes meanwhile, or that cannot be read, is another.
bool is_equal(store::Store& store, const std::string& id,
              const base::Digest& content, const std::stop_token& stop) {
  const store::CacheMounts mounts(store);
  const auto look = mounts.look(id, store::LockMode::shared);
  if (!look.is_whole) return false;
  try {
    store::MountList list;
    cut_mount(
        store.layers().io(), mounts.path_of(id), list,
        [&list](std::string_view chunk) {
          list.chunks.push_back({base::Digest::of(chunk), chunk.size(), {}});
        },
        stop);
    return list.content() == content;
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    return false;
  }
}

// The chunks one behind the other, each compared with what it should be.
store::ByteSource join_chunks(CacheSource& source, const store::MountList& list,
                              const std::stop_token& stop,
                              const std::function<void(std::size_t)>& on_read) {
  struct State {
    std::size_t next = 0;
    std::string chunk;
    std::string_view rest;
  };
  auto state = std::make_shared<State>();
  return [&source, &list, &on_read, stop, state](std::byte* buffer,
                                                 std::size_t size) {
    while (state->rest.empty()) {
      throw_if(stop);
      if (state->next == list.chunks.size()) return std::size_t{0};
      const store::MountChunk& chunk = list.chunks[state->next++];
      state->chunk = store::decompress(
          read_blob(source, chunk.blob, kMostChunkBlobBytes, on_read),
          chunk.bytes);
      if (base::Digest::of(state->chunk) != chunk.content) {
        throw base::Error(base::ErrorKind::corrupt,
                          fmt::format("chunk {} is not what it should be",
                                      chunk.content.brief()));
      }
      state->rest = state->chunk;
    }
    size = std::min(size, state->rest.size());
    std::copy_n(reinterpret_cast<const std::byte*>(state->rest.data()), size,
                buffer);
    state->rest.remove_prefix(size);
    return size;
  };
}

void write_files(store::Store& store, const store::ByteSource& tar,
                 const std::filesystem::path& directory) {
  const auto writer = store.layers().io().write(directory);
  store::ArchiveReader archive(tar);
  while (auto entry = archive.next()) {
    if (entry->path.empty()) continue;
    if (entry->type != store::EntryType::regular) {
      writer->add(*entry);
      continue;
    }
    writer->add_file(*entry, [&archive](const base::Fd& file) {
      archive.read_data([&](std::uint64_t offset, std::string_view bytes) {
        base::write_at(file, offset, bytes);
      });
    });
  }
  writer->finish();
}

// A chunk that was damaged is made again from the mount, not handed on.
bool is_sound(const CacheTarget& target, const store::MountChunk& chunk) {
  try {
    target.read(chunk.blob, kMostChunkBlobBytes);
    return true;
  } catch (const base::Error&) {
    return false;
  }
}

}  // namespace

bool is_mount_of(std::string_view id, std::string_view wish) {
  if (!id.starts_with(wish)) return false;
  const std::string_view rest = id.substr(wish.size());
  return rest.empty() || rest.starts_with(" mode=") ||
         rest.starts_with(" from=");
}

std::optional<store::MountList> pack_mount(
    store::Store& store, const store::CacheMount& mount, CacheTarget& target,
    const std::map<base::Digest, store::MountChunk>& known,
    const std::stop_token& stop) {
  const store::CacheMounts mounts(store);
  const auto look = wait_for(stop, [&] {
    auto found = mounts.look(mount.id, store::LockMode::shared);
    const bool is_busy = found.is_whole && !found.use;
    return is_busy ? std::nullopt : std::optional(std::move(found));
  });
  if (!look.use) return std::nullopt;
  store::MountList list;
  cut_mount(
      store.layers().io(), look.use->directory, list,
      [&](std::string_view bytes) {
        const base::Digest content = base::Digest::of(bytes);
        const auto same = known.find(content);
        if (same != known.end() && is_sound(target, same->second)) {
          list.chunks.push_back(same->second);
          return;
        }
        list.chunks.push_back(
            {content, bytes.size(),
             target.put(store::kCacheChunkType, store::compress_zstd(bytes))});
      },
      stop);
  return list;
}

store::CachedMount put_mount_list(CacheTarget& target, const std::string& id,
                                  const store::MountList& list) {
  return {id, list.content(), list.tar_bytes(),
          target.put(store::kCacheMountListType,
                     store::compress_zstd(store::render_mount_list(list)))};
}

std::optional<store::MountList> read_mount_list(
    const CacheTarget& target, const store::CachedMount& mount) {
  try {
    store::MountList list = store::parse_mount_list(store::decompress(
        target.read(mount.list, kMostListBytes), kMostListBytes));
    const bool is_whole = std::all_of(
        list.chunks.begin(), list.chunks.end(),
        [&](const store::MountChunk& chunk) { return target.has(chunk.blob); });
    if (is_whole) return list;
  } catch (const base::Error&) {
    // It is left out, as one that is not there.
  }
  return std::nullopt;
}

bool unpack_mount(store::Store& store, CacheSource& source,
                  const store::CachedMount& mount, const std::stop_token& stop,
                  const std::function<void(std::size_t)>& on_read) {
  const store::MountList list = store::parse_mount_list(store::decompress(
      read_blob(source, mount.list, kMostListBytes, on_read), kMostListBytes));
  if (is_equal(store, mount.id, list.content(), stop)) return false;
  store::Lease lease = store.lease();
  lease.stop_on(stop);
  const auto made = lease.make_directory("mount");
  if (list.tar_bytes() > kEmptyTarBytes) {
    write_files(store, join_chunks(source, list, stop, on_read), made);
  }
  // Where there is one owner, all is that one's.
  const bool has_owner = !store.layers().io().rights().has_one_owner;
  store::give_mount(made, list.mode, has_owner ? list.owner : store::Owner());
  store::CacheMounts mounts(store);
  return wait_for(stop, [&] {
    return mounts.replace(mount.id, made, lease) ? std::optional(true)
                                                 : std::nullopt;
  });
}

}  // namespace builder
