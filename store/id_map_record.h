// Under which ids a store's files were written: FileRights::id_map, the fact
// "id_map" in strake.db.
//
// A file of user 1000 of an image is, on disk, whatever 1000 stands for in the
// user namespace of who unpacked it. Read under another map it belongs to
// somebody else, so a store is used under one map all its life. A store of
// before there was this record was written by root.
#pragma once

#include <filesystem>
#include <string_view>

namespace store {

class Database;

// Compares the map with the recorded one, or records it when there is none.
// `root` is for the error. Throws: unsupported when it is another one.
void claim_id_map(Database& database, const std::filesystem::path& root,
                  std::string_view id_map);

}  // namespace store
