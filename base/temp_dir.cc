#include "base/temp_dir.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "base/error.h"

namespace base {

TempDir::TempDir(const std::filesystem::path& parent) {
  std::string pattern = (parent / "strake-XXXXXX").native();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw system_error(
        errno, fmt::format("making a directory in {}", parent.native()));
  }
  path_ = pattern;
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::move(other.path_)) {
  other.path_.clear();
}

TempDir::~TempDir() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempDir::default_parent() {
  const char* parent = std::getenv("TMPDIR");
  return parent != nullptr && *parent != '\0' ? parent : "/tmp";
}

}  // namespace base
