#include "store/cache_records.h"

#include <fmt/format.h>

#include "store/database.h"

namespace store {
namespace {

// A record is of use while its layer is known, or when it made none.
constexpr std::string_view kSelectRecord =
    "SELECT r.key, r.operation, r.parent, r.diff_id, r.stable_digest, r.parts, "
    "r.created, r.recorded, r.elapsed_ms, r.reason, r.last_used, "
    "r.log "
    "FROM cache_records AS r";
constexpr std::string_view kIsUsable =
    "(r.diff_id IS NULL OR EXISTS "
    "(SELECT 1 FROM layers AS l WHERE l.diff_id = r.diff_id))";

std::chrono::sys_seconds read_time(const Statement& row, int column) {
  return std::chrono::sys_seconds(std::chrono::seconds(row.integer(column)));
}

std::int64_t seconds_of(std::chrono::sys_seconds time) {
  return time.time_since_epoch().count();
}

CacheRecord read_row(const Statement& row) {
  CacheRecord record;
  record.key = row.digest(0);
  record.operation = row.digest(1);
  record.parent = row.digest(2);
  record.diff_id = row.digest(3);
  record.stable_digest = row.digest(4);
  record.parts = row.text(5);
  record.created = read_time(row, 6);
  record.recorded = read_time(row, 7);
  record.elapsed = std::chrono::milliseconds(row.integer(8));
  record.reason = row.text(9);
  record.last_used = read_time(row, 10);
  record.log = row.text(11);
  return record;
}

void bind_or_null(Statement& statement, int parameter,
                  const base::Digest& digest) {
  if (digest.is_set()) {
    statement.bind(parameter, digest);
  } else {
    statement.bind_null(parameter);
  }
}

std::optional<CacheRecord> read_first(Statement& statement) {
  if (!statement.step()) return std::nullopt;
  return read_row(statement);
}

}  // namespace

CacheRecords::CacheRecords(Database& database) : database_(database) {}

std::optional<CacheRecord> CacheRecords::find(const base::Digest& key) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      fmt::format("{} WHERE r.key = ? AND {}", kSelectRecord, kIsUsable));
  statement.bind(0, key);
  return read_first(statement);
}

std::optional<CacheRecord> CacheRecords::find_equal_result(
    const base::Digest& parent, const base::Digest& stable_digest) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      fmt::format("{} WHERE r.parent = ? AND r.stable_digest = ? AND {} "
                  "ORDER BY r.created DESC, r.rowid DESC LIMIT 1",
                  kSelectRecord, kIsUsable));
  statement.bind(0, parent).bind(1, stable_digest);
  return read_first(statement);
}

std::vector<CacheRecord> CacheRecords::find_operation(
    const base::Digest& operation, int limit) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      fmt::format("{} WHERE r.operation = ? "
                  "ORDER BY r.created DESC, r.rowid DESC LIMIT ?",
                  kSelectRecord));
  statement.bind(0, operation).bind(1, std::int64_t{limit < 0 ? 0 : limit});
  std::vector<CacheRecord> records;
  while (statement.step()) records.push_back(read_row(statement));
  return records;
}

std::vector<CacheRecord> CacheRecords::find_layer(
    const base::Digest& diff_id) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      fmt::format("{} WHERE r.diff_id = ? ORDER BY r.key", kSelectRecord));
  statement.bind(0, diff_id);
  std::vector<CacheRecord> records;
  while (statement.step()) records.push_back(read_row(statement));
  return records;
}

std::vector<CacheRecord> CacheRecords::list() const {
  const auto lock = database_.lock();
  Statement statement =
      database_.prepare(fmt::format("{} ORDER BY r.key", kSelectRecord));
  std::vector<CacheRecord> records;
  while (statement.step()) records.push_back(read_row(statement));
  return records;
}

void CacheRecords::put(const CacheRecord& record) {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "INSERT OR REPLACE INTO cache_records (key, operation, parent, diff_id, "
      "stable_digest, parts, created, recorded, elapsed_ms, reason, last_used, "
      "log) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  statement.bind(0, record.key).bind(1, record.operation);
  statement.bind(2, record.parent);
  bind_or_null(statement, 3, record.diff_id);
  bind_or_null(statement, 4, record.stable_digest);
  statement.bind(5, record.parts);
  statement.bind(6, seconds_of(record.created));
  statement.bind(7, seconds_of(record.recorded));
  statement.bind(8, std::int64_t{record.elapsed.count()});
  statement.bind(9, record.reason).bind(10, seconds_of(record.last_used));
  statement.bind(11, record.log);
  statement.run();
}

void CacheRecords::touch(std::span<const base::Digest> keys,
                         std::chrono::sys_seconds now) {
  if (keys.empty()) return;
  Transaction transaction(database_);
  Statement statement =
      database_.prepare("UPDATE cache_records SET last_used = ? WHERE key = ?");
  for (const base::Digest& key : keys) {
    statement.bind(0, seconds_of(now)).bind(1, key);
    statement.run();
  }
  transaction.commit();
}

}  // namespace store
