// Walking, writing and removing trees, on a disk with hostile things on it.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "store/layer_io.h"
#include "tests/has_kind.h"
#include "trees.h"

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using store::Entry;
using store::EntryType;
using tests::directory;
using tests::hardlink;
using tests::link_to;
using tests::whiteout;

struct Fixture {
  base::TempDir top;
  std::unique_ptr<store::LayerIo> io = store::open_local_layer_io();
  fs::path tree = top.path() / "tree";
  std::unique_ptr<store::TreeWriter> writer;

  Fixture() {
    fs::create_directory(tree);
    writer = io->write(tree);
  }
  ~Fixture() { io->remove_tree(tree); }

  void add_file(const Entry& entry) {
    Entry bare = entry;
    bare.link_target.clear();
    writer->add_file(bare, [&](const base::Fd& file) {
      base::write_all(file, entry.link_target);
    });
  }
};

// Copies a tree the way a layer is copied.
void copy(store::LayerIo& io, const fs::path& from, const fs::path& to) {
  const auto writer = io.write(to);
  io.walk(from, [&](Entry& entry, const base::Fd& file) {
    if (entry.path.empty()) return;
    if (entry.type != EntryType::regular) return writer->add(entry);
    writer->add_file(entry, [&](const base::Fd& out) {
      if (file) base::write_all(out, base::read_all(file));
    });
  });
  writer->finish();
}

}  // namespace

TEST_CASE("rights that could not be had are asked for again", "[store]") {
  const base::TempDir root;
  const auto io = store::open_local_layer_io();
  int asked = 0;
  io->before_use([&] {
    if (++asked == 1) throw std::runtime_error("not now");
    io->adopt({});
  });
  CHECK_THROWS(io->remove_tree(root.path() / "a"));
  io->remove_tree(root.path() / "a");
  io->remove_tree(root.path() / "a");
  CHECK(asked == 2);
}

TEST_CASE_METHOD(Fixture, "a written tree is the walked one", "[store][root]") {
  tests::make_everything(tree);
  const fs::path out = top.path() / "out";
  fs::create_directory(out);
  copy(*io, tree, out);
  CHECK(tests::read_tree(out) == tests::read_tree(tree));
  copy(*io, tree, out);  // over what is there
  CHECK(tests::read_tree(out) == tests::read_tree(tree));
  io->remove_tree(out);
  CHECK_FALSE(fs::exists(out));
}

TEST_CASE_METHOD(Fixture, "a walk is sorted and names hard links once",
                 "[store][root]") {
  add_file(tests::file("b", "x"));
  writer->add(directory("a"));
  writer->add(hardlink("a/link", "b"));
  writer->add(directory("a-b"));
  writer->finish();
  const auto entries = tests::read_tree(tree);
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].path == "a");
  CHECK(entries[1].path == "a/link");
  CHECK(entries[1].type == EntryType::regular);
  CHECK(entries[2].path == "a-b");
  CHECK(entries[3].type == EntryType::hardlink);
  CHECK(entries[3].link_target == "a/link");
}

TEST_CASE_METHOD(Fixture, "a link in the way is an error, never followed",
                 "[store][root]") {
  const fs::path outside = top.path() / "outside";
  fs::create_directory(outside);
  base::replace_file(outside / "file", "safe");
  fs::create_symlink(outside, tree / "link");
  const auto is_refused = tests::HasKind(ErrorKind::invalid_input);
  CHECK_THROWS_MATCHES(add_file(tests::file("link/file", "x")), base::Error,
                       is_refused);
  CHECK_THROWS_MATCHES(writer->add(directory("link/d")), base::Error,
                       is_refused);
  CHECK_THROWS_MATCHES(writer->add(hardlink("h", "link/file")), base::Error,
                       is_refused);
  CHECK_THROWS_MATCHES(writer->remove("link/file"), base::Error, is_refused);
  CHECK(base::read_file(outside / "file") == "safe");
  writer->add(directory("link", 0700));  // replaced, like any other file
  CHECK(fs::is_directory(fs::symlink_status(tree / "link")));
  CHECK(fs::status(outside).permissions() != fs::perms::owner_all);
}

TEST_CASE_METHOD(Fixture, "a hard link goes to a symbolic link itself",
                 "[store][root]") {
  writer->add(link_to("s", "/etc/passwd"));
  writer->add(hardlink("h", "s"));
  CHECK(fs::is_symlink(fs::symlink_status(tree / "h")));
}

TEST_CASE_METHOD(Fixture, "files replace files but not directories",
                 "[store][root]") {
  add_file(tests::file("a", "old"));
  writer->add(hardlink("b", "a"));
  add_file(tests::file("a", "new"));
  CHECK(base::read_file(tree / "a") == "new");
  CHECK(base::read_file(tree / "b") == "old");
  writer->add(directory("d"));
  CHECK_THROWS_MATCHES(add_file(tests::file("d", "x")), base::Error,
                       tests::HasKind(ErrorKind::invalid_input));
  CHECK_THROWS_MATCHES(writer->add(link_to("d", "x")), base::Error,
                       tests::HasKind(ErrorKind::invalid_input));
  writer->remove("d");
  add_file(tests::file("d", "x"));
  CHECK(writer->find("d") == EntryType::regular);
}

TEST_CASE_METHOD(Fixture, "directories keep their time while files come",
                 "[store][root]") {
  Entry entry = directory("d", 0500);
  entry.mtime = {1000, 42};
  writer->add(entry);
  Entry inner = directory("d/e");
  inner.mtime = {2000, 0};
  writer->add(inner);
  add_file(tests::file("d/e/f", "x"));
  writer->finish();
  const auto entries = tests::read_tree(tree);
  CHECK(entries[0].mtime == store::Timestamp{1000, 42});
  CHECK(entries[1].mtime == store::Timestamp{2000, 0});
}

TEST_CASE_METHOD(Fixture, "a file has the size its entry says",
                 "[store][root]") {
  Entry entry = tests::file("sparse", "");
  entry.size_bytes = 1ULL << 33;
  writer->add_file(entry, [](const base::Fd&) {});
  struct stat status {};
  REQUIRE(::stat((tree / "sparse").c_str(), &status) == 0);
  CHECK(status.st_size == 1LL << 33);
  CHECK(status.st_blocks == 0);
}

TEST_CASE_METHOD(Fixture, "a default ACL is not inherited inside a layer",
                 "[store][root]") {
  Entry entry = directory("d");
  // Version 2; user rwx, group r-x, mask rwx, other r-x
  // (linux/posix_acl_xattr.h).
  entry.xattrs["system.posix_acl_default"] = std::string(
      "\2\0\0\0\1\0\7\0\377\377\377\377\4\0\5\0\377\377\377\377"
      "\20\0\7\0\377\377\377\377\40\0\5\0\377\377\377\377",
      36);
  writer->add(entry);
  add_file(tests::file("d/f", "x"));
  writer->finish();
  const auto entries = tests::read_tree(tree);
  CHECK(entries[0].xattrs == entry.xattrs);
  CHECK(entries[1].xattrs.empty());
}

TEST_CASE_METHOD(Fixture, "removal stops at a mount", "[store][root]") {
  const fs::path host = top.path() / "host";
  fs::create_directories(tree / "mnt");
  fs::create_directory(host);
  base::replace_file(host / "file", "safe");
  REQUIRE(::mount(host.c_str(), (tree / "mnt").c_str(), nullptr, MS_BIND,
                  nullptr) == 0);
  CHECK_THROWS_AS(io->remove_tree(tree), base::Error);
  CHECK(base::read_file(host / "file") == "safe");
  REQUIRE(::umount2((tree / "mnt").c_str(), MNT_DETACH) == 0);
  io->remove_tree(tree);
  CHECK_FALSE(fs::exists(tree));
  CHECK(fs::exists(host / "file"));
}

TEST_CASE_METHOD(Fixture, "removal follows no link and needs nothing there",
                 "[store]") {
  const fs::path outside = top.path() / "outside";
  fs::create_directory(outside);
  base::replace_file(outside / "file", "safe");
  fs::create_symlink(outside, tree / "link");
  io->remove_tree(tree);
  io->remove_tree(tree);
  io->remove_tree(top.path() / "none" / "below");
  CHECK(fs::exists(outside / "file"));
}
