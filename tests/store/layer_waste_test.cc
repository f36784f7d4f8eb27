#include "store/layer_waste.h"

#include <catch2/catch.hpp>
#include <utility>

#include "trees.h"

namespace {

using store::Entry;
using store::StackWaste;
using tests::directory;
using tests::file;
using tests::hardlink;
using tests::link_to;
using tests::whiteout;

// A file of so many bytes; what they are follows from `name`.
Entry big(std::string path, std::uint64_t size, std::string_view name = "x") {
  Entry entry = file(std::move(path), "");
  entry.size_bytes = size;
  entry.content = base::Digest::of(name);
  return entry;
}

StackWaste waste_of(std::vector<std::vector<Entry>> stack,
                    std::size_t most_files = 10) {
  std::vector<std::shared_ptr<const store::LayerIndex>> layers;
  for (auto& entries : stack) {
    layers.push_back(
        std::make_shared<const store::LayerIndex>(std::move(entries)));
  }
  return store::measure_waste(layers, most_files);
}

// "path size layer>hidden_by kind", one for each.
std::vector<std::string> list(const StackWaste& waste) {
  std::vector<std::string> lines;
  for (const store::WastedFile& one : waste.biggest) {
    lines.push_back(one.path + " " + std::to_string(one.size_bytes) + " " +
                    std::to_string(one.layer) + ">" +
                    std::to_string(one.hidden_by) + " " +
                    std::string(store::render_waste_kind(one.kind)));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a stack whose files all show wastes nothing", "[waste]") {
  const StackWaste waste =
      waste_of({{directory("d"), big("d/a", 10)}, {big("b", 5), big("c", 1)}});
  CHECK(waste.wasted_bytes == 0);
  CHECK(waste.layers.at(0).file_bytes == 10);
  CHECK(waste.layers.at(1).file_bytes == 6);
  CHECK(waste.layers.at(1).files == 2);
  CHECK(waste_of({}).layers.empty());
}

TEST_CASE("deleted, replaced and merely touched files are told apart",
          "[waste]") {
  Entry owned = big("owned", 30);
  owned.owner.uid = 7;
  Entry touched = big("touched", 20);
  touched.mtime.seconds = 99;
  const StackWaste waste =
      waste_of({{big("gone", 50), big("other", 40, "old"), big("owned", 30),
                 big("touched", 20), big("kept", 9)},
                {whiteout("gone"), big("other", 40, "new"), owned, touched}});
  CHECK(list(waste) == Lines{"gone 50 0>1 deleted", "other 40 0>1 replaced",
                             "owned 30 0>1 attributes",
                             "touched 20 0>1 rewritten"});
  CHECK(waste.wasted_bytes == 140);
  CHECK(waste.layers.at(1).wasted_bytes == 140);
  CHECK(waste.layers.at(0).wasted_bytes == 0);
  CHECK(waste.bytes_by_kind == std::array<std::uint64_t, 4>{50, 40, 30, 20});
}

TEST_CASE("what hides a directory wastes all below it", "[waste]") {
  Entry opaque = directory("opaque");
  opaque.opaque = true;
  const StackWaste waste = waste_of(
      {{directory("cache"), directory("cache/x"), big("cache/x/a", 4),
        directory("link"), big("link/b", 3), directory("opaque"),
        big("opaque/c", 2)},
       {whiteout("cache"), link_to("link", "/"), opaque, big("opaque/d", 1)},
       {directory("cache"), big("cache/new", 8)}});
  CHECK(list(waste) == Lines{"cache/x/a 4 0>1 deleted", "link/b 3 0>1 deleted",
                             "opaque/c 2 0>1 deleted"});
}

TEST_CASE("the layer that hides a file first is the one to blame", "[waste]") {
  const StackWaste waste = waste_of({{directory("d"), big("d/a", 4, "1")},
                                     {big("d/a", 6, "2")},
                                     {whiteout("d")},
                                     {directory("d"), big("d/a", 1, "3")}});
  CHECK(list(waste) == Lines{"d/a 6 1>2 deleted", "d/a 4 0>1 replaced"});
}

TEST_CASE("a file is wasted with the last of its names", "[waste]") {
  const auto stack = [](std::vector<Entry> second, std::vector<Entry> third) {
    return waste_of({{big("a", 4), hardlink("b", "a")},
                     std::move(second),
                     std::move(third)});
  };
  CHECK(list(stack({whiteout("a")}, {})).empty());
  CHECK(list(stack({whiteout("b")}, {whiteout("a")})) ==
        Lines{"a 4 0>2 deleted"});
  // Both names come back as one file of the upper layer.
  CHECK(list(stack({big("a", 4), hardlink("b", "a")}, {})) ==
        Lines{"a 4 0>1 rewritten"});
}

TEST_CASE("only the biggest files are named, and all are counted", "[waste]") {
  std::vector<Entry> below;
  std::vector<Entry> above;
  for (int i = 1; i <= 30; ++i) {
    below.push_back(big("f" + std::to_string(i), std::uint64_t(i)));
    above.push_back(whiteout("f" + std::to_string(i)));
  }
  const StackWaste waste = waste_of({below, above}, 2);
  CHECK(list(waste) == Lines{"f30 30 0>1 deleted", "f29 29 0>1 deleted"});
  CHECK(waste.wasted_files == 30);
  CHECK(waste.wasted_bytes == 465);
}
