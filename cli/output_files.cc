#include "cli/output_files.h"

#include <fmt/format.h>

#include <map>
#include <system_error>

#include "base/error.h"
#include "cli/report.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

void check_place(const OutputFile& file) {
  if (file.path.empty()) {
    throw usage_error(fmt::format("{} wants the name of a file", file.flag));
  }
  const fs::path directory = fs::absolute(file.path).parent_path();
  std::error_code error;
  if (fs::is_directory(file.path, error)) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{} is a directory, not a file to write",
                                  file.path.native()));
  }
  if (fs::is_directory(directory, error)) return;
  throw base::Error(
      base::ErrorKind::not_found,
      fmt::format("there is no directory {} to put {} in", directory.native(),
                  file.path.filename().native()));
}

// A device or pipe takes whatever comes, one thing behind the other.
bool is_replaced(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return !fs::exists(status) || fs::is_regular_file(status);
}

}  // namespace

void check_output_files(const std::vector<OutputFile>& files) {
  std::map<fs::path, std::string> flags;
  for (const OutputFile& file : files) {
    check_place(file);
    if (!is_replaced(file.path)) continue;
    std::error_code error;
    const fs::path whole = fs::weakly_canonical(fs::absolute(file.path), error);
    const auto [other, is_new] = flags.emplace(whole, file.flag);
    if (is_new) continue;
    throw usage_error(fmt::format("{} and {} would both write {}",
                                  other->second, file.flag, file.path.native()),
                      "give each a file of its own");
  }
}

}  // namespace cli
