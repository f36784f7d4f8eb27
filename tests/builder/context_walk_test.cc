// The walk over a large context, which several threads share: the same as one
// thread's over its parts.
#include "builder/context_walk.h"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/temp_dir.h"
#include "builder/walk_crew.h"
#include "fakes.h"

namespace fs = std::filesystem;
using builder::WalkedContext;

namespace {

struct Fixture {
  base::TempDir root;
  fs::path directory = root.path() / "context";

  Fixture() { fs::create_directory(directory); }

  void fill(const std::string& path, int files) {
    fs::create_directories(directory / path);
    for (int i = 0; i < files; ++i) {
      tests::write_file(directory / path / std::to_string(i), "x");
    }
  }
  WalkedContext walk(std::string_view ignore = "") const {
    return builder::walk_context({directory, "build context"},
                                 parser::IgnoreFile::parse(ignore));
  }
};

// Wide, deep and flat: enough for several threads, several times.
void fill_all(Fixture& context) {
  context.fill("flat", 3000);
  for (int i = 0; i < 40; ++i) {
    context.fill("wide/" + std::to_string(i), 30);
    context.fill("wide/" + std::to_string(i) + "/src", 20);
  }
  std::string deep = "deep";
  for (int i = 0; i < 120; ++i) {
    deep += "/d";
    context.fill(deep, 5);
  }
}

std::vector<std::string> paths_below(const fs::path& directory) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    paths.push_back(fs::relative(entry.path(), directory).native());
  }
  std::sort(paths.begin(), paths.end(), store::path_less);
  return paths;
}

std::vector<std::string> paths_of(const WalkedContext& walked) {
  std::vector<std::string> paths;
  for (const store::Entry& entry : walked.entries) paths.push_back(entry.path);
  return paths;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a large tree is walked whole and in order",
                 "[context]") {
  fill_all(*this);
  const auto wanted = paths_below(directory);
  for (int i = 0; i < 5; ++i) {  // each time shared in another way
    const WalkedContext walked = walk();
    REQUIRE(paths_of(walked) == wanted);
    REQUIRE(walked.files.size() == 3000 + 40 * 50 + 120 * 5);
    for (const WalkedContext::File& file : walked.files) {
      const store::Entry& entry = walked.entries[file.entry];
      struct stat status {};
      REQUIRE(::stat((directory / entry.path).c_str(), &status) == 0);
      REQUIRE(file.stamp.inode == status.st_ino);
    }
  }
}

TEST_CASE_METHOD(Fixture, "a large tree is walked through its ignore file",
                 "[context]") {
  fill_all(*this);
  const WalkedContext walked = walk(
      "wide\n!wide/7/src/1\n!wide/33\nwide/33/src\nflat/*\n!flat/2999\n"
      "deep/d/d/d\n");
  std::vector<std::string> wanted = {
      "deep", "deep/d", "deep/d/d",   "flat",         "flat/2999",
      "wide", "wide/7", "wide/7/src", "wide/7/src/1", "wide/33"};
  for (int i = 0; i < 5; ++i) {
    wanted.push_back("deep/d/" + std::to_string(i));
    wanted.push_back("deep/d/d/" + std::to_string(i));
  }
  for (int i = 0; i < 30; ++i) wanted.push_back("wide/33/" + std::to_string(i));
  std::sort(wanted.begin(), wanted.end(), store::path_less);
  CHECK(paths_of(walked) == wanted);
  CHECK(std::is_sorted(walked.hidden.begin(), walked.hidden.end(),
                       [](const auto& left, const auto& right) {
                         return store::path_less(left.path, right.path);
                       }));
}

TEST_CASE_METHOD(Fixture, "the first of a file's names is the file",
                 "[context]") {
  fill_all(*this);
  fs::create_hard_link(directory / "wide/39/src/19", directory / "flat/linked");
  fs::create_hard_link(directory / "wide/39/src/19", directory / "deep/linked");
  const WalkedContext walked = walk();
  std::vector<std::string> names;
  for (const store::Entry& entry : walked.entries) {
    if (entry.type == store::EntryType::hardlink) {
      names.push_back(entry.path + " -> " + entry.link_target);
    }
  }
  CHECK(names == std::vector<std::string>{"flat/linked -> deep/linked",
                                          "wide/39/src/19 -> deep/linked"});
}

TEST_CASE("what one thread of a crew throws ends the others", "[context]") {
  builder::WalkCrew crew(
      [](builder::WalkCrew& all, builder::WalkCrew::Part part) {
        if (part.path == "given") {
          throw base::Error(base::ErrorKind::denied, "not allowed");
        }
        all.call_help();
        all.give({{}, "given", {}, {}}, part.result);
      });
  CHECK_THROWS_WITH(crew.run({{}, "first", {}, {}}), "not allowed");
}
