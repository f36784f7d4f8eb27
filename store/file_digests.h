// Digests of build-context files, remembered with the stat data they were read
// under, so that an unchanged file is never read again.
//
// One table clustered by (context, path) and read in one ordered scan: 20,000
// single look-ups cost 60 ms, the scan 5 ms.
// A file changed within the clock's grain of being hashed could change again
// without its stat data showing it; such entries are not stored ("racily
// clean", as git's index calls it).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace store {

class Database;

struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

struct KnownFile {
  std::string path;  // relative to the context
  FileStamp stamp;
  base::Digest content;
};

class FileDigests {
 public:
  explicit FileDigests(Database& database);

  // Calls `see` with each known file of a context, in path_less order; nothing
  // else may be asked of the database meanwhile. `context` names it: the real
  // path of its directory.
  void for_each(std::string_view context,
                const std::function<void(const KnownFile&)>& see) const;

  // Adds or replaces these, in one transaction. Entries whose mtime or ctime
  // is not older than `hashed_at_ns` by the clock's grain are left out.
  // An empty list writes nothing.
  void put(std::string_view context, const std::vector<KnownFile>& files,
           std::int64_t hashed_at_ns);
  // Forgets these paths (files that are gone).
  void remove(std::string_view context, const std::vector<std::string>& paths);

 private:
  Database& database_;
};

}  // namespace store
