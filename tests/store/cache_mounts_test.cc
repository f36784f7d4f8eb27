#include "store/cache_mounts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <vector>

#include "base/file.h"
#include "base/temp_dir.h"
#include "store/store.h"

namespace {

namespace fs = std::filesystem;
using store::CacheMounts;
using store::LockMode;
using store::Store;

void fill_nothing(const fs::path&) {}

fs::path take(Store& store, std::string_view id,
              const CacheMounts::FillDirectory& fill) {
  return CacheMounts(store).take(id, LockMode::shared, fill).value().directory;
}

struct Fixture {
  base::TempDir root;
  Store store{root.path()};
  CacheMounts mounts{store};
};

}  // namespace

TEST_CASE("a cache mount is one directory per id, whatever the id",
          "[store][root]") {
  const base::TempDir root;
  Store store(root.path());
  const std::string id = "/root/.cache/../x\n" + std::string(5000, 'y');
  const fs::path path = take(store, id, [](const fs::path& made) {
    std::ofstream(made / "first") << "x";
  });
  CHECK(path.parent_path() == root.path() / "cachemounts");
  CHECK(take(store, id, [](const fs::path&) { FAIL("filled twice"); }) == path);
  CHECK(fs::exists(path / "first"));
  CHECK(base::read_file(path.native() + ".id") == id);
  CHECK(take(store, "", fill_nothing) != path);
  CHECK(take(store, "a", fill_nothing) != take(store, "b", fill_nothing));
}

TEST_CASE("a cache mount that cannot be filled is not there", "[store][root]") {
  const base::TempDir root;
  Store store(root.path());
  CHECK_THROWS(take(store, "a", [](const fs::path& made) {
    std::ofstream(made / "half") << "x";
    throw std::runtime_error("no more");
  }));
  CHECK(fs::is_empty(root.path() / "cachemounts"));
  CHECK(fs::is_empty(take(store, "a", fill_nothing)));
}

TEST_CASE("processes that ask for one cache mount get one directory",
          "[store][root]") {
  const base::TempDir root;
  { const Store made(root.path()); }
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        Store store(root.path());
        const fs::path path = take(store, "m", fill_nothing);
        std::ofstream(path / std::to_string(i)) << i;
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  Store store(root.path());
  const fs::path path = take(store, "m", fill_nothing);
  CHECK(std::distance(fs::directory_iterator(path), fs::directory_iterator()) ==
        6);
}

TEST_CASE_METHOD(Fixture, "exclusive users of a cache mount are alone",
                 "[store][root]") {
  const auto one = mounts.take("m", LockMode::shared, fill_nothing);
  const auto two = mounts.take("m", LockMode::shared, fill_nothing);
  REQUIRE(one);
  REQUIRE(two);
  CHECK_FALSE(mounts.take("m", LockMode::exclusive, fill_nothing));
  CHECK(mounts.list().at(0).is_in_use);
  const auto own = mounts.take("n", LockMode::exclusive, fill_nothing);
  REQUIRE(own);
  CHECK_FALSE(mounts.take("n", LockMode::shared, fill_nothing));
}

TEST_CASE_METHOD(Fixture, "what a killed step left half-written is emptied",
                 "[store][root]") {
  fs::path path;
  const auto leave = [&](bool is_ended) {
    const auto use = mounts.take("m", LockMode::exclusive, fill_nothing);
    use->begin();
    path = use->directory;
    std::ofstream(path / "file") << "half";
    if (is_ended) use->end();
  };
  leave(true);
  CHECK(fs::exists(take(store, "m", fill_nothing) / "file"));
  leave(false);
  const auto next = mounts.take(
      "m", LockMode::exclusive,
      [](const fs::path& made) { std::ofstream(made / "new") << "x"; });
  REQUIRE(next);
  CHECK(next->directory == path);
  CHECK_FALSE(fs::exists(path / "file"));
  CHECK(fs::exists(path / "new"));
}

TEST_CASE_METHOD(Fixture, "who looks at a cache mount leaves it as it is",
                 "[store][root]") {
  CHECK_FALSE(mounts.look("m", LockMode::shared).is_whole);
  CHECK(fs::is_empty(root.path() / "cachemounts"));
  {
    const auto use = mounts.take("m", LockMode::exclusive, fill_nothing);
    use->begin();
    std::ofstream(use->directory / "file") << "at work";
    const auto look = mounts.look("m", LockMode::shared);
    CHECK(look.is_whole);
    CHECK_FALSE(look.use);
  }
  const fs::path path = mounts.path_of("m");
  CHECK_FALSE(mounts.look("m", LockMode::shared).is_whole);
  CHECK(fs::exists(path / "file"));
  CHECK(fs::exists(path.native() + ".half"));

  const auto whole = take(store, "whole", fill_nothing);
  const auto one = mounts.look("whole", LockMode::shared);
  REQUIRE(one.use);
  CHECK(one.use->directory == whole);
  CHECK(mounts.look("whole", LockMode::shared).use);
  CHECK_FALSE(mounts.look("whole", LockMode::exclusive).use);
}

TEST_CASE_METHOD(Fixture, "a step at work keeps its own cache mount",
                 "[store][root]") {
  const auto use = mounts.take("m", LockMode::exclusive, fill_nothing);
  use->begin();
  std::ofstream(use->directory / "file") << "at work";
  CHECK_FALSE(mounts.take("m", LockMode::shared, fill_nothing));
  CHECK_FALSE(mounts.remove(use->directory));
  CHECK(fs::exists(use->directory / "file"));
}

TEST_CASE_METHOD(Fixture, "a removed cache mount leaves nothing",
                 "[store][root]") {
  const fs::path path = take(store, "m", fill_nothing);
  CHECK(mounts.remove(path));
  CHECK_FALSE(mounts.remove(path));
  CHECK(fs::is_empty(root.path() / "cachemounts"));
  CHECK(fs::is_empty(root.path() / "tmp"));
}

TEST_CASE_METHOD(Fixture, "the use of a cache mount is noted hourly",
                 "[store][root]") {
  const fs::path path = take(store, "m", fill_nothing);
  const fs::path id = path.native() + ".id";
  const auto set_age = [&](std::chrono::seconds age) {
    fs::last_write_time(id, fs::file_time_type::clock::now() - age);
    return fs::last_write_time(id);
  };
  const auto recent = set_age(std::chrono::minutes(50));
  take(store, "m", fill_nothing);
  CHECK(fs::last_write_time(id) == recent);
  const auto old = set_age(std::chrono::minutes(70));
  take(store, "m", fill_nothing);
  CHECK(fs::last_write_time(id) > old);
  const auto listed = mounts.list();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].id == "m");
  CHECK_FALSE(listed[0].is_in_use);
  CHECK(std::chrono::system_clock::now() - listed[0].last_used <
        std::chrono::minutes(1));
}

TEST_CASE_METHOD(Fixture, "a mount is replaced whole, unless somebody uses it",
                 "[store][root]") {
  const store::Lease lease = store.lease();
  const auto make = [&lease](const char* name) {
    const fs::path made = lease.make_directory("new");
    std::ofstream(made / name) << "x";
    return made;
  };
  REQUIRE(mounts.replace("a", make("first"), lease));
  const fs::path path = mounts.path_of("a");
  CHECK(fs::exists(path / "first"));
  CHECK(mounts.list().at(0).id == "a");
  {
    const auto use = mounts.take("a", LockMode::shared, fill_nothing);
    CHECK_FALSE(mounts.replace("a", make("second"), lease));
    CHECK(fs::exists(path / "first"));
  }
  // Half-written by a step that died: whole again.
  mounts.take("a", LockMode::exclusive, fill_nothing)->begin();
  CHECK(mounts.replace("a", make("second"), lease));
  const auto use = mounts.take("a", LockMode::exclusive, fill_nothing);
  CHECK(fs::exists(path / "second"));
  CHECK_FALSE(fs::exists(path / "first"));
}
