#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/temp_dir.h"
#include "tests/has_kind.h"

namespace fs = std::filesystem;

TEST_CASE("links and dots inside a root never lead out of it") {
  const base::TempDir outside;
  base::replace_file(outside.path() / "secret", "outside");
  const base::TempDir inside;
  base::replace_file(inside.path() / "secret", "inside");
  fs::create_directory(inside.path() / "d");
  fs::create_symlink(outside.path() / "secret", inside.path() / "absolute");
  fs::create_symlink("/secret", inside.path() / "rooted");
  fs::create_symlink("../../../../secret", inside.path() / "d/climbing");
  const base::Fd root = base::open_file(inside.path(), O_RDONLY | O_DIRECTORY);

  CHECK_FALSE(base::find_in_root(root, "absolute", O_RDONLY));
  for (const char* path : {"rooted", "d/climbing", "../../secret", "/secret"}) {
    INFO(path);
    CHECK(base::read_all(base::open_in_root(root, path, O_RDONLY)) == "inside");
  }
}

TEST_CASE("a missing file is absent for find and an error for open") {
  const base::TempDir directory;
  CHECK_FALSE(base::find_file(directory.path() / "x", O_RDONLY));
  CHECK_FALSE(base::find_file(directory.path() / "x/y", O_RDONLY));
  CHECK_THROWS_MATCHES(base::read_file(directory.path() / "x"), base::Error,
                       tests::HasKind(base::ErrorKind::not_found, "x"));
}

TEST_CASE("a text is a file's, and nobody waits for a pipe") {
  const base::TempDir directory;
  const auto path = directory.path() / "x";
  CHECK_FALSE(base::find_text(path, 9));
  base::replace_file(path, "12345");
  CHECK(base::find_text(path, 9) == "12345");
  CHECK(base::find_text("/dev/null", 9) == "");
  CHECK_THROWS_MATCHES(base::find_text(path, 4), base::Error,
                       tests::HasKind(base::ErrorKind::invalid_input, "/x"));
  REQUIRE(::mkfifo((directory.path() / "pipe").c_str(), 0600) == 0);
  for (const char* name : {"pipe", "."}) {
    CHECK_THROWS_MATCHES(
        base::find_text(directory.path() / name, 9), base::Error,
        tests::HasKind(base::ErrorKind::invalid_input, "is not a file"));
  }
}

TEST_CASE("reading stops at the limit") {
  const base::TempDir directory;
  base::replace_file(directory.path() / "x", "12345");
  CHECK(base::read_file(directory.path() / "x", 5) == "12345");
  CHECK_THROWS_MATCHES(base::read_file(directory.path() / "x", 4), base::Error,
                       tests::HasKind(base::ErrorKind::invalid_input));
}

TEST_CASE("a file that cannot be replaced keeps its content") {
  const base::TempDir directory;
  const fs::path path = directory.path() / "x";
  base::replace_file(path, "old");
  fs::create_directory(directory.path() / "busy");
  base::replace_file(directory.path() / "busy/y", "z");
  // A directory cannot be replaced by a file.
  CHECK_THROWS_AS(base::replace_file(directory.path() / "busy", "new"),
                  base::Error);
  CHECK(base::read_file(directory.path() / "busy/y") == "z");
  base::replace_file(path, "new");
  CHECK(base::read_file(path) == "new");
  CHECK(std::distance(fs::directory_iterator(directory.path()),
                      fs::directory_iterator()) == 2);
}

TEST_CASE("a temporary directory goes with its owner") {
  fs::path path;
  {
    const base::TempDir directory;
    path = directory.path();
    base::replace_file(path / "x", "y");
  }
  CHECK_FALSE(fs::exists(path));
}
