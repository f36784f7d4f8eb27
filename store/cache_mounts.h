// The directories of RUN --mount=type=cache.
//
// On disk, below <root>/cachemounts, <hash> being the sha256 of an id in hex:
//
//   <hash>/      what steps see; flock(2)ed by who uses it
//   <hash>.id    the id, for people; its mtime is the time of the last use,
//                written at most hourly
//   <hash>.half  there while a step is at work that has the directory for
//                itself: found without that step, the directory is half-written
//
// A directory appears whole, filled, by rename, and goes in the same way, under
// its exclusive lock; so a lock counts when the path still leads to what was
// locked (file_lock.h). <hash>.id comes before its directory and goes after it.
//
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "store/entry.h"
#include "store/file_lock.h"

namespace store {

class Lease;
class Store;

// A cache mount's directory, for as long as a step needs it.
struct CacheMountUse {
  std::filesystem::path directory;
  base::Fd lock;
  LockMode mode;

  // The step that has it for itself begins to write; it has ended by itself.
  // What is left without the second is emptied before the next use.
  void begin() const;
  void end() const noexcept;
};

// A new mount's own mode and owner, which its id names. Throws: system.
void give_mount(const std::filesystem::path& directory, std::uint32_t mode,
                const Owner& owner);

struct CacheMount {
  std::string id;
  std::filesystem::path directory;
  std::chrono::sys_seconds created;
  std::chrono::sys_seconds last_used;
  bool is_in_use = false;
};

class CacheMounts {
 public:
  explicit CacheMounts(Store& store);

  // Where the directory of an id is, if it is there. Any text is an id.
  std::filesystem::path path_of(std::string_view id) const;

  // The directory with its lock, or nullopt when somebody else's stands against
  // it. When it is new, `fill` is first given the empty directory; processes
  // that ask at once get one directory, which one of them filled.
  // Throws: system, denied, what `fill` throws.
  using FillDirectory = std::function<void(const std::filesystem::path&)>;
  std::optional<CacheMountUse> take(std::string_view id, LockMode mode,
                                    const FillDirectory& fill);

  // The same of what is there, for who only reads: nothing is made, removed or
  // noted. Throws: system.
  struct Look {
    // False where it is gone, or half-written with nobody at work on it.
    bool is_whole = false;
    // Nothing where somebody else's lock stands against it.
    std::optional<CacheMountUse> use = {};
  };
  Look look(std::string_view id, LockMode mode) const;

  // In no order.
  std::vector<CacheMount> list() const;

  // Puts `made`, a directory below the lease, in the place of the id's, whose
  // old one goes with the lease: anybody sees the one whole or the other. False
  // when somebody uses it. Throws: system.
  bool replace(std::string_view id, const std::filesystem::path& made,
               const Lease& lease);

  // Whether it is gone now: nobody used it. Throws: system.
  bool remove(const std::filesystem::path& directory);

 private:
  void make(const std::filesystem::path& path, std::string_view id,
            const FillDirectory& fill);
  enum class Only { any, half_written };
  bool remove(const std::filesystem::path& directory, Only only);
  Store& store_;
  std::filesystem::path directory_;
};

}  // namespace store
