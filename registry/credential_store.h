// Who we are to registries: found in the files of docker and podman and by the
// helpers that they name (credential_places.h, docker_config.h,
// credential_program.h), and kept there by "strake login".
//
// Files are read, and helpers run, when somebody asks and not before: a build
// that needs no credentials never touches them. The first place that has
// credentials for a repository is right; a broken one in front of it is an
// error, so that nobody is taken for somebody else. A helper comes before what
// the same file says itself.
//
// A file is replaced as a whole, mode 0600, under a lock on its directory, so
// that logins at once all count and a reader or a kill finds the old file or
// the new. A link to a file elsewhere stays a link. A file system without locks
// (some NFS) goes without.
//
// Threads: members may be called at once; processes share the files.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "registry/credential.h"
#include "registry/credential_places.h"
#include "registry/docker_config.h"

namespace registry {

class CredentialStore {
 public:
  explicit CredentialStore(CredentialPlaces places);

  // `registry` as "docker.io" or "localhost:5000", `repository` the path in it,
  // empty for the registry as such.
  // Throws: invalid_input for a file that is broken; denied for one that may
  // not be read and for a helper that fails; system; cancelled.
  std::optional<Credential> find(std::string_view registry,
                                 std::string_view repository,
                                 const std::stop_token& stop) const;

  // Where they are now.
  struct Kept {
    std::string where;         // a file, or a helper's program
    bool is_readable = false;  // by whoever reads the file
    // Another place that has some for this registry and is asked before.
    std::string hidden_by;
  };
  // Replaces those of the registry. Throws: as find(), and usage when there is
  // no home to put them in.
  Kept store(std::string_view registry, const Credential& credential,
             const std::stop_token& stop);

  struct Forgotten {
    bool was_there = false;
    std::string where;
    std::vector<std::string> left_in;  // files of other tools; never touched
  };
  Forgotten erase(std::string_view registry, const std::stop_token& stop);

 private:
  const std::filesystem::path& written() const;

  CredentialPlaces places_;
};

}  // namespace registry
