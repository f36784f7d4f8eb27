// A cache directory as writers leave it.
#include "builder/layout_target.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/temp_dir.h"
#include "builder/layout_choice.h"
#include "tests/has_kind.h"

using base::Digest;
using base::ErrorKind;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  base::TempDir root;
  fs::path directory = root.path() / "cache";

  // A cache of these layers, whose bytes are their names.
  static store::CacheIndex index_of(builder::LayoutTarget& target,
                                    const std::vector<std::string>& names) {
    store::CacheIndex index;
    for (const std::string& name : names) {
      store::CachedStep step;
      step.key = Digest::of("key of " + name);
      step.operation = step.parent = step.stable_digest = Digest::of("x");
      step.diff_id = Digest::of(name);
      index.records[step.key] = step;
      index.layers[step.diff_id] = {step.diff_id, Digest::of("x"),
                                    name.size(),  target.put("layer", name),
                                    {},           0};
    }
    return index;
  }
  void write(const std::vector<std::string>& names,
             const std::string& tag = "latest") {
    builder::LayoutTarget target(directory, tag, {});
    target.read_index();
    target.commit(index_of(target, names), {});
  }
  std::size_t read(const std::string& tag = "latest") {
    return builder::LayoutTarget(directory, tag, {}).read_index().layers.size();
  }
  std::size_t files() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory / "blobs/sha256"), {}));
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a small blob that was damaged is written again",
                 "[layout_target]") {
  builder::LayoutTarget target(directory, "latest", {});
  const base::Descriptor blob = target.put("small", "content");
  CHECK(target.written_bytes() == 7);
  target.put("small", "content");
  CHECK(target.written_bytes() == 7);
  std::ofstream(directory / "blobs/sha256" / blob.digest.hex()) << "cOntent";
  target.put("small", "content");
  CHECK(target.read(blob, 100) == "content");
}

TEST_CASE_METHOD(Fixture, "what nobody could read again is refused",
                 "[layout_target]") {
  write({"one"});
  builder::LayoutTarget target(directory, "latest", {});
  std::vector<base::Descriptor> chunks;
  for (int i = 0; i < 2000; ++i) {
    chunks.push_back(
        {std::string(10'000, 't'), Digest::of(std::to_string(i)), 1, {}});
  }
  CHECK_THROWS_MATCHES(target.commit(target.read_index(), chunks), base::Error,
                       tests::HasKind(ErrorKind::invalid_input));
  CHECK(target.read_index().layers.size() == 1);
}

TEST_CASE_METHOD(Fixture, "entries of others stay as they were",
                 "[layout_target]") {
  write({"one"});
  const std::string index = base::read_file(directory / "index.json");
  const std::string foreign =
      R"({"artifactType":"a/t","digest":"sha512:00","mediaType":"m","size":1})";
  const std::size_t start = index.find('[') + 1;
  base::replace_file(directory / "index.json",
                     std::string(index).insert(start, foreign + ","), 0644);
  write({"two"});
  const std::string after = base::read_file(directory / "index.json");
  CHECK(after.find(foreign) == start);
  CHECK(after != std::string(index).insert(start, foreign + ","));
}

TEST_CASE_METHOD(Fixture, "what a cache named last and nothing names now goes",
                 "[layout_target]") {
  write({"one", "two"});
  CHECK(files() == 4);  // with manifest and key index
  write({"two"});
  CHECK(files() == 3);
  CHECK(read() == 1);
}

TEST_CASE_METHOD(Fixture, "caches of other tags keep what they name",
                 "[layout_target]") {
  write({"one", "two"}, "main");
  write({"two", "three"}, "branch");
  write({}, "branch");
  CHECK(read("main") == 2);
  CHECK(read("branch") == 0);
  // one, two; two manifests, two key indexes; the empty blob
  CHECK(files() == 7);
}

TEST_CASE_METHOD(Fixture, "nothing is removed where an entry cannot be read",
                 "[layout_target]") {
  write({"one"}, "main");
  write({"two"}, "branch");
  for (const auto& file : fs::directory_iterator(directory / "blobs/sha256")) {
    const std::string text = base::read_file(file.path());
    if (text.find("application/vnd.strake.cache.config") != text.npos &&
        text.find(Digest::of("one").hex()) != text.npos) {
      base::replace_file(file.path(), "{}");
    }
  }
  write({"three"}, "branch");
  CHECK(fs::exists(directory / "blobs/sha256" / Digest::of("one").hex()));
  CHECK(fs::exists(directory / "blobs/sha256" / Digest::of("two").hex()));
}

TEST_CASE_METHOD(Fixture, "writing the same again writes nothing",
                 "[layout_target]") {
  write({"one"});
  const auto before = fs::last_write_time(directory / "index.json");
  builder::LayoutTarget target(directory, "latest", {});
  target.commit(index_of(target, {"one"}), {});
  CHECK(target.written_bytes() == 0);
  CHECK(fs::last_write_time(directory / "index.json") == before);
}

TEST_CASE_METHOD(Fixture, "a blob that is not its digest is not kept",
                 "[layout_target]") {
  builder::LayoutTarget target(directory, "latest", {});
  const base::Descriptor promised{"layer", Digest::of("hello"), 5, {}};
  REQUIRE_THROWS_MATCHES(
      target.add(promised, [](const auto& sink) { sink("hellp"); }),
      base::Error, tests::HasKind(ErrorKind::corrupt));
  CHECK_FALSE(target.has(promised));
  CHECK(files() == 0);
}

TEST_CASE_METHOD(Fixture, "layers whose blobs were cut are not of the cache",
                 "[layout_target]") {
  write({"one", "two"});
  fs::resize_file(directory / "blobs/sha256" / Digest::of("one").hex(), 1);
  CHECK(read() == 1);
  base::replace_file(directory / "index.json", "no JSON");
  CHECK(read() == 0);
  write({"one"});
  CHECK(read() == 1);
}

TEST_CASE_METHOD(Fixture, "a cache is not written through links",
                 "[layout_target]") {
  fs::create_directories(root.path() / "elsewhere");
  fs::create_directories(directory);
  fs::create_directory_symlink(root.path() / "elsewhere", directory / "blobs");
  REQUIRE_THROWS_MATCHES(builder::LayoutTarget(directory, "latest", {}),
                         base::Error, tests::HasKind(ErrorKind::invalid_input));
  CHECK(fs::is_empty(root.path() / "elsewhere"));
}

TEST_CASE_METHOD(Fixture, "writers take turns and lose nothing",
                 "[layout_target]") {
  const auto add = [this](const std::string& name) {
    builder::LayoutTarget target(directory, "latest", {});
    store::CacheIndex index = target.read_index();
    store::CacheIndex more = index_of(target, {name});
    index.records.merge(more.records);
    index.layers.merge(more.layers);
    target.commit(index, {});
  };
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i) {
      writers.emplace_back(add, "layer " + std::to_string(i));
    }
  }
  CHECK(read() == 8);
}
