#include "store/id_map_record.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "store/database.h"

namespace store {
namespace {

constexpr std::string_view kHost = "host";

bool has_layers(Database& database) {
  return database.prepare("SELECT 1 FROM layers WHERE state = 2 LIMIT 1")
      .step();
}

// nullopt while nothing was written that has an owner.
std::optional<std::string> find_record(Database& database) {
  Statement statement =
      database.prepare("SELECT value FROM facts WHERE name = 'id_map'");
  if (statement.step()) return statement.text(0);
  if (has_layers(database)) return std::string(kHost);
  return std::nullopt;
}

std::string describe(std::string_view id_map) {
  return id_map == kHost ? "the machine's own ids, as root has them"
                         : fmt::format("the ids {}", id_map);
}

void refuse_other(const std::string& recorded,
                  const std::filesystem::path& root, std::string_view id_map) {
  if (recorded == id_map) return;
  throw base::Error(
      base::ErrorKind::unsupported,
      fmt::format("the files of the store {} were written under {}, and this "
                  "process has {}, which would give them to other owners",
                  root.native(), describe(recorded), describe(id_map)))
      .hint(
          "use it as the user it was made by, with the same ranges in "
          "/etc/subuid and /etc/subgid, or give another directory with "
          "--root or STRAKE_ROOT");
}

}  // namespace

void claim_id_map(Database& database, const std::filesystem::path& root,
                  std::string_view id_map) {
  {
    const auto lock = database.lock();
    if (const auto recorded = find_record(database)) {
      return refuse_other(*recorded, root, id_map);
    }
  }
  Transaction transaction(database);
  if (const auto recorded = find_record(database)) {  // by now
    return refuse_other(*recorded, root, id_map);
  }
  database.prepare("INSERT INTO facts (name, value) VALUES ('id_map', ?)")
      .bind(0, id_map)
      .run();
  transaction.commit();
}

}  // namespace store
