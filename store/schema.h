// The database's tables and the version of the whole store's format.
#pragma once

#include <cstdint>
#include <filesystem>

namespace store {

class Database;

// PRAGMA user_version of strake.db. Raised by every change that an older
// strake would misread, in the database or in the files beside it.
inline constexpr std::int64_t kStoreFormat = 4;

// Makes sure that the database has this version's tables, adding to those of
// an older one where that can be done. When it has, this is one read of the
// file's header. Processes that create one store at the same time wait for each
// other. Throws: unsupported for another format.
void prepare_schema(Database& database, const std::filesystem::path& file);

}  // namespace store
