// Which files a COPY means.
#include "builder/file_selection.h"

#include <catch2/catch.hpp>

#include "fakes.h"
#include "tests/has_kind.h"

using builder::CopyOp;
using builder::Selection;
using store::Entry;
using store::EntryType;
using tests::directory;
using tests::file;
using tests::link_to;
using Texts = std::vector<std::string>;

namespace {

CopyOp copy_of(Texts words, Texts excludes = {}) {
  CopyOp op;
  op.sources = tests::sources(std::move(words));
  op.excludes = std::move(excludes);
  return op;
}

// "name=path" of each match, and its members as "name/member".
Texts select(std::vector<Entry> entries, const CopyOp& op) {
  const auto tree = tests::tree_of(std::move(entries));
  const Selection selection = builder::select_files(op, tests::only(tree));
  Texts out;
  if (selection.missing) {
    return {"missing " + std::to_string(selection.missing->source) + " " +
            selection.missing->name + " " + selection.missing->path};
  }
  for (const auto& match : selection.matches) {
    out.push_back(match.name + "=" + match.path);
    for (const Entry& member : match.members) {
      out.push_back("  " + member.path);
    }
  }
  return out;
}

Entry hardlink(std::string path, std::string target) {
  Entry entry = file(std::move(path));
  entry.type = EntryType::hardlink;
  entry.link_target = std::move(target);
  return entry;
}

}  // namespace

TEST_CASE("a source is sought from the root, which nothing leads out of",
          "[copy][D324][D325][D326]") {
  const std::vector<Entry> tree = {directory("a"), file("a/f")};
  for (const char* source :
       {"a/f", "/a/f", "../a/f", "/../../a/./f", "a//f", "x/../a/f", "a/f/"}) {
    CHECK(select(tree, copy_of({source})) == Texts{"f=a/f"});
  }
}

TEST_CASE("a directory stands for all that is in it", "[copy][D332]") {
  const std::vector<Entry> tree = {
      directory("a"),       directory("a/b"),          file("a/b/f"),
      directory("a/empty"), link_to("a/l", "nowhere"), file("z")};
  CHECK(select(tree, copy_of({"a/"})) ==
        Texts{"a=a", "  b", "  b/f", "  empty", "  l"});
  CHECK(select(tree, copy_of({"."})).front() == "=");
  CHECK(select(tree, copy_of({"."})).size() == 7);
}

TEST_CASE("a source that is not there is named; a wildcard may find nothing",
          "[copy][D327][D329]") {
  const std::vector<Entry> tree = {directory("a"), file("a/f")};
  CHECK(select(tree, copy_of({"a", "a/g", "x"})) == Texts{"missing 1 a/g a/g"});
  CHECK(select(tree, copy_of({"*.c", "a/[x]"})).empty());
  CHECK(select(tree, copy_of({"a/\\g"})) == Texts{"missing 0 a/\\g a/\\g"});
}

TEST_CASE("wildcards match within one part, dot files too, in path order",
          "[copy][D328][D330]") {
  const std::vector<Entry> tree = {
      file(".dot"), file("b.c"),      directory("d"), file("d/x.c"),
      file("a.c"),  directory("d/e"), file("d/e/y.c")};
  CHECK(select(tree, copy_of({"*.c"})) == Texts{"a.c=a.c", "b.c=b.c"});
  CHECK(select(tree, copy_of({"?.c"})) == Texts{"a.c=a.c", "b.c=b.c"});
  CHECK(select(tree, copy_of({"[^a].c"})) == Texts{"b.c=b.c"});
  CHECK(select(tree, copy_of({"*/*.c"})) == Texts{"x.c=d/x.c"});
  CHECK(select(tree, copy_of({"*"})).front() == ".dot=.dot");
  CHECK(select(tree, copy_of({"**/*.c"})) == Texts{"x.c=d/x.c"});
  CHECK(select(tree, copy_of({"d/../*.c"})) == Texts{"a.c=a.c", "b.c=b.c"});
}

TEST_CASE("names with spaces, globs and any bytes are reached",
          "[copy][D331][D5]") {
  const std::vector<Entry> tree = {file("a b"),      file("[0].txt"),
                                   file("st*r"),     file("star"),
                                   file("\xff\xfe"), file("\xc3\xa9")};
  CHECK(select(tree, copy_of({"a b"})) == Texts{"a b=a b"});
  CHECK(select(tree, copy_of({"[[]0].txt"})) == Texts{"[0].txt=[0].txt"});
  CHECK(select(tree, copy_of({"\\[0].txt"})) == Texts{"[0].txt=[0].txt"});
  CHECK(select(tree, copy_of({"st\\*r"})) == Texts{"st*r=st*r"});
  CHECK(select(tree, copy_of({"\xff\xfe"})) == Texts{"\xff\xfe=\xff\xfe"});
  CHECK(select(tree, copy_of({"\xff*"})) == Texts{"\xff\xfe=\xff\xfe"});
  CHECK(select(tree, copy_of({"?"})) == Texts{"\xc3\xa9=\xc3\xa9"});
}

TEST_CASE("each directory a wildcard matches gives its contents",
          "[copy][D333]") {
  const std::vector<Entry> tree = {directory("s"), directory("s/a"),
                                   file("s/a/f"), directory("s/b"),
                                   file("s/b/g")};
  CHECK(select(tree, copy_of({"s/*"})) ==
        Texts{"a=s/a", "  f", "b=s/b", "  g"});
}

TEST_CASE("a link named, found by a wildcard, or on the way is followed",
          "[copy][D334][D325]") {
  const std::vector<Entry> tree = {
      directory("real"),           file("real/f"),
      link_to("up", "../../real"), link_to("abs", "/real"),
      link_to("one.l", "real/f"),  link_to("real/self", ".")};
  CHECK(select(tree, copy_of({"up"})) == Texts{"up=real", "  f", "  self"});
  CHECK(select(tree, copy_of({"abs/f"})) == Texts{"f=real/f"});
  CHECK(select(tree, copy_of({"abs/*"})) ==
        Texts{"f=real/f", "self=real", "  f", "  self"});
  CHECK(select(tree, copy_of({"*.l"})) == Texts{"one.l=real/f"});
  CHECK(select(tree, copy_of({"u*/f"})) == Texts{"f=real/f"});
}

TEST_CASE("a link that leads nowhere is missing, and says where it led",
          "[copy][D327][D334]") {
  const std::vector<Entry> tree = {link_to("bad", "gone/x")};
  CHECK(select(tree, copy_of({"bad"})) == Texts{"missing 0 bad gone/x"});
  CHECK(select(tree, copy_of({"b*"})) == Texts{"missing 0 bad gone/x"});
}

TEST_CASE("links in a circle are an error", "[copy][D334]") {
  CHECK_THROWS_MATCHES(
      select({link_to("a", "b"), link_to("b", "a")}, copy_of({"a"})),
      base::Error, tests::HasKind(base::ErrorKind::invalid_input));
}

TEST_CASE("links in a copied directory are not followed", "[copy][D335]") {
  const auto tree = tests::tree_of(
      {directory("a"), link_to("a/out", "../../etc"), file("etc")});
  const Selection selection =
      builder::select_files(copy_of({"a"}), tests::only(tree));
  const Entry& link = selection.matches.at(0).members.at(0);
  CHECK(link.type == EntryType::symlink);
  CHECK(link.link_target == "../../etc");
}

TEST_CASE("hard links of a copied tree stay links, relative to it",
          "[copy][D337]") {
  const auto tree =
      tests::tree_of({directory("a"), file("a/1", "xy"), hardlink("a/2", "a/1"),
                      hardlink("b", "a/1")});
  const Selection selection =
      builder::select_files(copy_of({"a", "b"}), tests::only(tree));
  const auto& members = selection.matches.at(0).members;
  CHECK(members.at(0).type == EntryType::regular);
  CHECK(members.at(1).type == EntryType::hardlink);
  CHECK(members.at(1).link_target == "1");
  CHECK(selection.matches.at(1).entry.type == EntryType::regular);
  CHECK(selection.matches.at(1).entry.size_bytes == 2);
}

TEST_CASE("a hard link whose first name is left out becomes the file",
          "[copy][D337][D374]") {
  const auto tree =
      tests::tree_of({directory("a"), file("a/1"), hardlink("a/2", "a/1"),
                      hardlink("a/3", "a/1")});
  const auto members =
      builder::select_files(copy_of({"a"}, {"1"}), tests::only(tree))
          .matches.at(0)
          .members;
  REQUIRE(members.size() == 2);
  CHECK(members[0].type == EntryType::regular);
  CHECK(members[1].type == EntryType::hardlink);
  CHECK(members[1].link_target == "2");
}

TEST_CASE("exclusions are seen from each source, files included",
          "[copy][D374][D375][D376]") {
  const std::vector<Entry> tree = {
      directory("a"),      file("a/f.txt"), directory("a/sub", 0700),
      file("a/sub/f.txt"), file("a/sub/g"), file("h.txt"),
      file("h.c")};
  CHECK(select(tree, copy_of({"a"}, {"*.txt"})) ==
        Texts{"a=a", "  sub", "  sub/f.txt", "  sub/g"});
  CHECK(select(tree, copy_of({"a"}, {"**/*.txt"})) ==
        Texts{"a=a", "  sub", "  sub/g"});
  CHECK(select(tree, copy_of({"a"}, {"sub"})) == Texts{"a=a", "  f.txt"});
  CHECK(select(tree, copy_of({"h*"}, {"*.txt"})) == Texts{"h.c=h.c"});
  CHECK(select(tree, copy_of({"h.txt"}, {"*.txt"})).empty());
  CHECK(select(tree, copy_of({"a"}, {"*", "!sub/g"})) ==
        Texts{"a=a", "  sub", "  sub/g"});
}

TEST_CASE("a pattern of --exclude is never a comment", "[copy][D374]") {
  CHECK(select({directory("a"), file("a/#x"), file("a/x")},
               copy_of({"a"}, {"#x"})) == Texts{"a=a", "  x"});
}

TEST_CASE("a directory that only an exception brings back keeps its mode",
          "[copy][D354][D376]") {
  const auto tree = tests::tree_of({directory("a"), directory("a/s", 0700),
                                    directory("a/s/t", 0711), file("a/s/t/f"),
                                    directory("a/u"), file("a/u/f")});
  const auto members =
      builder::select_files(copy_of({"a"}, {"*", "!s/t/f"}), tests::only(tree))
          .matches.at(0)
          .members;
  REQUIRE(members.size() == 3);
  CHECK(members[0].path == "s");
  CHECK(members[0].mode == 0700);
  CHECK(members[1].mode == 0711);
}

namespace {

// The tree of BuildKit's documentation of --parents, and some more.
std::vector<Entry> nested() {
  return {directory("x"),         directory("x/a", 0710),
          directory("x/a/c"),     file("x/a/c/f"),
          file("x/a/c/g"),        directory("x/b"),
          directory("x/b/c"),     directory("x/b/c/d"),
          file("x/b/c/d/f"),      file("x/f"),
          directory("y"),         file("y/f"),
          link_to("y/l", "../x"), link_to("z", "x/a")};
}

Texts parents(const Texts& words, Texts excludes = {}) {
  CopyOp op = copy_of(words, std::move(excludes));
  op.keeps_parents = true;
  return select(nested(), op);
}

}  // namespace

TEST_CASE("flag --parents keeps the directories above what it takes",
          "[copy][D369][D372]") {
  CHECK(parents({"x/a/c/f"}) ==
        Texts{"=", "  x", "  x/a", "  x/a/c", "  x/a/c/f"});
  CHECK(parents({"/x/b"}) ==
        Texts{"=", "  x", "  x/b", "  x/b/c", "  x/b/c/d", "  x/b/c/d/f"});
  CHECK(parents({"./x/f", "y/f"}) ==
        Texts{"=", "  x", "  x/f", "=", "  y", "  y/f"});
  CHECK(parents({"../x/../y/f"}) == Texts{"=", "  y", "  y/f"});
  CHECK(parents({"."}).size() == 15);
  CopyOp op = copy_of({"x/a/c/f"});
  op.keeps_parents = true;
  const auto tree = tests::tree_of(nested());
  const auto selection = builder::select_files(op, tests::only(tree));
  CHECK(selection.matches.at(0).members.at(1).mode == 0710);
}

TEST_CASE("flag --parents keeps what is behind the first \"/./\"",
          "[copy][D370]") {
  CHECK(parents({"x/a/./c/f"}) == Texts{"=x/a", "  c", "  c/f"});
  CHECK(parents({"/x/./a/./c/f"}) == Texts{"=x", "  a", "  a/c", "  a/c/f"});
  CHECK(parents({"x/b/c/d/."}) ==
        Texts{"=", "  x", "  x/b", "  x/b/c", "  x/b/c/d", "  x/b/c/d/f"});
  CHECK(parents({"z/./c/g"}) == Texts{"=x/a", "  c", "  c/g"});
}

TEST_CASE("flag --parents takes wildcards on both sides, and any depth",
          "[copy][D371][D373]") {
  CHECK(parents({"x/./*/c"}) == Texts{"=x", "  a", "  a/c", "  a/c/f",
                                      "  a/c/g", "  b", "  b/c", "  b/c/d",
                                      "  b/c/d/f"});
  CHECK(parents({"x/*/./c/**/f"}) ==
        Texts{"=x/a", "  c", "  c/f", "=x/b", "  c", "  c/d", "  c/d/f"});
  CHECK(parents({"**/g"}) ==
        Texts{"=", "  x", "  x/a", "  x/a/c", "  x/a/c/g"});
  CHECK(parents({"x/*/./nope"}) == Texts{"=x/a", "=x/b"});
  CHECK(parents({"no*/f"}) == Texts{"="});
}

TEST_CASE("flag --parents misses what it names without a wildcard",
          "[copy][D373]") {
  CHECK(parents({"y/f", "x/g"}) == Texts{"missing 1 x/g x/g"});
  CHECK(parents({"x/./q/f"}) == Texts{"missing 0 x/q/f x/q/f"});
  CHECK(parents({"q/./*"}) == Texts{"missing 0 q q"});
  // A link on the way is not followed, so nothing is there.
  CHECK(parents({"z/c/f"}) == Texts{"missing 0 z/c/f x/a/c/f"});
  CHECK(parents({"y/l"}) == Texts{"=", "  y", "  y/l"});
}

TEST_CASE("flag --parents leaves out what --exclude hits behind the cut",
          "[copy][D374][D369]") {
  CHECK(parents({"x/a"}, {"x/a/c/g"}) ==
        Texts{"=", "  x", "  x/a", "  x/a/c", "  x/a/c/f"});
  CHECK(parents({"x/./a"}, {"a/c/f"}) ==
        Texts{"=x", "  a", "  a/c", "  a/c/g"});
  CHECK(parents({"x/./a"}, {"**/f"}) == Texts{"=x", "  a", "  a/c", "  a/c/g"});
}

TEST_CASE("a mount shows a file, a directory's contents, or is not there",
          "[copy][D273]") {
  const auto tree =
      tests::tree_of({directory("a"), file("a/f"), link_to("l", "a")});
  CHECK(builder::find_tree_match(tree, "")->members.size() == 3);
  CHECK(builder::find_tree_match(tree, "/l")->members.size() == 1);
  CHECK(builder::find_tree_match(tree, "l/../a/f")->entry.path == "a/f");
  CHECK_FALSE(builder::find_tree_match(tree, "gone"));
}
