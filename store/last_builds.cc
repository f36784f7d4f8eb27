#include "store/last_builds.h"

#include <cstdint>

#include "store/database.h"

namespace store {

LastBuilds::LastBuilds(Database& database) : database_(database) {}

std::optional<base::Digest> LastBuilds::find_fingerprint(
    const base::Digest& project) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT fingerprint FROM last_builds WHERE project = ?");
  statement.bind(0, project);
  if (!statement.step()) return std::nullopt;
  return statement.digest(0);
}

std::optional<LastBuildRecord> LastBuilds::find(
    const base::Digest& project) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT fingerprint, steps FROM last_builds WHERE project = ?");
  statement.bind(0, project);
  if (!statement.step()) return std::nullopt;
  return LastBuildRecord{project, statement.digest(0), statement.text(1)};
}

void LastBuilds::put(const LastBuildRecord& record) {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "INSERT OR REPLACE INTO last_builds (project, fingerprint, steps) "
      "VALUES (?, ?, ?)");
  statement.bind(0, record.project).bind(1, record.fingerprint);
  statement.bind(2, record.steps);
  statement.run();
  // A row that is replaced gets a new rowid, above all others.
  Statement prune = database_.prepare(
      "DELETE FROM last_builds WHERE rowid NOT IN "
      "(SELECT rowid FROM last_builds ORDER BY rowid DESC LIMIT ?)");
  prune.bind(0, std::int64_t{kMostProjects}).run();
}

void LastBuilds::clear() {
  const auto lock = database_.lock();
  database_.execute("DELETE FROM last_builds");
}

}  // namespace store
