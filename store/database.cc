// What a connection is set up for: a build that finds everything cached opens
// the store, reads, and leaves without having changed a file.
//
// WAL lets readers go on while a build writes. The WAL file stays when the last
// process leaves (PERSIST_WAL), emptied (journal_size_limit), so that neither
// coming nor going creates or removes files and recovery has nothing to read.
// What is left is shared memory: the first process to come sets up
// strake.db-shm anew (32 KiB in the page cache, never synced). Opening it
// read-only would save that too, but a process cannot have both kinds of
// connection to one file. synchronous=NORMAL syncs at checkpoints only: after a
// power loss the database is a consistent earlier one, which is what boot_id.h
// is made for.

#include "store/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/fd.h"
#include "store/schema.h"

namespace store {
namespace {

constexpr int kBusyTimeoutMs = 60'000;

// SQLite gives its WAL and shared memory the mode of the database, so this one
// call keeps all three from other users. An existing file is not even opened:
// closing it again would drop the locks that another connection of this process
// has on it (fcntl(2) locks belong to the process).
void make_private_file(const std::filesystem::path& file) {
  const base::Fd made(
      ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made || errno == EEXIST) return;
  const int error_number = errno;
  throw base::system_error(error_number,
                           fmt::format("making {}", file.native()));
}

base::Error database_error(sqlite3* connection, int code,
                           std::string_view what) {
  using base::ErrorKind;
  const int system_errno =
      connection != nullptr ? sqlite3_system_errno(connection) : 0;
  const auto text = [&](std::string_view reason) {
    return fmt::format("{}: {}", what, reason);
  };
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return base::Error(ErrorKind::corrupt, text(sqlite3_errstr(code)))
          .hint(
              "the store's database is damaged; move the store aside, or give "
              "another --root, and build again");
    case SQLITE_FULL:
      return base::system_error(ENOSPC, what);
    case SQLITE_BUSY:
      return base::Error(
          ErrorKind::system,
          text(fmt::format("another process has kept the database locked for "
                           "{} s",
                           kBusyTimeoutMs / 1000)));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (system_errno != 0) return base::system_error(system_errno, what);
      break;
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return base::Error(ErrorKind::denied,
                         text("the database cannot be written"));
    default:
      break;
  }
  // The connection's own text says more than the code's, unless the trouble
  // was to get a connection.
  return base::Error(ErrorKind::system,
                     text(connection != nullptr ? sqlite3_errmsg(connection)
                                                : sqlite3_errstr(code)));
}

}  // namespace

// Statement

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement::Statement(Database& database, std::string_view sql)
    : database_(&database) {
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v2(database.connection_.get(), sql.data(),
                         static_cast<int>(sql.size()), &raw, nullptr);
  statement_.reset(raw);
  if (code != SQLITE_OK) {
    throw database_error(database.connection_.get(), code,
                         fmt::format("preparing \"{}\"", sql));
  }
}

void Statement::check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  throw database_error(
      database_->connection_.get(), code,
      fmt::format("database statement \"{}\"", sqlite3_sql(statement_.get())));
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter + 1, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), parameter + 1,
                            text.data() != nullptr ? text.data() : "",
                            text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int parameter, const base::Digest& digest) {
  const base::Digest::Bytes& bytes = digest.bytes();
  check(sqlite3_bind_blob64(statement_.get(), parameter + 1, bytes.data(),
                            bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_.get(), parameter + 1,
                            bytes.data() != nullptr ? bytes.data() : "",
                            bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  check(sqlite3_bind_null(statement_.get(), parameter + 1));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  check(code);
  return code == SQLITE_ROW;
}

void Statement::run() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    // The error's text goes with the reset, so it is taken first.
    base::Error error =
        database_error(database_->connection_.get(), code,
                       fmt::format("database statement \"{}\"",
                                   sqlite3_sql(statement_.get())));
    sqlite3_reset(statement_.get());
    throw error;
  }
  reset();
}

void Statement::reset() {
  // Its result repeats the error of the last step, which was thrown there.
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  return std::string(text_view(column));
}

std::string_view Statement::text_view(int column) const {
  // column_blob gives a text's bytes unconverted, and the size must be asked
  // for after it.
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

base::Digest Statement::digest(int column) const {
  const std::string_view bytes = text_view(column);
  base::Digest::Bytes digest{};
  if (bytes.empty()) return base::Digest();
  if (bytes.size() != digest.size()) {
    throw base::Error(base::ErrorKind::corrupt,
                      fmt::format("a digest of {} bytes in the result of "
                                  "\"{}\"",
                                  bytes.size(), sqlite3_sql(statement_.get())));
  }
  std::memcpy(digest.data(), bytes.data(), bytes.size());
  return base::Digest(digest);
}

// Database

void Database::Close::operator()(sqlite3* connection) const noexcept {
  sqlite3_close_v2(connection);
}

Database::Database(const std::filesystem::path& file) {
  make_private_file(file);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(raw);
  const std::string what = fmt::format("opening {}", file.native());
  if (code != SQLITE_OK) throw database_error(raw, code, what);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  int is_on = 1;
  sqlite3_file_control(raw, "main", SQLITE_FCNTL_PERSIST_WAL, &is_on);
  try {
    prepare_schema(*this, file);
    execute("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 0");
  } catch (base::Error& error) {
    error.add_context(what);
    throw;
  }
}

Database::~Database() = default;

Statement Database::prepare(std::string_view sql) {
  return Statement(*this, sql);
}

void Database::execute(const char* sql) {
  const int code =
      sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return;
  throw database_error(connection_.get(), code,
                       fmt::format("database statement \"{}\"", sql));
}

// Transaction

Transaction::Transaction(Database& database)
    : database_(database), lock_(database.lock()) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!is_open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (...) {
    // After a full disk SQLite has rolled back already; nothing is left to do.
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  is_open_ = false;
}

}  // namespace store
