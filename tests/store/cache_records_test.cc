#include "store/cache_records.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/temp_dir.h"
#include "store/database.h"

namespace {

using base::Digest;
using store::CacheRecord;
using store::CacheRecords;

struct Fixture {
  base::TempDir root;
  store::Database database{root.path() / "strake.db"};
  CacheRecords records{database};

  void know_layer(const Digest& diff_id) {
    database
        .prepare(
            "INSERT INTO layers (diff_id, state, source, created, last_used) "
            "VALUES (?, 2, 0, 0, 0)")
        .bind(0, diff_id)
        .run();
  }
  CacheRecord put(const std::string& key, int created) {
    CacheRecord record;
    record.key = Digest::of(key);
    record.operation = Digest::of("operation");
    record.parent = Digest::of("parent");
    record.diff_id = Digest::of("layer " + key);
    record.stable_digest = Digest::of("stable");
    record.parts = R"({"key":")" + key + "\"}";
    record.created = std::chrono::sys_seconds(std::chrono::seconds(created));
    record.recorded = record.created + std::chrono::hours(1);
    record.elapsed = std::chrono::milliseconds(1500);
    record.reason = "src/main.c changed (content)";
    record.last_used = record.recorded;
    records.put(record);
    return record;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a record comes back as it was put", "[store]") {
  const CacheRecord record = put("a", 5);
  know_layer(record.diff_id);
  const auto found = records.find(record.key);
  REQUIRE(found);
  CHECK(found->operation == record.operation);
  CHECK(found->parent == record.parent);
  CHECK(found->diff_id == record.diff_id);
  CHECK(found->stable_digest == record.stable_digest);
  CHECK(found->parts == record.parts);
  CHECK(found->created == record.created);
  CHECK(found->recorded == record.recorded);
  CHECK(found->elapsed == record.elapsed);
  CHECK(found->reason == record.reason);
  CHECK(found->last_used == record.last_used);
}

TEST_CASE_METHOD(Fixture, "the last use of records is noted", "[store]") {
  const CacheRecord used = put("used", 5);
  const CacheRecord unused = put("unused", 5);
  know_layer(used.diff_id);
  know_layer(unused.diff_id);
  const auto now = used.recorded + std::chrono::hours(7);
  records.touch(std::vector{used.key}, now);
  CHECK(records.find(used.key)->last_used == now);
  CHECK(records.find(unused.key)->last_used == unused.last_used);
}

TEST_CASE_METHOD(Fixture, "a record whose layer is gone is no hit", "[store]") {
  const CacheRecord record = put("a", 5);
  CHECK_FALSE(records.find(record.key));
  CHECK_FALSE(records.find_equal_result(record.parent, record.stable_digest));
  // It still explains a miss.
  CHECK(records.find_operation(record.operation, 1).size() == 1);
}

TEST_CASE_METHOD(Fixture, "a step without a layer has a record", "[store]") {
  CacheRecord record = put("a", 5);
  record.diff_id = Digest();
  record.stable_digest = Digest();
  records.put(record);
  const auto found = records.find(record.key);
  REQUIRE(found);
  CHECK_FALSE(found->diff_id.is_set());
}

TEST_CASE_METHOD(Fixture, "the latest equal result of a parent is found",
                 "[store]") {
  for (const char* key : {"old", "new", "unusable"}) {
    const CacheRecord record = put(key, key == std::string("old") ? 1 : 2);
    if (key != std::string("unusable")) know_layer(record.diff_id);
  }
  const auto found =
      records.find_equal_result(Digest::of("parent"), Digest::of("stable"));
  REQUIRE(found);
  CHECK(found->key == Digest::of("new"));
  CHECK_FALSE(
      records.find_equal_result(Digest::of("other"), Digest::of("stable")));
}

TEST_CASE_METHOD(Fixture, "records of an operation come newest first",
                 "[store]") {
  put("a", 3);
  put("b", 1);
  put("c", 3);
  const auto found = records.find_operation(Digest::of("operation"), 2);
  REQUIRE(found.size() == 2);
  CHECK(found[0].key == Digest::of("c"));
  CHECK(found[1].key == Digest::of("a"));
}

TEST_CASE_METHOD(Fixture, "a record replaces the one of its key", "[store]") {
  put("a", 1);
  put("a", 2);
  const auto found = records.find_operation(Digest::of("operation"), 9);
  REQUIRE(found.size() == 1);
  CHECK(found[0].created.time_since_epoch().count() == 2);
}
