#include "store/lease.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/temp_dir.h"
#include "plain_layer_io.h"
#include "tests/has_kind.h"

namespace {

namespace fs = std::filesystem;
using store::Lease;

struct Fixture {
  base::TempDir root;
  tests::PlainLayerIo io;
  Fixture() { fs::create_directory(root.path() / "tmp"); }

  std::size_t entries() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(root.path() / "tmp")) {
      count += entry.exists() ? 1 : 0;
    }
    return count;
  }
  void die_with_a_lease() {
    const pid_t child = ::fork();
    if (child == 0) {
      const Lease lease(root.path(), io);
      std::ofstream(lease.make_directory("upper") / "file") << "bytes";
      ::raise(SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
  }
};

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a lease's directory goes with it", "[store]") {
  {
    const Lease lease(root.path(), io);
    const fs::path first = lease.make_directory("upper");
    const fs::path second = lease.make_directory("upper");
    CHECK(first != second);
    CHECK(first.parent_path() == lease.directory());
    CHECK(fs::is_directory(second));
    CHECK(entries() == 2);
  }
  CHECK(entries() == 0);
}

TEST_CASE_METHOD(Fixture, "other users cannot enter a lease", "[store]") {
  const mode_t before = ::umask(077);
  const Lease lease(root.path(), io);
  const fs::path upper = lease.make_directory("upper");
  ::umask(before);
  CHECK(mode_of(lease.directory()) == 0700U);
  CHECK(mode_of(upper) == 0755U);
}

TEST_CASE_METHOD(Fixture, "a moved lease lives on in its new owner",
                 "[store]") {
  std::optional<Lease> kept;
  {
    Lease lease(root.path(), io);
    kept.emplace(std::move(lease));
  }
  CHECK(fs::is_directory(kept->directory()));
  CHECK(store::remove_dead_leases(root.path(), io) == 0);
  CHECK(fs::is_directory(kept->make_directory("x")));
  kept.reset();
  CHECK(entries() == 0);
}

TEST_CASE_METHOD(Fixture, "the lease of a killed process is removed",
                 "[store]") {
  die_with_a_lease();
  die_with_a_lease();
  const Lease alive(root.path(), io);
  CHECK(entries() == 6);
  CHECK(store::count_dead_leases(root.path()) == 2);
  CHECK(entries() == 6);
  CHECK(store::remove_dead_leases(root.path(), io) == 2);
  CHECK(entries() == 2);
  CHECK(fs::is_directory(alive.directory()));
  CHECK(store::remove_dead_leases(root.path(), io) == 0);
}

TEST_CASE_METHOD(Fixture, "a directory without a lock file is dead",
                 "[store]") {
  fs::create_directories(root.path() / "tmp" / "orphan" / "inside");
  CHECK(store::remove_dead_leases(root.path(), io) == 1);
  CHECK(entries() == 0);
}

TEST_CASE_METHOD(Fixture, "a lock file that was replaced is not the sweeper's",
                 "[store]") {
  // What a sweeper sees that has opened the file of a lease just ended, while
  // another file took its name: the lock is free, but on the wrong file.
  std::optional<Lease> lease(std::in_place, root.path(), io);
  const fs::path lock = lease->directory().native() + ".lock";
  const base::Fd old = base::open_file(lock, O_RDWR);
  lease.reset();
  CHECK_FALSE(fs::exists(lock));
  CHECK(::flock(old.get(), LOCK_EX | LOCK_NB) == 0);
  CHECK(store::remove_dead_leases(root.path(), io) == 0);
}

TEST_CASE_METHOD(Fixture, "leases are taken while others sweep", "[store]") {
  // Takers fail if a sweeper ever removes a living lease.
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      bool is_right = true;
      try {
        for (int round = 0; round < 300 && is_right; ++round) {
          if (i % 2 == 0) {
            is_right = store::remove_dead_leases(root.path(), io) == 0;
          } else {
            const Lease lease(root.path(), io);
            is_right = fs::is_directory(lease.make_directory("upper"));
          }
        }
      } catch (...) {
        is_right = false;
      }
      ::_exit(is_right ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(entries() == 0);
}

TEST_CASE("a lease that cannot be removed is left as a dead one", "[store]") {
  class Refusing final : public tests::PlainLayerIo {
   public:
    void remove_tree(const fs::path&) override {
      throw base::Error(base::ErrorKind::system, "busy");
    }
  };
  Fixture fixture;
  Refusing refusing;
  { const Lease lease(fixture.root.path(), refusing); }
  CHECK(store::remove_dead_leases(fixture.root.path(), refusing) == 1);
  CHECK(store::remove_dead_leases(fixture.root.path(), fixture.io) == 1);
  CHECK(fixture.entries() == 0);
}
