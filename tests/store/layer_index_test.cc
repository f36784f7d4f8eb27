#include "store/layer_index.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "store/merged_tree.h"
#include "tests/has_kind.h"
#include "trees.h"

namespace {

using base::ErrorKind;
using store::Entry;
using store::LayerIndex;
using tests::directory;
using tests::file;
using tests::link_to;

std::vector<Entry> some_entries() {
  Entry content = file("a/b", "12");
  content.link_target.clear();
  content.content = base::Digest::of("12");
  content.mtime = {-5, 999'999'999};
  content.owner = {4'000'000'000, 7};
  content.xattrs = {{"user.x", std::string("\0\xFF", 2)}, {"user.y", ""}};
  Entry device;
  device.path = "a-dev";
  device.type = store::EntryType::block;
  device.device_major = 259;
  device.device_minor = 1'000'000;
  Entry opaque = directory("o");
  opaque.opaque = true;
  return {directory("a"), content, device, opaque, link_to("s", "any\nwhere")};
}

std::vector<Entry> list(std::span<const Entry> entries) {
  return {entries.begin(), entries.end()};
}

}  // namespace

TEST_CASE("paths are ordered as a walk visits them", "[store]") {
  const std::vector<std::string> sorted{"",    "a",   "a/b", "a/b/c", "a/c",
                                        "a b", "a-b", "a.b", "ab",    "\xFF"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      CHECK(store::path_less(sorted[i], sorted[j]) == (i < j));
    }
  }
}

TEST_CASE("an index comes back from its bytes", "[store]") {
  const LayerIndex index(some_entries());
  CHECK(list(LayerIndex::parse(index.render()).entries()) == some_entries());
  CHECK(LayerIndex::parse(LayerIndex().render()).entries().empty());
}

TEST_CASE("an index holds no path twice", "[store]") {
  CHECK_THROWS_MATCHES(LayerIndex({directory("a"), directory("a")}),
                       base::Error, tests::HasKind(ErrorKind::invalid_input));
}

TEST_CASE("a cut or altered index is corrupt, wherever it happens", "[store]") {
  const std::string whole = LayerIndex(some_entries()).render();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_THROWS_MATCHES(LayerIndex::parse(whole.substr(0, size)), base::Error,
                         tests::HasKind(ErrorKind::corrupt));
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 0x41);
    CHECK_THROWS_MATCHES(LayerIndex::parse(altered), base::Error,
                         tests::HasKind(ErrorKind::corrupt));
  }
  CHECK_THROWS_MATCHES(LayerIndex::parse(whole + "x"), base::Error,
                       tests::HasKind(ErrorKind::corrupt));
}

TEST_CASE("an index is unpacked no further than it has room", "[store]") {
  std::vector<Entry> entries;
  SECTION("of paths that are nearly the same") {
    for (int i = 0; i < 1000; ++i) {
      entries.push_back(directory(std::string(4000, 'a') + std::to_string(i)));
    }
  }
  SECTION("of attributes") {
    entries.push_back(directory("a"));
    for (int i = 0; i < 100'000; ++i) {
      entries.back().xattrs.emplace(std::to_string(i), "");
    }
  }
  const LayerIndex index(std::move(entries));
  const std::string bytes = index.render();
  REQUIRE(bytes.size() < index.memory_bytes() / 8);
  CHECK(LayerIndex::parse(bytes, index.memory_bytes()).render() == bytes);
  CHECK_THROWS_MATCHES(LayerIndex::parse(bytes, index.memory_bytes() - 1),
                       base::Error, tests::HasKind(ErrorKind::corrupt));
}

TEST_CASE("the stable digest depends on everything but times", "[store]") {
  const auto digest = [](const std::function<void(Entry&)>& change) {
    auto entries = some_entries();
    change(entries[1]);
    return LayerIndex(std::move(entries)).stable_digest();
  };
  const base::Digest same = digest([](Entry&) {});
  CHECK(digest([](Entry& e) { e.mtime = {1, 2}; }) == same);
  CHECK(digest([](Entry& e) { e.path = "a/c"; }) != same);
  CHECK(digest([](Entry& e) { e.mode = 0; }) != same);
  CHECK(digest([](Entry& e) { e.owner.gid = 8; }) != same);
  CHECK(digest([](Entry& e) { e.content = {}; }) != same);
  CHECK(digest([](Entry& e) { e.xattrs["user.y"] = "1"; }) != same);
  CHECK(digest([](Entry& e) { e.link_target = "x"; }) != same);
}

TEST_CASE("what is below a directory is found", "[store]") {
  const LayerIndex index(some_entries());
  CHECK(list(index.below("a")) == std::vector{some_entries()[1]});
  CHECK(index.below("").size() == 5);
  CHECK(index.below("a/b").empty());
  CHECK(index.below("none").empty());
  CHECK(index.find("a-dev")->device_major == 259);
  CHECK(index.find("a-de") == nullptr);
  CHECK(index.file_bytes() == 2);
}

TEST_CASE("times of reading and merging 20,000 entries", "[.bench]") {
  std::vector<Entry> entries;
  for (int d = 0; d < 200; ++d) {
    entries.push_back(directory(fmt::format("some/dir{}", d)));
    for (int f = 0; f < 100; ++f) {
      entries.push_back(
          file(fmt::format("some/dir{}/file{}.txt", d, f), "content"));
      entries.back().link_target.clear();
    }
  }
  const std::string bytes = LayerIndex(std::move(entries)).render();
  std::vector<store::MergedTree::Layer> layers;
  const auto start = std::chrono::steady_clock::now();
  auto index = std::make_shared<const LayerIndex>(LayerIndex::parse(bytes));
  const auto parsed = std::chrono::steady_clock::now();
  const auto digest = index->stable_digest();
  const auto hashed = std::chrono::steady_clock::now();
  const store::MergedTree tree({{index, ""}, {index, ""}, {index, ""}});
  const auto count = tree.below("").size();
  const auto merged = std::chrono::steady_clock::now();
  const auto ms = [](auto from, auto to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
  };
  WARN(
      fmt::format("{} bytes, {} entries: parse {:.1f} ms, stable digest "
                  "{:.1f} ms ({}), merge of three {:.1f} ms",
                  bytes.size(), count, ms(start, parsed), ms(parsed, hashed),
                  digest.brief(), ms(hashed, merged)));
}
