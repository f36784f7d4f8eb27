// What a COPY or WORKDIR sees of its base, and that it is enough.
#include "builder/base_view.h"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "base/file.h"
#include "base/temp_dir.h"
#include "builder/copy_step.h"
#include "fakes.h"
#include "tests/has_kind.h"

using builder::BaseView;
using builder::CopyOp;
using builder::Selection;
using store::Entry;
using store::EntryType;
using tests::directory;
using tests::file;
using tests::link_to;
using Entries = std::vector<Entry>;

namespace {

const Entries kContext = {directory("s"), directory("s/sub", 0700),
                          file("s/sub/f"), file("s/g"), file("one")};

CopyOp copy(std::string source, std::string destination) {
  CopyOp op;
  op.sources = tests::sources({std::move(source)});
  op.destination_is_directory = destination.ends_with('/');
  op.destination = std::move(destination);
  return op;
}

Selection select(const CopyOp& op) {
  const auto tree = tests::tree_of(kContext);
  return builder::select_files(op, tests::only(tree));
}

base::Digest view(const CopyOp& op, Entries base) {
  const BaseView seen =
      builder::view_copy(op, select(op), tests::tree_of(std::move(base)));
  REQUIRE(seen.digest);
  return *seen.digest;
}

Entry with_mode(Entry entry, std::uint32_t mode) {
  entry.mode = mode;
  return entry;
}

}  // namespace

TEST_CASE("a copy does not see what is elsewhere in its base", "[view][D434]") {
  const CopyOp op = copy("s", "/app");
  const auto plain = view(op, {directory("app"), file("app/old")});
  CHECK(plain == view(op, {directory("app"), file("app/other", "new"),
                           directory("usr"), file("usr/f")}));
  Entry touched = directory("app");
  touched.mtime = {9, 9};
  CHECK(plain == view(op, {touched}));
  // What is replaced may be anything but a directory.
  CHECK(view(op, {directory("app"), file("app/g", "1")}) ==
        view(op, {directory("app"), link_to("app/g", "x")}));
  CHECK(view(op, {directory("app"), directory("app/sub", 0700)}) ==
        view(op, {directory("app"), directory("app/sub", 0755)}));
}

TEST_CASE("a copy sees its way, and what is in its place", "[view][D434]") {
  const CopyOp op = copy("s", "/app/d");
  std::vector<Entries> bases = {
      {},
      {directory("app")},
      {directory("app", 0700)},
      {directory("app"), directory("app/d")},
      {directory("app"), directory("app/d", 02755)},
      {directory("app"), directory("app/d"), file("app/d/g")},
      {directory("app"), directory("app/d"), directory("app/d/g")},
      {directory("app"), directory("app/d"), file("app/d/sub")},
      {directory("app"), file("app/d")},
      {link_to("app", "usr")},
      {link_to("app", "usr"), directory("usr")},
      {link_to("app", "opt")},
  };
  Entry owned = directory("app");
  owned.owner = {1, 2};
  bases.push_back({owned});
  Entry marked = directory("app");
  marked.xattrs["user.a"] = "b";
  bases.push_back({marked});
  std::map<base::Digest, std::size_t> seen;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    const auto [first, is_new] = seen.emplace(view(op, bases[i]), i);
    INFO(i << " looks like " << first->second);
    CHECK(is_new);
  }
}

TEST_CASE("of named owners a copy sees the numbers", "[view][D356][D436]") {
  const base::TempDir files;
  CopyOp op = copy("one", "/x");
  op.chown = "app:staff";
  const auto of = [&](const char* users, const char* groups) {
    tests::write_file(files.path() / "etc/passwd", users);
    tests::write_file(files.path() / "etc/group", groups);
    return *builder::view_copy(
                op, select(op),
                tests::tree_of({directory("etc"), file("etc/passwd", users),
                                file("etc/group", groups)},
                               files.path()))
                .digest;
  };
  const auto plain = of("app:x:5:6::/:\n", "staff:x:50:\n");
  CHECK(plain == of("root:x:0:0::/:\napp:x:5:7::/home:\n", "staff:y:50:app\n"));
  CHECK(plain != of("app:x:6:6::/:\n", "staff:x:50:\n"));
  CHECK(plain != of("app:x:5:6::/:\n", "staff:x:51:\n"));
  op.chown = "ghost";
  CHECK_THROWS_MATCHES(
      of("app:x:5:6::/:\n", ""), base::Error,
      tests::HasKind(base::ErrorKind::not_found, "/etc/passwd of the image"));
}

TEST_CASE("WORKDIR sees its way and its user's numbers", "[view]") {
  const auto of = [](Entries base) {
    return *builder::view_workdir({"/a/b", ""}, tests::tree_of(std::move(base)))
                .digest;
  };
  const auto plain = of({directory("a")});
  CHECK(plain == of({directory("a"), file("a/c"), file("etc")}));
  CHECK(plain != of({directory("a", 0700)}));
  CHECK(plain != of({directory("a"), directory("a/b")}));
  CHECK(plain != of({}));
}

TEST_CASE("an ADD of what may be an archive sees all of its base", "[view]") {
  CopyOp op = copy("one", "/x/");
  op.is_unpacking = true;
  const BaseView all =
      builder::view_copy(op, select(op), tests::tree_of({file("elsewhere")}));
  CHECK_FALSE(all.digest);
  CHECK(all.tree.find("elsewhere") != nullptr);
  op.sources[0].keeps_archive = true;
  CHECK(builder::view_copy(op, select(op), tests::tree_of({})).digest);
  op = copy("s", "/x/");
  op.is_unpacking = true;
  CHECK(builder::view_copy(op, select(op), tests::tree_of({})).digest);
}

namespace {

// Random trees and copies over few names, so that they meet often.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t end) { return engine_() % end; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <typename T>
  const T& any_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  Entries tree() {
    Entries entries;
    grow(entries, "", 3);
    return entries;
  }

  CopyOp copy() {
    CopyOp op;
    std::vector<std::string> words;
    for (std::size_t i = 1 + below(2); i > 0; --i) {
      words.push_back(any_of<std::string>(
          {"a", "b", "a/b", "*", "a/*", ".", "b/a", "a/./b", "?/./*"}));
    }
    op.sources = tests::sources(words);
    op.destination = any_of<std::string>(
        {"/", "/a", "/b", "/a/b", "/a/b/c", "/c/../a", "/new/er", "/c/a"});
    op.keeps_parents = one_in(4);
    op.destination_is_directory = op.keeps_parents || one_in(2);
    if (one_in(4)) op.chown = "5:6";
    if (one_in(4)) {
      op.chmod = parser::FileMode::parse(
          any_of<std::string>({"0700", "2755", "g=u", "a+X,u-w"}));
    }
    if (one_in(4)) op.inline_files = {{"b", "text"}};
    if (one_in(4)) op.excludes = {any_of<std::string>({"a", "b", "**/c"})};
    return op;
  }

 private:
  void grow(Entries& entries, const std::string& around, int depth) {
    for (const char* name : {"a", "b", "c"}) {
      const std::string path = store::join_path(around, name);
      switch (below(depth > 0 ? 6 : 4)) {
        case 0:
          break;
        case 1:
          entries.push_back(with_mode(file(path), one_in(2) ? 04755 : 0640));
          break;
        case 2:
          entries.push_back(link_to(
              path, any_of<std::string>({"a", "/b", "../c", "b/a", "/a/b"})));
          break;
        default:
          entries.push_back(
              directory(path, any_of<std::uint32_t>({0755, 0700, 02775})));
          entries.back().owner.gid = static_cast<std::uint32_t>(below(2));
          if (depth > 0) grow(entries, path, depth - 1);
      }
    }
  }

  std::mt19937 engine_;
};

// The whole layer with times and attributes, or the error.
std::string layer_over(const CopyOp& op, const Selection& selection,
                       const store::MergedTree& tree,
                       const std::optional<store::Owner>& owner) {
  tests::WrittenLayer layer;
  builder::TreeEdit edit(tree, tests::write_to(layer));
  try {
    builder::write_copy(
        op, selection,
        [](std::size_t, const std::string&) {
          return base::open_file("/dev/zero", O_RDONLY);
        },
        owner, {1000, 0}, edit);
  } catch (const base::Error& error) {
    return "error: " + error.message();
  }
  base::Hasher hasher;
  for (const auto& [path, item] : layer.items) {
    store::hash_stable(item.entry, hasher);
    hasher.update(std::to_string(item.entry.mtime.seconds));
  }
  return layer.list() + hasher.finish().str();
}

}  // namespace

TEST_CASE("over its view a copy makes what it makes over the whole base",
          "[view][D434]") {
  std::map<std::string, std::string> made;  // by operation, files and view
  std::size_t reused = 0;
  for (std::uint32_t seed = 0; seed < 4000; ++seed) {
    INFO("seed " << seed);
    // A few contexts and copies over many bases, so that views are equal.
    Chance what(seed % 40);
    const auto context = tests::tree_of(what.tree());
    const CopyOp op = what.copy();
    Selection selection;
    try {
      selection = builder::select_files(op, tests::only(context));
    } catch (const base::Error&) {
      continue;  // a loop of links
    }
    if (selection.missing) continue;
    Chance where(seed);
    const Entries base = where.tree();
    std::optional<BaseView> view;
    try {
      view = builder::view_copy(op, selection, tests::tree_of(base));
    } catch (const base::Error&) {
      continue;
    }
    const std::string over_base =
        layer_over(op, selection, tests::tree_of(base), view->owner);
    REQUIRE(layer_over(op, selection, view->tree, view->owner) == over_base);
    const auto [first, is_new] = made.try_emplace(
        std::to_string(seed % 40) + view->digest->str(), over_base);
    REQUIRE(first->second == over_base);
    if (!is_new) ++reused;
  }
  CHECK(reused > 100);
}
