#include "store/id_map_record.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "store/database.h"

namespace store {
namespace {

constexpr std::string_view kHost = "host";

std::optional<std::string> read_record(Database& database) {
  Statement statement =
      database.prepare("SELECT value FROM facts WHERE name = 'id_map'");
  if (!statement.step()) return std::nullopt;
  return statement.text(0);
}

bool has_layers(Database& database) {
  return database.prepare("SELECT 1 FROM layers WHERE state = 2 LIMIT 1")
      .step();
}

std::string describe(std::string_view id_map) {
  return id_map == kHost ? "the machine's own ids, as root has them"
                         : fmt::format("the ids {}", id_map);
}

}  // namespace

void claim_id_map(Database& database, const std::filesystem::path& root,
                  std::string_view id_map) {
  {
    const auto lock = database.lock();
    if (read_record(database) == id_map) return;
  }
  Transaction transaction(database);
  auto recorded = read_record(database);
  if (!recorded && has_layers(database)) recorded = kHost;
  if (recorded && *recorded != id_map) {
    throw base::Error(
        base::ErrorKind::unsupported,
        fmt::format("the files of the store {} were written under {}, and this "
                    "process has {}, which would give them to other owners",
                    root.native(), describe(*recorded), describe(id_map)))
        .hint(
            "use it as the user it was made by, with the same ranges in "
            "/etc/subuid and /etc/subgid, or give another directory with "
            "--root or STRAKE_ROOT");
  }
  database
      .prepare(
          "INSERT OR REPLACE INTO facts (name, value) VALUES ('id_map', ?)")
      .bind(0, id_map)
      .run();
  transaction.commit();
}

}  // namespace store
