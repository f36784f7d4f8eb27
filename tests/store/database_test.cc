#include "store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/temp_dir.h"
#include "store/cache_records.h"
#include "store/schema.h"
#include "tests/has_kind.h"

namespace {

using base::ErrorKind;
using store::Database;
using store::Transaction;
using tests::HasKind;

std::int64_t count_facts(Database& database) {
  store::Statement statement = database.prepare("SELECT count(*) FROM facts");
  statement.step();
  return statement.integer(0);
}

void add_fact(Database& database, std::string_view name) {
  database.prepare("INSERT INTO facts (name, value) VALUES (?, 'x')")
      .bind(0, name)
      .run();
}

// Runs in a child that exits 0 when `work` returned and 1 when it threw.
template <typename Work>
pid_t fork_child(const Work& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    work();
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}

// A database of an older format, from what sqlite3 .dump gave.
void load(const std::filesystem::path& file, const std::string& fixture) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &raw) == SQLITE_OK);
  const std::string sql =
      base::read_file(std::string(FIXTURES "/") + fixture + ".sql");
  REQUIRE(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  sqlite3_close(raw);
}

std::int64_t read_format(Database& database) {
  store::Statement statement = database.prepare("PRAGMA user_version");
  REQUIRE(statement.step());
  return statement.integer(0);
}

// Without bringing it up to date.
int read_format_raw(const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &raw) == SQLITE_OK);
  int format = 0;
  sqlite3_exec(
      raw, "PRAGMA user_version",
      [](void* to, int, char** values, char**) {
        *static_cast<int*>(to) = std::stoi(values[0]);
        return 0;
      },
      &format, nullptr);
  sqlite3_close(raw);
  return format;
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("values come back from a row as they were bound", "[store]") {
  const base::TempDir root;
  Database database(root.path() / "strake.db");
  const base::Digest digest = base::Digest::of("hello");
  store::Statement statement = database.prepare("SELECT ?, ?, ?, ?, ?, ?");
  statement.bind(0, std::int64_t{-7})
      .bind(1, std::string_view("t\0xt", 4))
      .bind(2, digest)
      .bind_blob(3, std::string_view("\0\xff", 2))
      .bind_null(4)
      .bind(5, "");
  REQUIRE(statement.step());
  CHECK(statement.integer(0) == -7);
  CHECK(statement.text(1) == std::string("t\0xt", 4));
  CHECK(statement.digest(2) == digest);
  CHECK(statement.text_view(3) == std::string_view("\0\xff", 2));
  CHECK(statement.is_null(4));
  CHECK_FALSE(statement.is_null(5));
  CHECK_FALSE(statement.step());
}

TEST_CASE("a null digest column is the unset digest", "[store]") {
  const base::TempDir root;
  Database database(root.path() / "strake.db");
  store::Statement statement = database.prepare("SELECT NULL, x'0102'");
  REQUIRE(statement.step());
  CHECK_FALSE(statement.digest(0).is_set());
  CHECK_THROWS_MATCHES(statement.digest(1), base::Error,
                       HasKind(ErrorKind::corrupt, "2 bytes"));
}

TEST_CASE("a transaction that is not committed leaves nothing", "[store]") {
  const base::TempDir root;
  Database database(root.path() / "strake.db");
  {
    Transaction transaction(database);
    add_fact(database, "lost");
  }
  CHECK(count_facts(database) == 0);
  Transaction transaction(database);
  add_fact(database, "kept");
  transaction.commit();
  Database other(root.path() / "strake.db");
  CHECK(count_facts(other) == 1);
}

TEST_CASE("a process killed inside a transaction leaves nothing", "[store]") {
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  { const Database made(file); }
  const pid_t child = fork_child([&] {
    Database database(file);
    Transaction transaction(database);
    add_fact(database, "half");
    ::raise(SIGKILL);
  });
  REQUIRE(WIFSIGNALED(wait_for(child)));
  Database database(file);
  CHECK(count_facts(database) == 0);
  add_fact(database, "whole");
  CHECK(count_facts(database) == 1);
}

TEST_CASE("a statement's error names the statement", "[store]") {
  const base::TempDir root;
  Database database(root.path() / "strake.db");
  CHECK_THROWS_MATCHES(
      database.prepare("SELECT absent"), base::Error,
      HasKind(ErrorKind::system, "\"SELECT absent\": no such column"));
  add_fact(database, "a");
  CHECK_THROWS_MATCHES(add_fact(database, "a"), base::Error,
                       HasKind(ErrorKind::system, "INSERT INTO facts"));
}

TEST_CASE("processes that create one database at once all succeed", "[store]") {
  for (int round = 0; round < 5; ++round) {
    const base::TempDir root;
    const auto file = root.path() / "strake.db";
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i) {
      children.push_back(fork_child([&, i] {
        Database database(file);
        add_fact(database, std::to_string(i));
      }));
    }
    for (const pid_t child : children) CHECK(wait_for(child) == 0);
    Database database(file);
    CHECK(count_facts(database) == 8);
  }
}

TEST_CASE("threads and processes write one database in turn", "[store]") {
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  Database first(file);
  Database second(file);
  const auto write = [](Database& database, const std::string& name) {
    for (int i = 0; i < 50; ++i) {
      Transaction transaction(database);
      add_fact(database, name + std::to_string(i));
      transaction.commit();
    }
  };
  std::vector<std::thread> threads;
  for (const char* name : {"a", "b"}) {
    threads.emplace_back([&, name] { write(first, name); });
  }
  threads.emplace_back([&] { write(second, "c"); });
  for (std::thread& thread : threads) thread.join();
  const auto lock = first.lock();
  CHECK(count_facts(first) == 150);
}

TEST_CASE("a store of an older format is brought up to date with what it knows",
          "[store]") {
  const auto fixture = GENERATE(as<std::string>{}, "format_2", "format_3");
  INFO(fixture);
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  load(file, fixture);
  for (int time = 0; time < 2; ++time) {
    Database database(file);
    const auto lock = database.lock();
    CHECK(read_format(database) == store::kStoreFormat);
    store::Statement row = database.prepare(
        "SELECT key, created, recorded, last_used, elapsed_ms, reason "
        "FROM cache_records");
    REQUIRE(row.step());
    CHECK(store::CacheRecords(database).find(row.digest(0)));
    CHECK(row.integer(1) > 0);
    CHECK(row.integer(2) == row.integer(1));
    CHECK(row.integer(3) == row.integer(1));
    CHECK(row.text(5).empty() == (fixture == "format_2"));
    for (const char* table : {"resolved_images", "layer_locations"}) {
      store::Statement none =
          database.prepare(std::string("SELECT 1 FROM ") + table);
      CHECK_FALSE(none.step());
    }
  }
}

TEST_CASE("an older store and a new one have the same tables", "[store]") {
  const base::TempDir root;
  load(root.path() / "old.db", "format_3");
  std::vector<std::string> schemas;
  for (const char* name : {"old.db", "new.db"}) {
    Database database(root.path() / name);
    store::Statement row = database.prepare(
        "SELECT m.type, m.name, c.name, c.type, c.[notnull], c.dflt_value, "
        "c.pk FROM sqlite_schema AS m LEFT JOIN pragma_table_xinfo(m.name) "
        "AS c ORDER BY m.name, c.cid");
    std::string& schema = schemas.emplace_back();
    while (row.step()) {
      for (int column = 0; column < 7; ++column) {
        schema += row.text(column) + ' ';
      }
      schema += '\n';
    }
  }
  CHECK(schemas[0] == schemas[1]);
}

TEST_CASE("a process killed in an upgrade leaves the older store", "[store]") {
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  load(file, "format_3");
  const pid_t child = fork_child([&] {
    // SQLite asks when all has been written and nothing is yet valid.
    const auto die_at_commit =
        +[](sqlite3* connection, const char**, const sqlite3_api_routines*) {
          sqlite3_commit_hook(
              connection, [](void*) { return ::raise(SIGKILL); }, nullptr);
          return SQLITE_OK;
        };
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(die_at_commit));
    const Database database(file);
  });
  REQUIRE(WIFSIGNALED(wait_for(child)));
  CHECK(read_format_raw(file) == 3);
  Database database(file);
  CHECK(read_format(database) == store::kStoreFormat);
  CHECK(count_facts(database) == 2);
}

TEST_CASE("a database of a newer format is refused untouched", "[store]") {
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  {
    Database database(file);
    database.execute("PRAGMA user_version = 999");
  }
  CHECK_THROWS_MATCHES(Database(file), base::Error,
                       HasKind(ErrorKind::unsupported, "store format 999"));
}

TEST_CASE("a file that is no database is corrupt, with advice", "[store]") {
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  std::ofstream(file) << std::string(8192, 'x');
  try {
    Database database(file);
    FAIL("opened");
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::corrupt);
    CHECK(error.message().find(file.native()) != std::string::npos);
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("a damaged page is corrupt", "[store]") {
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  { const Database made(file); }
  {
    const base::Fd raw = base::open_file(file, O_WRONLY);
    const std::string garbage(4096, '\xee');
    const auto pages =
        static_cast<off_t>(std::filesystem::file_size(file) / 4096);
    for (off_t page = 1; page < pages; ++page) {
      REQUIRE(::pwrite(raw.get(), garbage.data(), garbage.size(),
                       page * 4096) == 4096);
    }
  }
  // The schema may lie on damaged pages, too.
  const auto use = [&file] {
    Database database(file);
    add_fact(database, "a");
  };
  CHECK_THROWS_MATCHES(use(), base::Error, HasKind(ErrorKind::corrupt));
}

TEST_CASE("a full disk is said, and the store works again afterwards",
          "[store]") {
  const base::TempDir root;
  Database database(root.path() / "strake.db");
  database.execute("PRAGMA max_page_count = 1");  // at least what it has
  const auto fill = [&] {
    Transaction transaction(database);
    for (int i = 0; i < 2000; ++i) {
      add_fact(database, std::string(900, 'x') + std::to_string(i));
    }
    transaction.commit();
  };
  CHECK_THROWS_MATCHES(fill(), base::Error,
                       HasKind(ErrorKind::system, "No space left"));
  database.execute("PRAGMA max_page_count = 100000");
  CHECK(count_facts(database) == 0);
  fill();
  CHECK(count_facts(database) == 2000);
}

TEST_CASE("a write that the file system refuses does not end the process",
          "[store]") {
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  { const Database made(file); }
  const pid_t child = fork_child([&] {
    Database database(file);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{16384, 16384};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    bool is_refused = false;
    try {
      Transaction transaction(database);
      for (int i = 0; i < 2000; ++i) {
        add_fact(database, std::string(900, 'x') + std::to_string(i));
      }
      transaction.commit();
    } catch (const base::Error& error) {
      is_refused = error.kind() == ErrorKind::system;
    }
    if (!is_refused) throw 1;
  });
  CHECK(wait_for(child) == 0);
  Database database(file);
  CHECK(count_facts(database) == 0);
}

TEST_CASE("only the owner can read the database", "[store]") {
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  Database database(file);
  add_fact(database, "a");
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    REQUIRE(::stat((file.native() + suffix).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
  }
}

TEST_CASE("closing leaves the log in place and empty", "[store]") {
  const base::TempDir root;
  const auto file = root.path() / "strake.db";
  {
    Database database(file);
    add_fact(database, "a");
  }
  CHECK(std::filesystem::file_size(file.native() + "-wal") == 0);
  CHECK(std::filesystem::exists(file.native() + "-shm"));
}
