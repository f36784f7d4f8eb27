// sweep_traces on directories that no overlay ever used.
#include "runtime/trace_sweep.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "base/file.h"
#include "base/temp_dir.h"

using runtime::Trace;
using runtime::UpperBefore;
namespace fs = std::filesystem;

namespace {

struct Upper {
  base::TempDir temp;
  fs::path path = temp.path() / "upper";
  base::Fd directory;

  Upper() {
    fs::create_directories(path / "run/a");
    base::replace_file(path / "run/a/stub", "");
    directory = base::open_file(path, O_PATH | O_DIRECTORY);
  }

  static Trace trace(const fs::path& base, const std::string& name, bool made) {
    Trace trace;
    trace.path = name;
    trace.made = made;
    REQUIRE(::lstat((base / name).c_str(), &trace.status) == 0);
    return trace;
  }
  std::vector<Trace> traces() const {
    return {trace(path, "run/a/stub", true), trace(path, "run/a", false),
            trace(path, "run", false)};
  }
};

}  // namespace

TEST_CASE("an untouched mount point goes with its copied-up parents",
          "[runtime][D268]") {
  Upper upper;
  runtime::sweep_traces(upper.directory, UpperBefore::empty, upper.traces());
  CHECK(fs::is_empty(upper.path));
}

TEST_CASE("parents that were in upper before stay, with their times",
          "[runtime][D268]") {
  Upper upper;
  const auto then = fs::file_time_type::clock::now() - std::chrono::hours(9);
  fs::last_write_time(upper.path / "run/a", then);
  runtime::sweep_traces(upper.directory, UpperBefore::used, upper.traces());
  CHECK(fs::is_empty(upper.path / "run/a"));
  CHECK(fs::last_write_time(upper.path / "run/a") == then);
}

TEST_CASE("a mount point that was written to stays", "[runtime][D268]") {
  Upper upper;
  const std::vector<Trace> traces = upper.traces();
  base::write_all(base::open_file(upper.path / "run/a/stub", O_WRONLY), "x");
  runtime::sweep_traces(upper.directory, UpperBefore::empty, traces);
  CHECK(fs::exists(upper.path / "run/a/stub"));
}

TEST_CASE("a directory that got an extended attribute stays",
          "[runtime][D268]") {
  Upper upper;
  const std::vector<Trace> traces = upper.traces();
  // Past the tick of kernels whose change times are coarse.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  REQUIRE(::setxattr((upper.path / "run/a").c_str(), "user.note", "x", 1, 0) ==
          0);
  runtime::sweep_traces(upper.directory, UpperBefore::empty, traces);
  CHECK(fs::is_empty(upper.path / "run/a"));
}

TEST_CASE("a link in a parent's place is not followed", "[runtime][D268]") {
  Upper upper;
  const fs::path outside = upper.temp.path() / "outside";
  fs::create_directories(outside);
  base::replace_file(outside / "stub", "");
  const std::vector<Trace> traces = {Upper::trace(outside, "stub", true)};
  std::vector<Trace> moved = traces;
  fs::create_symlink(outside, upper.path / "link");
  fs::create_symlink("run/a", upper.path / "inside");
  moved[0].path = "link/stub";
  runtime::sweep_traces(upper.directory, UpperBefore::empty, moved);
  CHECK(fs::exists(outside / "stub"));
  moved[0] = Upper::trace(upper.path, "run/a/stub", true);
  moved[0].path = "inside/stub";
  runtime::sweep_traces(upper.directory, UpperBefore::empty, moved);
  CHECK(fs::exists(upper.path / "run/a/stub"));
}

TEST_CASE("upper is used as soon as it holds anything", "[runtime]") {
  Upper upper;
  CHECK(runtime::look_at_upper(upper.directory) == UpperBefore::used);
  fs::remove_all(upper.path / "run");
  CHECK(runtime::look_at_upper(upper.directory) == UpperBefore::empty);
}
