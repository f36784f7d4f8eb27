// Removes from overlay2/ and blobs/ what no row speaks of: a process died
// between moving it there and recording it, or the row has gone. Private to the
// room.
#pragma once

#include <filesystem>
#include <string_view>

namespace store {

class BlobStore;
class Database;
class LayerIo;

// Publishing a layer renames and records inside one Transaction, so what is
// unrecorded while this holds one belongs to nobody alive; blobs are kept by
// the rule of blob_store.h. Directories are only moved away in that time, and
// removed when others may write again. Throws: system, denied.
void collect_unrecorded(const std::filesystem::path& root, Database& database,
                        BlobStore& blobs, LayerIo& io);

// The blobs alone, when rows have gone that spoke of them. Throws: system.
void collect_unmentioned(Database& database, BlobStore& blobs);

// Whether this is the store's first collection since the kernel started: then
// the last writes before a power loss may be gone, rows among them.
bool is_first_of_boot(Database& database, std::string_view boot_id);
void record_boot(Database& database, std::string_view boot_id);

}  // namespace store
