// Bytes set aside so that a full disk can be made emptier.
//
// Whoever removes things writes first: a lease, and the database's log of what
// is being forgotten. On a disk without a free block neither can be. So a store
// that builds keeps one small file, which the commands that make room give up
// while they work.
//
// On disk: <root>/reserve, kBytes long and really allocated; what is in it
// means nothing. It is missing in a store that never built anything, and where
// less than twice as much was free when it was to be made: on a disk that
// tight it would be taken from whom it was given up for. It is shorter where
// giving it up made no room; the next that can makes it whole.
//
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace store {

class Reserve {
 public:
  static constexpr std::int64_t kBytes = 1 << 20;

  explicit Reserve(const std::filesystem::path& root);
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;
  // After give_up() makes the file again, as large as there is room for. To be
  // when the database is closed, whose log is gone by then.
  ~Reserve();

  // Makes the file whole unless it is, or is given up. That it could not be is
  // nobody's error.
  void keep() noexcept;
  // Its bytes are free from here on.
  void give_up() noexcept;

 private:
  std::filesystem::path path_;
  std::atomic<bool> is_given_up_ = false;
};

}  // namespace store
