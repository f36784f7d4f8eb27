// PathMaker in plain directories.
#include "runtime/path_maker.h"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "base/file.h"
#include "base/temp_dir.h"

using runtime::PathMaker;
using runtime::PointKind;
namespace fs = std::filesystem;

namespace {

struct Tree {
  base::TempDir temp;
  fs::path root = temp.path() / "root";
  Tree() { fs::create_directories(root / "etc"); }
  int make(PathMaker& maker, const char* path, PointKind kind) {
    return maker.make(path, kind);
  }
  base::Fd open() const { return base::open_file(root, O_PATH | O_DIRECTORY); }
};

}  // namespace

TEST_CASE("a missing path is made with its parents", "[runtime]") {
  Tree tree;
  const base::Fd root = tree.open();
  PathMaker maker(root.get());
  CHECK(maker.make("/a/b/c", PointKind::file) == 0);
  CHECK(maker.made());
  CHECK(std::string(maker.real_path()) == "a/b/c");
  CHECK(fs::is_regular_file(tree.root / "a/b/c"));
  CHECK(maker.make("/a/b/d/", PointKind::directory) == 0);
  CHECK(fs::is_directory(tree.root / "a/b/d"));
}

TEST_CASE("a path that exists is left alone", "[runtime]") {
  Tree tree;
  const base::Fd root = tree.open();
  PathMaker maker(root.get());
  CHECK(maker.make("/etc", PointKind::directory) == 0);
  CHECK_FALSE(maker.made());
}

TEST_CASE("a dangling link's target is made inside the root", "[runtime]") {
  Tree tree;
  fs::create_symlink("../../../run/stub.conf", tree.root / "etc/resolv.conf");
  fs::create_symlink("/var/real", tree.root / "etc/data");
  const base::Fd root = tree.open();
  PathMaker maker(root.get());
  CHECK(maker.make("/etc/resolv.conf", PointKind::file) == 0);
  CHECK(std::string(maker.real_path()) == "run/stub.conf");
  CHECK(fs::exists(tree.root / "run/stub.conf"));
  CHECK(maker.make("/etc/data/x", PointKind::directory) == 0);
  CHECK(fs::is_directory(tree.root / "var/real/x"));
  CHECK_FALSE(fs::exists(tree.temp.path() / "run"));
}

TEST_CASE("dots never lead out of the root", "[runtime]") {
  Tree tree;
  const base::Fd root = tree.open();
  PathMaker maker(root.get());
  CHECK(maker.make("/../../etc/../x/./y/../z", PointKind::directory) == 0);
  CHECK(std::string(maker.real_path()) == "x/z");
  CHECK(fs::is_directory(tree.root / "x/z"));
  CHECK_FALSE(fs::exists(tree.temp.path() / "x"));
}

TEST_CASE("a circle of links is an error", "[runtime]") {
  Tree tree;
  fs::create_symlink("b", tree.root / "a");
  fs::create_symlink("a", tree.root / "b");
  const base::Fd root = tree.open();
  PathMaker maker(root.get());
  CHECK(maker.make("/a/x", PointKind::directory) == ELOOP);
}

TEST_CASE("a file in the way is an error", "[runtime]") {
  Tree tree;
  base::replace_file(tree.root / "file", "");
  const base::Fd root = tree.open();
  PathMaker maker(root.get());
  CHECK(maker.make("/file/x", PointKind::directory) == ENOTDIR);
}

TEST_CASE("the time of a directory that got an entry is put back",
          "[runtime][D268]") {
  Tree tree;
  const auto then = fs::file_time_type::clock::now() - std::chrono::hours(10);
  fs::last_write_time(tree.root / "etc", then);
  const base::Fd root = tree.open();
  PathMaker maker(root.get());
  CHECK(maker.make("/etc/a/b", PointKind::file) == 0);
  CHECK(fs::last_write_time(tree.root / "etc") == then);
}

TEST_CASE("a name or path that is too long is an error", "[runtime]") {
  Tree tree;
  const base::Fd root = tree.open();
  PathMaker maker(root.get());
  CHECK(maker.make(std::string(300, 'x').c_str(), PointKind::file) ==
        ENAMETOOLONG);
  CHECK(maker.make(std::string(9000, '/').c_str(), PointKind::file) ==
        ENAMETOOLONG);
}
