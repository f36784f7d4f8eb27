// A private ssh-agent(1) that holds the keys of some files.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "base/fd.h"

namespace builder {

class KeyAgent {
 public:
  // Its socket is made in `directory`. It ends with this object, or with the
  // thread that made it, however that ends.
  // Throws: not_found when ssh-agent or ssh-add is not installed; denied when a
  // key cannot be read or wants a passphrase; system.
  KeyAgent(const std::vector<std::filesystem::path>& keys,
           const std::filesystem::path& directory);
  KeyAgent(const KeyAgent&) = delete;
  KeyAgent& operator=(const KeyAgent&) = delete;

  // A path that connect(2) takes, however long the directory's is.
  std::filesystem::path socket() const;

 private:
  // A process of ours until it is reaped; killed when it is not by then.
  class Child {
   public:
    Child() = default;
    explicit Child(pid_t pid) noexcept : pid_(pid) {}
    Child& operator=(Child&& other) noexcept {
      std::swap(pid_, other.pid_);
      std::swap(status_, other.status_);
      return *this;
    }
    ~Child();

    // Its status as wait4(2) gives it.
    int wait();
    bool has_ended();

   private:
    void reap(int options);

    pid_t pid_ = -1;
    int status_ = 0;
  };

  void add(const std::filesystem::path& key) const;
  void wait_until_listening();

  base::Fd directory_;
  Child agent_;
};

}  // namespace builder
