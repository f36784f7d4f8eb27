// A directory for work in flight, <root>/tmp/<lease>, that dies with its owner.
//
// The lease is a lock file beside the directory, held by flock(2): while its
// process lives nobody touches the directory, and when it died, however it
// died, the next process to take a lease sees the free lock and removes what is
// there. Nothing under tmp/ is ever visible to readers.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace store {

class LayerIo;

class Lease {
 public:
  // A new lease under <root>/tmp. Throws: system.
  Lease(const std::filesystem::path& root, LayerIo& io);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  // Removes the directory with all it holds.
  ~Lease();

  const std::filesystem::path& directory() const noexcept { return directory_; }
  // A new empty directory inside, mode 0755, named from `purpose` and a
  // counter. Threads: may be called at once.
  std::filesystem::path make_directory(std::string_view purpose) const;

 private:
  base::Fd lock_;
  std::filesystem::path directory_;
  LayerIo* io_;
};

// Removes what dead owners left under <root>/tmp. Returns how many leases were
// dead: when any was, something unrecorded may lie in overlay2/ or blobs/.
std::size_t remove_dead_leases(const std::filesystem::path& root, LayerIo& io);

}  // namespace store
