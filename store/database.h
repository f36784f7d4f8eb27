// SQLite, in the few shapes the store needs: a connection, statements, and
// transactions. Every SQLite error becomes a base::Error of kind system, or
// corrupt when the file is damaged, naming the statement.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

struct sqlite3;
struct sqlite3_stmt;

namespace store {

class Database;

// One prepared statement. Parameters and columns count from 0.
class Statement {
 public:
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, const base::Digest& digest);  // as a blob
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);

  // Whether there is a row.
  bool step();
  // step() for statements without rows, then ready to be bound again.
  void run();
  void reset();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string text(int column) const;            // also a blob's bytes
  std::string_view text_view(int column) const;  // until the next step()
  base::Digest digest(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  Statement(Database& database, std::string_view sql);
  void check(int code) const;
  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection. Hold lock() around every use: the classes of this room do, so
// that threads of one process may share a Store.
class Database {
 public:
  // Opens <file>, creating it with the schema; WAL, and waits for other
  // processes up to 60 s. Throws: system, unsupported when the file was
  // written by a newer strake, corrupt.
  explicit Database(const std::filesystem::path& file);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  Statement prepare(std::string_view sql);
  void execute(const char* sql);

  [[nodiscard]] std::unique_lock<std::recursive_mutex> lock() {
    return std::unique_lock(mutex_);
  }

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* connection) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> connection_;
  std::recursive_mutex mutex_;
};

// BEGIN IMMEDIATE until commit(); the destructor rolls back. Holds the
// database's lock, and with it keeps other processes from writing.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  std::unique_lock<std::recursive_mutex> lock_;
  bool is_open_ = true;
};

}  // namespace store
