#include "builder/dockerfile_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "parser/values.h"

namespace builder {
namespace {

namespace fs = std::filesystem;

// Far above any real Dockerfile: a wrong -f must not fill the memory.
constexpr std::uint64_t kMaxDockerfileBytes = 64U << 20U;
constexpr const char* kUsualNames[] = {"Dockerfile", "dockerfile",
                                       "Containerfile"};

std::string read_open(const base::Fd& file, const std::string& name) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    throw base::system_error(errno, fmt::format("reading {}", name));
  }
  if (S_ISDIR(status.st_mode)) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("{} is a directory, not a Dockerfile", name))
        .hint(fmt::format("name the file in it: -f {}/Dockerfile", name));
  }
  try {
    return base::read_all(file, kMaxDockerfileBytes);
  } catch (base::Error& error) {
    error.add_context(fmt::format("reading {}", name));
    throw;
  }
}

// What a -f that is not there was perhaps to say.
std::string explain_absence(const fs::path& context, const fs::path& file) {
  std::error_code ignored;
  if (file.is_relative() && fs::exists(context / file, ignored)) {
    return fmt::format("-f counts from the current directory: write -f {}",
                       fs::proximate(context / file, ignored).native());
  }
  const fs::path parent = file.has_parent_path() ? file.parent_path() : ".";
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (!entry.is_directory(ignored)) names.push_back(entry.path().filename());
  }
  const std::string near = parser::find_nearest(file.filename().native(),
                                                {names.begin(), names.end()});
  if (near.empty()) return {};
  return fmt::format("did you mean -f {}?",
                     file.has_parent_path() ? (parent / near).native() : near);
}

base::Error no_dockerfile(const std::string& place) {
  return base::Error(base::ErrorKind::not_found,
                     fmt::format("there is no Dockerfile in {}", place));
}

}  // namespace

DockerfileText read_dockerfile_text(const fs::path& context,
                                    const std::optional<std::string>& file) {
  if (file == "-") {
    const base::Fd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    return {"-", base::read_all(input, kMaxDockerfileBytes)};
  }
  if (file) {
    const auto found = base::find_file(*file, O_RDONLY);
    if (found) return {*file, read_open(*found, *file), *file};
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("there is no Dockerfile {}", *file))
        .hint(explain_absence(context, *file));
  }
  for (const char* name : kUsualNames) {
    const fs::path path = context / name;
    const auto found = base::find_file(path, O_RDONLY);
    if (found) return {name, read_open(*found, path.native()), path};
  }
  throw no_dockerfile(context.native())
      .hint("name one with -f, or give the directory that holds it");
}

DockerfileText read_dockerfile_in(const base::Fd& root,
                                  const std::string& title,
                                  const std::optional<std::string>& file) {
  constexpr int kFlags = O_RDONLY | O_NONBLOCK;
  if (file) {
    const auto found = base::find_in_root(root, *file, kFlags);
    if (found) return {*file, read_open(*found, *file)};
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("there is no {} in {}", *file, title))
        .hint("-f names a file of the archive");
  }
  for (const char* name : kUsualNames) {
    const auto found = base::find_in_root(root, name, kFlags);
    if (found) return {name, read_open(*found, name)};
  }
  throw no_dockerfile(title).hint("name one with -f");
}

}  // namespace builder
