// Cache mounts from a store into a build cache, and the way back: as chunks
// (store/mount_list.h), so that only what is new travels.
//
// A mount is read under its lock, so no step that has it for itself is amid its
// work; of one that is shared, files may change while they are read, as they
// may for any other step. It comes back whole, under its lock, or not at all.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string_view>

#include "builder/cache_source.h"
#include "builder/cache_target.h"
#include "store/cache_index.h"
#include "store/cache_mounts.h"
#include "store/mount_list.h"
#include "store/store.h"

namespace builder {

// Whether the mount of this id is one of those meant by `wish`: the id as the
// Dockerfile has it. Mode, owner and origin stand behind it in an id.
bool is_mount_of(std::string_view id, std::string_view wish);

// Writes the chunks that are neither `known` nor there, and those of both that
// were damaged: each is read before it is named again. nullopt where the mount
// is gone, or what a stopped step left of it: reading one neither makes nor
// removes it. Throws: system (a file that changed while it was read),
// cancelled.
std::optional<store::MountList> pack_mount(
    store::Store& store, const store::CacheMount& mount, CacheTarget& target,
    const std::map<base::Digest, store::MountChunk>& known,
    const std::stop_token& stop);

store::CachedMount put_mount_list(CacheTarget& target, const std::string& id,
                                  const store::MountList& list);

// nullopt where it, or a chunk of it, is not there.
std::optional<store::MountList> read_mount_list(
    const CacheTarget& target, const store::CachedMount& mount);

// Brings a mount into the store; false when an equal one is there. `on_read`:
// told how many bytes came.
// Throws: corrupt, invalid_input, unavailable, cancelled, system.
bool unpack_mount(store::Store& store, CacheSource& source,
                  const store::CachedMount& mount, const std::stop_token& stop,
                  const std::function<void(std::size_t)>& on_read);

}  // namespace builder
