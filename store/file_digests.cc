#include "store/file_digests.h"

#include <algorithm>
#include <optional>

#include "store/database.h"

namespace store {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// The kernel stamps files with the time of its last tick: up to 10 ms old at
// HZ=100, and doubled here to be safe. File systems that keep whole seconds (or
// two of them, as FAT does) show it by stamps without a fraction.
constexpr std::int64_t kTickGrain = 20'000'000;
constexpr std::int64_t kSecondsGrain = 2 * kSecond;

bool is_racy(const FileStamp& stamp, std::int64_t hashed_at_ns) {
  const bool is_coarse =
      stamp.mtime_ns % kSecond == 0 && stamp.ctime_ns % kSecond == 0;
  const std::int64_t grain = is_coarse ? kSecondsGrain : kTickGrain;
  return std::max(stamp.mtime_ns, stamp.ctime_ns) > hashed_at_ns - grain;
}

// The database's byte order on these is path_less on the paths: no path holds a
// NUL, and NUL sorts before every other byte.
std::string to_key(std::string_view path) {
  std::string key(path);
  std::replace(key.begin(), key.end(), '/', '\0');
  return key;
}

void from_key(std::string_view key, std::string& path) {
  path.assign(key);
  std::replace(path.begin(), path.end(), '\0', '/');
}

std::optional<std::int64_t> find_context(Database& database,
                                         std::string_view context) {
  Statement statement =
      database.prepare("SELECT id FROM contexts WHERE path = ?");
  statement.bind_blob(0, context);
  if (!statement.step()) return std::nullopt;
  return statement.integer(0);
}

std::int64_t make_context(Database& database, std::string_view context) {
  database.prepare("INSERT OR IGNORE INTO contexts (path) VALUES (?)")
      .bind_blob(0, context)
      .run();
  return find_context(database, context).value();
}

void read_row(const Statement& row, KnownFile& file) {
  from_key(row.text_view(0), file.path);
  file.stamp.device = static_cast<std::uint64_t>(row.integer(1));
  file.stamp.inode = static_cast<std::uint64_t>(row.integer(2));
  file.stamp.size_bytes = static_cast<std::uint64_t>(row.integer(3));
  file.stamp.mtime_ns = row.integer(4);
  file.stamp.ctime_ns = row.integer(5);
  file.content = row.digest(6);
}

}  // namespace

FileDigests::FileDigests(Database& database) : database_(database) {}

void FileDigests::for_each(
    std::string_view context,
    const std::function<void(const KnownFile&)>& see) const {
  const auto lock = database_.lock();
  const std::optional<std::int64_t> id = find_context(database_, context);
  if (!id) return;
  Statement statement = database_.prepare(
      "SELECT path, device, inode, size_bytes, mtime_ns, ctime_ns, content "
      "FROM file_digests WHERE context = ? ORDER BY path");
  statement.bind(0, *id);
  KnownFile file;  // one for all, so that its path needs no new memory
  while (statement.step()) {
    read_row(statement, file);
    see(file);
  }
}

void FileDigests::put(std::string_view context,
                      const std::vector<KnownFile>& files,
                      std::int64_t hashed_at_ns) {
  const auto is_kept = [&](const KnownFile& file) {
    return !is_racy(file.stamp, hashed_at_ns);
  };
  if (std::none_of(files.begin(), files.end(), is_kept)) return;

  Transaction transaction(database_);
  const std::int64_t id = make_context(database_, context);
  Statement statement = database_.prepare(
      "INSERT OR REPLACE INTO file_digests (context, path, device, inode, "
      "size_bytes, mtime_ns, ctime_ns, content) VALUES (?, ?, ?, ?, ?, ?, ?, "
      "?)");
  for (const KnownFile& file : files) {
    if (!is_kept(file)) continue;
    statement.bind(0, id).bind_blob(1, to_key(file.path));
    statement.bind(2, static_cast<std::int64_t>(file.stamp.device));
    statement.bind(3, static_cast<std::int64_t>(file.stamp.inode));
    statement.bind(4, static_cast<std::int64_t>(file.stamp.size_bytes));
    statement.bind(5, file.stamp.mtime_ns).bind(6, file.stamp.ctime_ns);
    statement.bind(7, file.content).run();
  }
  transaction.commit();
}

void FileDigests::remove(std::string_view context,
                         const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  Transaction transaction(database_);
  const std::optional<std::int64_t> id = find_context(database_, context);
  if (!id) return;
  Statement statement = database_.prepare(
      "DELETE FROM file_digests WHERE context = ? AND path = ?");
  for (const std::string& path : paths) {
    statement.bind(0, *id).bind_blob(1, to_key(path)).run();
  }
  transaction.commit();
}

}  // namespace store
