#include "store/merged_tree.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "tests/has_kind.h"
#include "trees.h"

namespace {

using base::ErrorKind;
using store::Entry;
using store::FollowLast;
using tests::directory;
using tests::file;
using tests::hardlink;
using tests::link_to;
using tests::whiteout;

Entry opaque(std::string path) {
  Entry entry = directory(std::move(path));
  entry.opaque = true;
  return entry;
}

store::MergedTree tree_of(std::vector<std::vector<Entry>> stack) {
  std::vector<store::MergedTree::Layer> layers;
  for (auto& entries : stack) {
    layers.push_back(
        {std::make_shared<const store::LayerIndex>(std::move(entries)), {}});
  }
  return store::MergedTree(std::move(layers));
}

std::vector<std::string> paths(const std::vector<const Entry*>& entries) {
  std::vector<std::string> result;
  for (const Entry* entry : entries) result.push_back(entry->path);
  return result;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("an empty stack is an empty root directory", "[store]") {
  const auto tree = tree_of({});
  REQUIRE(tree.find("") != nullptr);
  CHECK(tree.find("")->type == store::EntryType::directory);
  CHECK(tree.below("").empty());
}

TEST_CASE("upper layers' entries come first", "[store]") {
  const auto tree =
      tree_of({{directory("d", 0755), file("d/a", "old"), file("d/b", "b")},
               {directory("d", 0700), file("d/a", "newer")}});
  CHECK(tree.find("d")->mode == 0700);
  CHECK(tree.find("d/a")->size_bytes == 5);
  CHECK(paths(tree.below("")) == Paths{"d", "d/a", "d/b"});
}

TEST_CASE("a whiteout hides the path and all below it", "[store]") {
  const auto tree = tree_of(
      {{directory("d"), file("d/a", ""), file("e", "")}, {whiteout("d")}});
  CHECK(tree.find("d") == nullptr);
  CHECK(tree.find("d/a") == nullptr);
  CHECK(paths(tree.below("")) == Paths{"e"});
}

TEST_CASE("a directory made again after a whiteout starts empty", "[store]") {
  const auto tree = tree_of({{directory("d"), file("d/a", "")},
                             {whiteout("d")},
                             {directory("d"), file("d/b", "")}});
  CHECK(paths(tree.below("")) == Paths{"d", "d/b"});
}

TEST_CASE("an opaque directory shows only what is in it and above", "[store]") {
  const auto tree =
      tree_of({{directory("d"), directory("d/s"), file("d/s/a", "")},
               {opaque("d"), file("d/b", "")},
               {directory("d"), file("d/c", "")}});
  CHECK(paths(tree.below("d")) == Paths{"d/b", "d/c"});
}

TEST_CASE("an opaque root hides every lower layer", "[store]") {
  const auto tree = tree_of({{file("a", "")}, {opaque(""), file("b", "")}});
  CHECK(paths(tree.below("")) == Paths{"b"});
}

TEST_CASE("a file in place of a directory hides what was in it", "[store]") {
  const auto tree =
      tree_of({{directory("d"), file("d/a", "")}, {file("d", "")}});
  CHECK(paths(tree.below("")) == Paths{"d"});
  CHECK(tree.find("d")->type == store::EntryType::regular);
}

TEST_CASE("children are those directly in a directory", "[store]") {
  const auto tree =
      tree_of({{directory("d"), file("d-x", ""), file("d/a", ""),
                directory("d/s"), file("d/s/t", ""), file("d/z", "")}});
  CHECK(paths(tree.children("")) == Paths{"d", "d-x"});
  CHECK(paths(tree.children("d")) == Paths{"d/a", "d/s", "d/z"});
  CHECK(tree.children("d/a").empty());
  CHECK(tree.children("none").empty());
}

TEST_CASE("a hard link is the file it leads to, under its own path",
          "[store]") {
  Entry a = file("a", "12345");
  a.link_target.clear();
  const auto tree = tree_of({{a, hardlink("b", "a")}, {whiteout("a")}});
  REQUIRE(tree.find("b") != nullptr);
  CHECK(tree.find("b")->type == store::EntryType::regular);
  CHECK(tree.find("b")->path == "b");
  CHECK(tree.find("b")->size_bytes == 5);
}

TEST_CASE("links resolve inside the root as the kernel would", "[store]") {
  const auto tree = tree_of({{
      directory("usr"),
      directory("usr/lib"),
      file("usr/lib/x", ""),
      link_to("lib", "usr/lib"),
      link_to("abs", "/usr/lib"),
      link_to("out", "../../../usr"),
      link_to("usr/up", ".."),
      link_to("loop", "loop"),
      link_to("dangling", "no/where"),
  }});
  const auto yes = FollowLast::yes;
  CHECK(tree.resolve("lib/x", yes) == "usr/lib/x");
  CHECK(tree.resolve("/abs/x", yes) == "usr/lib/x");
  CHECK(tree.resolve("out/lib/../lib/./x", yes) == "usr/lib/x");
  CHECK(tree.resolve("usr/up/usr/up/lib", yes) == "usr/lib");
  CHECK(tree.resolve("lib", FollowLast::no) == "lib");
  CHECK(tree.resolve("lib/", FollowLast::no) == "usr/lib");
  CHECK(tree.resolve("../../..", yes).empty());
  CHECK(tree.resolve("new/dir/../file", yes) == "new/file");
  CHECK(tree.resolve("dangling/x", yes) == "no/where/x");
  CHECK(tree.resolve("loop", FollowLast::no) == "loop");
  CHECK_THROWS_MATCHES(tree.resolve("loop", yes), base::Error,
                       tests::HasKind(ErrorKind::invalid_input));
}

TEST_CASE("files are read from the layer that shows them", "[store]") {
  const base::TempDir lower;
  const base::TempDir upper;
  base::replace_file(lower.path() / "a", "lower");
  base::replace_file(upper.path() / "a", "upper");
  base::replace_file(lower.path() / "b", "only lower");
  std::filesystem::create_symlink("b", upper.path() / "link");
  std::vector<store::MergedTree::Layer> layers;
  for (const auto* dir : {&lower, &upper}) {
    layers.push_back({std::make_shared<const store::LayerIndex>(
                          tests::read_tree(dir->path())),
                      dir->path()});
  }
  const store::MergedTree tree(std::move(layers));
  CHECK(tree.read_file("a") == "upper");
  CHECK(tree.read_file("/link") == "only lower");
  CHECK(tree.read_file("none") == std::nullopt);
}
