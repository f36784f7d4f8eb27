// A directory of its own, removed with all it holds when its owner goes.
#pragma once

#include <filesystem>

namespace base {

class TempDir {
 public:
  // A new directory, mode 0700, below `parent`. Throws: system, denied.
  explicit TempDir(const std::filesystem::path& parent = default_parent());
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  // Removes what it can; never throws.
  ~TempDir();

  const std::filesystem::path& path() const noexcept { return path_; }

  // $TMPDIR, else /tmp.
  static std::filesystem::path default_parent();

 private:
  std::filesystem::path path_;
};

}  // namespace base
