#include "builder/ignore_rules.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/diagnostic.h"

namespace builder {
namespace {

// Far above any real one: a wrong --ignorefile must not fill the memory.
constexpr std::uint64_t kMaxIgnoreBytes = 64U << 20U;

NamedIgnore read_open(const base::Fd& file, const std::filesystem::path& path) {
  std::string text;
  try {
    text = base::read_all(file, kMaxIgnoreBytes);
  } catch (base::Error& error) {
    error.add_context(fmt::format("reading {}", path.native()));
    throw;
  }
  try {
    return {parser::IgnoreFile::parse(text), path.filename().native()};
  } catch (const parser::SyntaxError& error) {
    throw error_in(path.native(), text, error);
  }
}

}  // namespace

NamedIgnore read_ignore(const std::filesystem::path& file) {
  return read_open(base::open_file(file, O_RDONLY), file);
}

NamedIgnore read_first_ignore(const std::vector<std::filesystem::path>& files) {
  for (const std::filesystem::path& path : files) {
    if (const auto file = base::find_file(path, O_RDONLY)) {
      return read_open(*file, path);
    }
  }
  return {};
}

std::vector<std::filesystem::path> ignore_files_of(
    const std::filesystem::path& context,
    const std::filesystem::path& dockerfile) {
  std::vector<std::filesystem::path> files;
  for (const char* name : {".dockerignore", ".containerignore"}) {
    if (!dockerfile.empty()) files.push_back(dockerfile.native() + name);
  }
  for (const char* name : {".dockerignore", ".containerignore"}) {
    files.push_back(context / name);
  }
  return files;
}

}  // namespace builder
