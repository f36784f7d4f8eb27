// What was fetched of a remote repository so far, kept in the store, so that
// the next commit needs only what is new.
//
// On disk: <store>/git/<sha256 of the remote>/, a bare repository, locked with
// flock(2) by who uses it. While something is fetched there is a file "busy" in
// it; whoever finds one, left by a process that was killed, starts anew. Each
// commit fetched keeps a ref, refs/strake/<commit>, by which the next fetch
// tells the server what is there.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "base/fd.h"
#include "builder/git_command.h"

namespace builder {

class GitRepository {
 public:
  // Waits for the lock. Throws: system, denied, cancelled.
  GitRepository(const std::filesystem::path& store_root, const GitCommand& git,
                const std::stop_token& stop);

  // A commit, by itself where the server allows that, else with what leads to
  // it; `ref_name` is where it was found, empty when unknown. Where the name is
  // wanted too, a commit that is there under another one is not enough.
  // Throws: not_found when the remote does not have it; what git's failures
  // are.
  enum class Name { hint, wanted };
  void fetch(const std::string& commit, const std::string& ref_name, Name name);

  // Whether a ref, "refs/tags/v1", is there and leads to the commit.
  bool leads_to(const std::string& ref_name, const std::string& commit) const;

  const std::filesystem::path& directory() const noexcept { return directory_; }

 private:
  bool has(const std::string& commit) const;
  void fetch_missing(const std::string& commit, const std::string& ref_name);
  void clear();

  const GitCommand& git_;
  std::filesystem::path directory_;
  base::Fd lock_;
};

}  // namespace builder
