#include <catch2/catch.hpp>

#include "base/temp_dir.h"
#include "store/store.h"

namespace {

store::Entry file(const std::string& path, std::string_view content) {
  store::Entry entry;
  entry.path = path;
  entry.mode = 0644;
  entry.size_bytes = content.size();
  entry.content = base::Digest::of(content);
  entry.mtime = {17, 0};
  return entry;
}

}  // namespace

TEST_CASE("a listing keeps of files what tells that they changed", "[store]") {
  const base::TempDir root;
  store::Store store(root.path() / "store");
  const base::Digest input = base::Digest::of("input");
  CHECK_FALSE(store.listings().find(input));
  store.listings().put(input, {file("b", "2"), file("a", "1")});
  store.listings().put(input, {file("c", "3")});  // there is one
  const auto found = store.listings().find(input);
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK(found->at(0).path == "a");
  CHECK(found->at(0).mode == 0644);
  CHECK(found->at(0).size_bytes == 1);
  CHECK(found->at(0).mtime == store::Timestamp{});
  const auto& kept = found->at(0).content.bytes();
  const base::Digest whole = base::Digest::of("1");
  CHECK(std::equal(kept.begin(), kept.begin() + 8, whole.bytes().begin()));
  CHECK(kept.back() == decltype(kept.back()){});
}

TEST_CASE("a listing goes when no record and no last build names it",
          "[store]") {
  const base::TempDir root;
  store::Store store(root.path() / "store");
  const base::Digest of_record = base::Digest::of("1");
  const base::Digest of_build = base::Digest::of("2");
  const base::Digest of_none = base::Digest::of("3");
  for (const base::Digest& input : {of_record, of_build, of_none}) {
    store.listings().put(input, {file("a", "1")});
  }
  store::CacheRecord record;
  record.key = record.operation = record.parent = base::Digest::of("key");
  record.parts = R"({"inputs":[["files",")" + of_record.str() + "\"]]}";
  store.cache().put(record);
  record.key = base::Digest::of("damaged");
  record.parts = "{";
  store.cache().put(record);
  store.last_builds().put(
      {base::Digest::of("project"), base::Digest::of("fingerprint"),
       R"([{},{"key":{"inputs":[["files",")" + of_build.str() + "\"]]}}]"});
  store.listings().remove_unused();
  CHECK(store.listings().contains(of_record));
  CHECK(store.listings().contains(of_build));
  CHECK_FALSE(store.listings().contains(of_none));
}

TEST_CASE("the last build of a project is replaced", "[store]") {
  const base::TempDir root;
  store::Store store(root.path() / "store");
  const base::Digest project = base::Digest::of("project");
  CHECK_FALSE(store.last_builds().find(project));
  store.last_builds().put({project, base::Digest::of("1"), "[1]"});
  store.last_builds().put({project, base::Digest::of("2"), "[2]"});
  CHECK(store.last_builds().find_fingerprint(project) == base::Digest::of("2"));
  CHECK(store.last_builds().find(project)->steps == "[2]");
}
