// A private ssh-agent(1) that holds the keys of some files.
#pragma once

#include <sys/types.h>

#include <filesystem>
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
  ~KeyAgent();

  // A path that connect(2) takes, however long the directory's is.
  std::filesystem::path socket() const;

 private:
  void add(const std::filesystem::path& key) const;
  void wait_until_listening() const;

  base::Fd directory_;
  pid_t agent_ = -1;
};

}  // namespace builder
