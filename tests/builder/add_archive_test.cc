// What ADD makes of archives, on a layer in memory.
#include <cstdlib>

#include "copy_fixture.h"

using store::Timestamp;
using tests::Copy;
using tests::directory;
using tests::link_to;

namespace {

// Packs `tree` with the machine's tar into a file of the context.
void pack(Copy& copy, const std::string& name, const std::string& options,
          const base::TempDir& tree) {
  const std::string to = (copy.context() / name).native();
  std::filesystem::create_directories((copy.context() / name).parent_path());
  const std::string command =
      "tar -C " + tree.path().native() + " --owner=7 --group=8 " +
      "--mtime=@9 --sort=name -cf " + to + " " + options;
  REQUIRE(std::system(command.c_str()) == 0);
  copy.add_file(name, base::read_file(to));
}

}  // namespace

TEST_CASE_METHOD(Copy, "ADD unpacks an archive, known by its bytes",
                 "[copy][D378][D381][D382]") {
  base::TempDir tree;
  tests::write_file(tree.path() / "d/f", "1");
  std::filesystem::permissions(tree.path() / "d/f",
                               std::filesystem::perms(04711));
  std::filesystem::permissions(tree.path() / "d", std::filesystem::perms(0750));
  std::filesystem::create_hard_link(tree.path() / "d/f", tree.path() / "d/g");
  std::filesystem::create_symlink("f", tree.path() / "d/l");
  op.is_unpacking = true;
  op.chmod = parser::FileMode(0600);
  for (const char* option : {"d", "-z d", "-J d", "-j d"}) {
    pack(*this, "archive", option, tree);
    CHECK(run({"archive"}, "/new") ==
          "new d 755 0:0\n"
          "new/d d 750 7:8\n"
          "new/d/f f 4711 7:8 1\n"
          "new/d/g h 4711 7:8 new/d/f\n"
          "new/d/l l 777 7:8 f\n");
    CHECK(layer.at("new/d/f").mtime == Timestamp{9, 0});
    forget();
  }
}

TEST_CASE_METHOD(Copy, "ADD of what is no archive does what COPY does",
                 "[copy][D377]") {
  add_directory("s", 0700);
  add_directory("s/sub", 0750);
  add_file("s/sub/f", "1", 04755);
  add(link_to("s/l", "sub"));
  add_file("t", "2");
  base = {directory("d", 02711), link_to("e", "d")};
  op.chown = "5:6";
  for (const char* destination : {"/e", "/new/", "/d/sub"}) {
    op.is_unpacking = false;
    const std::string copied = run({"s", "t", "s/su?"}, destination);
    op.is_unpacking = true;
    CHECK(run({"s", "t", "s/su?"}, destination) == copied);
  }
}

TEST_CASE_METHOD(Copy, "what is no archive is copied, and so is one for COPY",
                 "[copy][D379][D385]") {
  base::TempDir tree;
  tests::write_file(tree.path() / "f", "1");
  pack(*this, "a.tar", "f", tree);
  CHECK(run({"a.tar"}, "/a").starts_with("a f 644 0:0 "));
  op.is_unpacking = true;
  add_file("text.tar.gz", "\x1f\x8b\x08 not really");
  CHECK(run({"text.tar.gz"}, "/b").starts_with("b f 644 0:0 "));
  add_file("empty.tar", "");
  CHECK(run({"empty.tar"}, "/c") == "c f 644 0:0\n");
}

TEST_CASE_METHOD(Copy, "archives in a copied directory stay archives",
                 "[copy][D384]") {
  base::TempDir tree;
  tests::write_file(tree.path() / "f", "1");
  add_directory("s");
  pack(*this, "s/a.tar", "f", tree);
  op.is_unpacking = true;
  CHECK(run({"s"}, "/d").starts_with("d d 755 0:0\nd/a.tar f 644"));
  CHECK(run({"s/*"}, "/e") == "e d 755 0:0\ne/f f 644 7:8 1\n");
}

TEST_CASE_METHOD(Copy, "members of an archive cannot leave the root",
                 "[copy][D383][D360]") {
  base::TempDir tree;
  tests::write_file(tree.path() / "x", "1");
  std::filesystem::create_symlink("../../..", tree.path() / "a");
  pack(*this, "evil.tar", "a x -P --transform='s,^x,a/../../etc/x,'", tree);
  op.is_unpacking = true;
  op.chown = "5:6";
  const std::string list = run({"evil.tar"}, "/d");
  for (const auto& [path, item] : layer.items) {
    CHECK(path.find("..") == std::string::npos);
  }
  CHECK(list.find("etc/x f 644 5:6 1") != std::string::npos);
}

TEST_CASE_METHOD(Copy, "the destination is the root of an archive's members",
                 "[copy][D383]") {
  base::TempDir tree;
  tests::write_file(tree.path() / "in/x", "1");
  pack(*this, "a.tar", "in/x", tree);
  op.is_unpacking = true;
  base = {directory("d"), link_to("d/in", "/srv"), directory("srv"),
          directory("d/srv")};
  CHECK(run({"a.tar"}, "/d") ==
        "d d 755 0:0\n"
        "d/srv d 755 0:0\n"
        "d/srv/x f 644 7:8 1\n");
  base = {directory("d"), link_to("d/in", "../../../srv"), directory("srv")};
  CHECK(run({"a.tar"}, "/d") ==
        "d d 755 0:0\n"
        "d/srv d 755 0:0\n"
        "d/srv/x f 644 7:8 1\n");
}

TEST_CASE_METHOD(Copy, "a directory of an archive takes the place of a link",
                 "[copy][D382]") {
  base::TempDir tree;
  tests::write_file(tree.path() / "lib/x", "1");
  std::filesystem::permissions(tree.path() / "lib",
                               std::filesystem::perms(0755));
  pack(*this, "a.tar", "lib", tree);
  op.is_unpacking = true;
  base = {link_to("lib", "/usr/lib"), directory("usr"), directory("usr/lib")};
  CHECK(run({"a.tar"}, "/") ==
        "lib d 755 7:8\n"
        "lib/x f 644 7:8 1\n");
}
