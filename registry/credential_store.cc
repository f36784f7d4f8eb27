#include "registry/credential_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "registry/credential_program.h"

namespace registry {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFileBytes = std::uint64_t{4} << 20U;
constexpr const char* kVariable = "DOCKER_AUTH_CONFIG";

DockerConfig read_config(const fs::path& path) {
  try {
    return {path, base::find_text(path, kMostFileBytes).value_or("")};
  } catch (base::Error& error) {
    // Those of the text have it already.
    if (error.message().find(path.native()) == std::string::npos) {
      error.add_context(path.native());
    }
    throw;
  }
}

// What root has made for itself holds nothing of ours: podman's /run/containers
// does not let other users look into it.
bool is_closed(const fs::path& path) {
  std::error_code problem;
  [[maybe_unused]] const fs::file_status status = fs::status(path, problem);
  return problem == std::errc::permission_denied;
}

// Where the file is, or will be, that a link leads to.
fs::path follow(fs::path path) {
  constexpr int kMostLinks = 40;  // path_resolution(7)
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(path, error); ++i) {
    // An absolute target replaces what is in front of it.
    path = path.parent_path() / fs::read_symlink(path);
  }
  return path;
}

// As private as what will be in it.
void make_directory(const fs::path& path) {
  if (fs::is_directory(path)) return;
  fs::create_directories(path.parent_path());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw base::system_error(errno, fmt::format("making {}", path.native()));
  }
}

// Held until the Fd is closed.
base::Fd lock_directory(const fs::path& path) {
  base::Fd directory = base::open_file(path, O_RDONLY | O_DIRECTORY);
  while (::flock(directory.get(), LOCK_EX) != 0) {
    if (errno != EINTR) break;
  }
  return directory;
}

// Reads, changes and replaces a file; `change` says whether there is a reason.
void rewrite(const fs::path& path,
             const std::function<bool(DockerConfig&)>& change) {
  const fs::path place = follow(path);
  try {
    make_directory(place.parent_path());
  } catch (const fs::filesystem_error& error) {
    throw base::system_error(
        error.code().value(),
        fmt::format("making {}", place.parent_path().native()));
  }
  const base::Fd lock = lock_directory(place.parent_path());
  DockerConfig config = read_config(place);
  if (change(config)) base::replace_file(place, config.render(), 0600);
}

// Also asks the helper that a file names.
std::optional<Credential> find_in(const DockerConfig& config,
                                  const CredentialKey& repository,
                                  const std::stop_token& stop) {
  if (const auto helper = config.find_helper(repository)) {
    auto credential = CredentialProgram(*helper).get(stop);
    if (credential) return credential;
  }
  return config.find(repository);
}

CredentialKey key_of(std::string_view registry, std::string_view repository) {
  CredentialKey key{parse_credential_key(registry).host, {}};
  key.path = repository;
  return key;
}

}  // namespace

CredentialStore::CredentialStore(CredentialPlaces places)
    : places_(std::move(places)) {}

const fs::path& CredentialStore::written() const {
  if (!places_.written.empty()) return places_.written;
  throw base::Error(base::ErrorKind::usage,
                    "there is no place to keep credentials in")
      .hint("set HOME or DOCKER_CONFIG, or give --config");
}

std::optional<Credential> CredentialStore::find(
    std::string_view registry, std::string_view repository,
    const std::stop_token& stop) const {
  const CredentialKey key = key_of(registry, repository);
  if (auto found = find_in({kVariable, places_.text}, key, stop)) return found;
  for (const fs::path& path : places_.files) {
    if (path != places_.written && is_closed(path)) continue;
    if (auto found = find_in(read_config(path), key, stop)) return found;
  }
  return std::nullopt;
}

CredentialStore::Kept CredentialStore::store(std::string_view registry,
                                             const Credential& credential,
                                             const std::stop_token& stop) {
  const CredentialKey key = key_of(registry, {});
  const fs::path& path = written();
  Kept kept{path.native(), true, {}};
  if (const auto name = read_config(path).find_helper(key)) {
    const CredentialProgram helper(*name);
    // Outside of the lock: it may wait for a person.
    helper.store(credential, stop);
    kept = {helper.program(), false, {}};
  }
  rewrite(path, [&](DockerConfig& config) {
    config.set(key, kept.is_readable ? credential : Credential());
    return true;
  });
  if (DockerConfig(kVariable, places_.text).find(key)) {
    kept.hidden_by = kVariable;
  }
  return kept;
}

CredentialStore::Forgotten CredentialStore::erase(std::string_view registry,
                                                  const std::stop_token& stop) {
  const CredentialKey key = key_of(registry, {});
  const fs::path& path = written();
  Forgotten forgotten{false, path.native(), {}};
  if (const auto name = read_config(path).find_helper(key)) {
    forgotten.was_there = CredentialProgram(*name).erase(stop);
  }
  if (std::error_code error; fs::exists(path, error)) {
    rewrite(path, [&](DockerConfig& config) {
      const bool is_changed = config.erase(key);
      forgotten.was_there = forgotten.was_there || is_changed;
      return is_changed;
    });
  }
  if (DockerConfig(kVariable, places_.text).find(key)) {
    forgotten.left_in.emplace_back(kVariable);
  }
  for (const fs::path& other : places_.files) {
    if (other == path || is_closed(other)) continue;
    if (read_config(other).find(key)) {
      forgotten.left_in.push_back(other.native());
    }
  }
  return forgotten;
}

}  // namespace registry
