#include "builder/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "tests/has_kind.h"

namespace {

namespace fs = std::filesystem;

struct Fixture {
  base::TempDir root;
  fs::path path = root.path() / "file";

  std::size_t count() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(root.path()), {}));
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an output appears whole or not at all",
                 "[builder]") {
  base::replace_file(path, "old");
  {
    builder::OutputFile output(path, {});
    output.write("half");
    CHECK(base::read_file(path) == "old");
  }
  CHECK(base::read_file(path) == "old");
  CHECK(count() == 1);
  builder::OutputFile output(path, {});
  output.write("whole");
  output.commit();
  CHECK(base::read_file(path) == "whole");
  CHECK(count() == 1);
}

TEST_CASE_METHOD(Fixture, "an output through a link keeps the link",
                 "[builder]") {
  base::replace_file(root.path() / "real", "old");
  fs::create_symlink("real", path);
  builder::OutputFile output(path, {});
  output.write("new");
  output.commit();
  CHECK(fs::is_symlink(path));
  CHECK(base::read_file(root.path() / "real") == "new");
}

TEST_CASE_METHOD(Fixture, "a pipe is written to and stays", "[builder]") {
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::string read;
  std::thread reader([&] { read = base::read_file(path); });
  {
    builder::OutputFile output(path, {});
    output.write("through");
    output.commit();
  }
  reader.join();
  CHECK(read == "through");
  CHECK(fs::is_fifo(path));
}

TEST_CASE_METHOD(Fixture, "an output keeps the mode of what it replaces",
                 "[builder]") {
  base::replace_file(path, "old", 0600);
  builder::OutputFile output(path, {});
  output.write("new");
  output.commit();
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE_METHOD(Fixture, "a full pipe does not keep us from stopping",
                 "[builder]") {
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::stop_source stop;
  SECTION("while nobody has opened it") {
    std::jthread stopper([&] { stop.request_stop(); });
    CHECK_THROWS_MATCHES(builder::OutputFile(path, stop.get_token()),
                         base::Error,
                         tests::HasKind(base::ErrorKind::cancelled));
  }
  SECTION("while nobody reads it") {
    const base::Fd reader = base::open_file(path, O_RDONLY | O_NONBLOCK);
    builder::OutputFile output(path, stop.get_token());
    std::jthread stopper([&] { stop.request_stop(); });
    CHECK_THROWS_MATCHES(output.write(std::string(1U << 20U, 'x')), base::Error,
                         tests::HasKind(base::ErrorKind::cancelled));
  }
}

TEST_CASE_METHOD(Fixture, "a directory is no place for an archive",
                 "[builder]") {
  CHECK_THROWS_AS(builder::OutputFile(root.path(), {}), base::Error);
  CHECK_THROWS_AS(builder::OutputFile(root.path() / "no" / "file", {}),
                  base::Error);
}
