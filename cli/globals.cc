#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "cli/command.h"

namespace cli {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::filesystem::path Globals::store_root() const {
  if (root) return std::filesystem::absolute(*root);
  const std::string from_environment = environment("STRAKE_ROOT");
  if (!from_environment.empty()) {
    return std::filesystem::absolute(from_environment);
  }
  if (::geteuid() == 0) return "/var/lib/strake";
  const std::string data = environment("XDG_DATA_HOME");
  if (!data.empty()) return std::filesystem::path(data) / "strake";
  const std::string home = environment("HOME");
  if (!home.empty()) return std::filesystem::path(home) / ".local/share/strake";
  throw base::Error(base::ErrorKind::usage, "there is no home for the store")
      .hint("set HOME or STRAKE_ROOT, or give --root");
}

void Globals::add_to(Options& options) {
  options.value("--root", root, "Where the store is (STRAKE_ROOT)");
}

}  // namespace cli
