#include "builder/file_difference.h"

#include <catch2/catch.hpp>

#include "fakes.h"

using builder::InputMatch;
using builder::SourceMatch;
using Lines = std::vector<std::string>;

namespace {

SourceMatch directory_match(std::string path,
                            std::vector<store::Entry> members) {
  SourceMatch match;
  match.name = store::base_name(path);
  match.path = std::move(path);
  match.entry = tests::directory("");
  match.members = std::move(members);
  return match;
}

const builder::CopyOp kCopy;

Lines compare(const SourceMatch& was, const SourceMatch& is,
              const builder::CopyOp* use = &kCopy) {
  const InputMatch before{&was};
  const InputMatch now{&is};
  return compare_files(list_files({&before, 1}, use), {&now, 1}, use, 20);
}

Lines compare_members(std::vector<store::Entry> was,
                      std::vector<store::Entry> is) {
  return compare(directory_match("src", std::move(was)),
                 directory_match("src", std::move(is)));
}

}  // namespace

TEST_CASE("each file that is not as it was is named with what changed",
          "[explain]") {
  using tests::file;
  CHECK(compare_members({file("main.c", "1")}, {file("main.c", "2")}) ==
        Lines{"src/main.c changed (content)"});
  store::Entry script = file("run.sh");
  store::Entry program = script;
  script.mode = 0644;
  program.mode = 0755;
  CHECK(compare_members({script}, {program}) ==
        Lines{"src/run.sh changed (mode 0644 → 0755)"});
  CHECK(compare_members({}, {file("new.c")}) == Lines{"src/new.c is new"});
  CHECK(compare_members({file("old.c")}, {}) == Lines{"src/old.c is gone"});
  CHECK(compare_members({tests::link_to("lib", "a")},
                        {tests::link_to("lib", "b")}) ==
        Lines{"src/lib changed (link a → b)"});
  CHECK(compare_members({file("x")}, {tests::link_to("x", "y")}) ==
        Lines{"src/x changed (file → link)"});
  store::Entry owned = file("f");
  owned.owner = {5, 6};
  CHECK(compare_members({file("f", "x")}, {owned}) ==
        Lines{"src/f changed (owner 0:0 → 5:6)"});
  store::Entry attributes = file("f");
  attributes.xattrs["user.a"] = "1";
  CHECK(compare_members({file("f")}, {attributes}) ==
        Lines{"src/f changed (extended attributes)"});
  CHECK(compare_members({file("f")}, {file("f")}).empty());
}

TEST_CASE("a directory that came or went is one line", "[explain]") {
  CHECK(compare_members({}, {tests::directory("lib"), tests::file("lib/a"),
                             tests::file("lib/b"), tests::file("main.c")}) ==
        Lines{"src/lib/ is new", "src/main.c is new"});
}

TEST_CASE("files are named where they stand now", "[explain]") {
  SourceMatch was = directory_match("", {tests::file("a/f", "1")});
  SourceMatch is = directory_match("", {tests::file("a/f", "2")});
  CHECK(compare(was, is) == Lines{"a/f changed (content)"});
  is = directory_match("deep/src", {tests::file("f", "2")});
  was = directory_match("other/src", {tests::file("f", "1")});
  CHECK(compare(was, is) == Lines{"deep/src/f changed (content)"});
  SourceMatch app;
  app.name = "app";
  app.path = "out/app";
  app.entry = tests::file("out/app", "1");
  SourceMatch newer = app;
  newer.entry = tests::file("out/app", "2");
  const InputMatch before{&app, "/", " of stage build"};
  const InputMatch now{&newer, "/", " of stage build"};
  CHECK(
      compare_files(list_files({&before, 1}, &kCopy), {&now, 1}, &kCopy, 20) ==
      Lines{"/out/app of stage build changed (content)"});
}

TEST_CASE("a copied directory's own mode means nothing, a mounted one's does",
          "[explain]") {
  const SourceMatch was = directory_match("src", {});
  SourceMatch is = was;
  is.entry.mode = 0700;
  CHECK(compare(was, is).empty());
  CHECK(compare(was, is, nullptr) == Lines{"src/ changed (mode 0755 → 0700)"});
}

TEST_CASE("what a flag of COPY replaces is no difference", "[explain]") {
  builder::CopyOp copy;
  copy.chmod = parser::FileMode::parse("0755");
  store::Entry was = tests::file("f");
  store::Entry is = was;
  was.mode = 0644;
  is.mode = 0600;
  CHECK(compare(directory_match("src", {was}), directory_match("src", {is}),
                &copy)
            .empty());
}

TEST_CASE("what is too much to list is counted", "[explain]") {
  std::vector<store::Entry> files;
  for (int i = 10; i < 40; ++i) files.push_back(tests::file(std::to_string(i)));
  const Lines lines = compare_members({}, files);
  REQUIRE(lines.size() == 21);
  CHECK(lines.back() == "and 10 more files");
}

TEST_CASE("matches of one name are told apart by their order", "[explain]") {
  SourceMatch a = directory_match("a/x", {tests::file("f", "1")});
  SourceMatch b = directory_match("b/x", {tests::file("f", "1")});
  const std::vector<InputMatch> before = {{&a}, {&b}};
  const auto listing = list_files(before, &kCopy);
  SourceMatch changed = directory_match("b/x", {tests::file("f", "2")});
  const std::vector<InputMatch> now = {{&a}, {&changed}};
  CHECK(compare_files(listing, now, &kCopy, 20) ==
        Lines{"b/x/f changed (content)"});
}
