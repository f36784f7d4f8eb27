// What the steps of a Dockerfile were when it was last built: one row a
// project, replaced by each build that differs. What a project and the text of
// its steps are is the builder's business (builder/last_build.h).
//
// Projects come and go (CI builds each commit in a directory of its own), so
// only those that changed last are kept: as many as kMostProjects.
// Threads: all members may be called at once. Processes may share a root; the
// last to end has the word.
#pragma once

#include <optional>
#include <string>

#include "base/digest.h"

namespace store {

class Database;

struct LastBuildRecord {
  base::Digest project;
  base::Digest fingerprint;  // so that an equal build need not read the rest
  std::string steps;
};

class LastBuilds {
 public:
  static constexpr int kMostProjects = 200;

  explicit LastBuilds(Database& database);

  std::optional<base::Digest> find_fingerprint(
      const base::Digest& project) const;
  std::optional<LastBuildRecord> find(const base::Digest& project) const;
  // Replaces the project's.
  void put(const LastBuildRecord& record);
  void clear();

 private:
  Database& database_;
};

}  // namespace store
