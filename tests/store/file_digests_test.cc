#include "store/file_digests.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/temp_dir.h"
#include "store/database.h"

namespace {

using base::Digest;
using store::FileDigests;
using store::KnownFile;

constexpr std::int64_t kNow = 1'700'000'000'123'456'789;

KnownFile known(const std::string& path) {
  return {path,
          {1, 2, 3, 1'600'000'000'000'000'004, 1'600'000'000'000'000'005},
          Digest::of(path)};
}

std::vector<std::string> paths_of(const std::vector<KnownFile>& files) {
  std::vector<std::string> paths;
  for (const KnownFile& file : files) paths.push_back(file.path);
  return paths;
}

struct Fixture {
  base::TempDir root;
  store::Database database{root.path() / "strake.db"};
  FileDigests digests{database};

  std::vector<KnownFile> load(std::string_view context) const {
    std::vector<KnownFile> files;
    digests.for_each(context,
                     [&](const KnownFile& file) { files.push_back(file); });
    return files;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a file's digest comes back with its stamp",
                 "[store]") {
  KnownFile file = known("dir/a");
  file.stamp.inode = ~std::uint64_t{0};
  digests.put("/context", {file}, kNow);
  const auto found = load("/context");
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "dir/a");
  CHECK(found[0].stamp == file.stamp);
  CHECK(found[0].content == file.content);
}

TEST_CASE_METHOD(Fixture, "files come in the order of a depth-first walk",
                 "[store]") {
  digests.put("/context",
              {known("a.c"), known("a/b"), known("b"), known("a/b/c"),
               known("a"), known("a b"), known("a/b-c"), known("a\xff")},
              kNow);
  CHECK(paths_of(load("/context")) ==
        std::vector<std::string>{"a", "a/b", "a/b/c", "a/b-c", "a b", "a.c",
                                 "a\xff", "b"});
}

TEST_CASE_METHOD(Fixture, "contexts do not see each other's files", "[store]") {
  digests.put("/one", {known("a")}, kNow);
  digests.put("/two", {known("b")}, kNow);
  CHECK(paths_of(load("/one")) == std::vector<std::string>{"a"});
  CHECK(paths_of(load("/two")) == std::vector<std::string>{"b"});
  CHECK(load("/three").empty());
}

TEST_CASE_METHOD(Fixture, "a path is replaced and removed", "[store]") {
  digests.put("/context", {known("a"), known("b/c")}, kNow);
  KnownFile changed = known("a");
  changed.content = Digest::of("changed");
  digests.put("/context", {changed}, kNow);
  digests.remove("/context", {"b/c", "absent"});
  digests.remove("/other", {"a"});
  const auto found = load("/context");
  REQUIRE(found.size() == 1);
  CHECK(found[0].content == changed.content);
}

TEST_CASE_METHOD(Fixture, "a file as young as the clock's grain is not kept",
                 "[store]") {
  constexpr std::int64_t kMs = 1'000'000;
  KnownFile young_mtime = known("mtime");
  young_mtime.stamp.mtime_ns = kNow - 5 * kMs;
  KnownFile young_ctime = known("ctime");
  young_ctime.stamp.ctime_ns = kNow - 5 * kMs;
  KnownFile future = known("future");
  future.stamp.mtime_ns = kNow + 1;
  KnownFile old = known("old");
  old.stamp.mtime_ns = kNow - 30 * kMs;
  old.stamp.ctime_ns = kNow - 30 * kMs;
  digests.put("/context", {young_mtime, young_ctime, future, old}, kNow);
  CHECK(paths_of(load("/context")) == std::vector<std::string>{"old"});
}

TEST_CASE_METHOD(Fixture, "stamps of whole seconds have a grain of seconds",
                 "[store]") {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t now = 1'700'000'000 * kSecond;
  KnownFile young = known("young");
  young.stamp.mtime_ns = young.stamp.ctime_ns = now - kSecond;
  KnownFile old = known("old");
  old.stamp.mtime_ns = old.stamp.ctime_ns = now - 3 * kSecond;
  digests.put("/context", {young, old}, now);
  CHECK(paths_of(load("/context")) == std::vector<std::string>{"old"});
}

TEST_CASE_METHOD(Fixture, "nothing to keep writes nothing", "[store]") {
  KnownFile young = known("young");
  young.stamp.mtime_ns = kNow;
  // A writer that is kept out would wait a minute and then throw.
  store::Database other(root.path() / "strake.db");
  store::Transaction busy(other);
  digests.put("/context", {}, kNow);
  digests.put("/context", {young}, kNow);
  digests.remove("/context", {});
  CHECK(load("/context").empty());
}
