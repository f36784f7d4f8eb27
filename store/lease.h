// A directory for work in flight, <root>/tmp/<lease>, that dies with its owner.
//
// The lease is a lock file beside the directory, <root>/tmp/<lease>.lock, held
// by flock(2): while its process lives nobody touches the directory, and when
// it died, however it died, the next process to take a lease sees the free lock
// and removes what is there. Nothing under tmp/ is ever visible to readers.
//
// The lock file is there before its directory and goes after it, so a directory
// without one belongs to nobody. Between making the file and locking it a
// sweeper may get the lock first and remove the file; and a sweeper may open a
// file that its owner removes before the lock is had. So both sides, once they
// have the lock, look whether the path still leads to the file they locked.
//
// A lock is inherited over fork(2): a child that neither execs nor closes its
// files keeps the lease alive after its parent.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string_view>

#include "base/fd.h"

namespace store {

class LayerIo;

class Lease {
 public:
  // A new lease under <root>/tmp, which must exist. Nobody but the
  // owner can enter the directory. Throws: system, denied.
  Lease(const std::filesystem::path& root, LayerIo& io);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  // Removes the directory with all it holds. What cannot be removed, e.g. under
  // a mount that is still there, is left to the next process as a dead lease.
  ~Lease();

  const std::filesystem::path& directory() const noexcept { return directory_; }

  // Work in this lease that takes long asks now and then whether it is still
  // wanted. Throws: cancelled after a request to stop.
  void stop_on(std::stop_token stop) { stop_ = std::move(stop); }
  void throw_if_stopped() const;
  const std::stop_token& stop() const noexcept { return stop_; }

  // A new empty directory inside, mode 0755, named from `purpose` and a
  // counter. Threads: may be called at once.
  std::filesystem::path make_directory(std::string_view purpose) const;
  // A path inside that nothing has; the same naming and threads.
  std::filesystem::path new_path(std::string_view purpose) const;

 private:
  base::Fd lock_;
  std::filesystem::path directory_;
  std::unique_ptr<std::atomic<unsigned>> next_number_;
  LayerIo* io_;
  std::stop_token stop_;
};

// Removes what dead owners left under <root>/tmp. Returns how many leases were
// dead: when any was, something unrecorded may lie in overlay2/ or blobs/. One
// that cannot be removed is counted, left, and tried again by the next process.
// Throws: system.
std::size_t remove_dead_leases(const std::filesystem::path& root, LayerIo& io);

// How many there are, without touching them.
std::size_t count_dead_leases(const std::filesystem::path& root);

}  // namespace store
