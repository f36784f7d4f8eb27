#include "store/store.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/temp_dir.h"
#include "made_layer.h"
#include "tests/has_kind.h"

namespace {

namespace fs = std::filesystem;
using base::Digest;
using store::Store;

struct stat status_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

// Ends, as by a crash, while it has a lease.
template <typename Work>
void crash(const fs::path& root, const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    Store store(root);
    const store::Lease lease = store.lease();
    work(store, lease);
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
}

// What changed in a directory's files, as inotify(7) tells it, until asked.
class Watch {
 public:
  explicit Watch(const fs::path& root)
      : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    add(root);
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_directory()) add(entry.path());
    }
  }
  std::vector<std::string> changed() const {
    std::vector<std::string> names;
    alignas(inotify_event) std::array<char, 65536> buffer{};
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      // SQLite's shared memory is no file but for its name.
      if (!std::string(name).ends_with("-shm")) names.emplace_back(name);
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
    return names;
  }

 private:
  void add(const fs::path& directory) const {
    REQUIRE(::inotify_add_watch(inotify_.get(), directory.c_str(),
                                IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVE |
                                    IN_CLOSE_WRITE) >= 0);
  }
  base::Fd inotify_;
};


}  // namespace

TEST_CASE("a new store lets nobody else in", "[store]") {
  const base::TempDir parent;
  const mode_t before = ::umask(0);
  const Store store(parent.path() / "deep" / "root");
  ::umask(before);
  const fs::path root = parent.path() / "deep" / "root";
  CHECK(store.root() == root);
  for (const char* name : {"", "tmp", "overlay2", "overlay2/l"}) {
    CAPTURE(name);
    CHECK((status_of(root / name).st_mode & 07777U) == 0700U);
  }
  CHECK((status_of(root / "blobs").st_mode & 07777U) == 0700U);
  CHECK((status_of(root / "strake.db").st_mode & 07777U) == 0600U);
}

TEST_CASE("a store may be named by a relative path", "[store]") {
  const base::TempDir parent;
  const fs::path before = fs::current_path();
  fs::current_path(parent.path());
  Store store("x/../root/");
  fs::current_path(before);
  CHECK(store.root() == parent.path() / "root");
  CHECK(fs::is_directory(store.lease().directory()));
}

TEST_CASE("opening an existing store and reading it writes nothing",
          "[store]") {
  const base::TempDir root;
  store::ImageConfig config;
  config.author = "me";
  {
    Store store(root.path());
    store.images().put(store.lease(), config, {"x:1"});
    store.file_digests().put("/context", {{"a", {}, Digest::of("a")}},
                             1LL << 60);
  }
  const Watch watch(root.path());
  {
    Store store(root.path());
    CHECK(store.images().find_tag("x:1"));
    CHECK(store.images().list().size() == 1);
    CHECK(store.images().config(store.images().list()[0].id) == config);
    CHECK_FALSE(store.cache().find(Digest::of("key")));
    std::size_t known = 0;
    store.file_digests().for_each("/context", [&](const auto&) { ++known; });
    CHECK(known == 1);
    CHECK(watch.changed() == std::vector<std::string>());
  }
  // Not opened for writing either, except by SQLite.
  CHECK(watch.changed() ==
        std::vector<std::string>{"strake.db-wal", "strake.db"});
}

TEST_CASE("what a killed process left is removed by the next first lease",
          "[store]") {
  const base::TempDir root;
  Digest kept;
  {
    Store store(root.path());
    const store::Lease lease = store.lease();
    kept = tests::make_layer(store, "kept");
    tests::record_layer(store, kept);
  }
  Digest lost_layer;
  const Digest lost_blob = Digest::of("lost");
  crash(root.path(), [&](Store& store, const store::Lease& lease) {
    tests::make_layer(store, "lost");
    store.blobs().put(lease, "lost");
    std::ofstream(lease.make_directory("upper") / "file") << "bytes";
  });
  Store store(root.path());
  lost_layer = tests::layer_id("lost");
  CHECK(fs::exists(tests::layer_directory(store, lost_layer)));
  const store::Lease lease = store.lease();
  CHECK_FALSE(fs::exists(tests::layer_directory(store, lost_layer)));
  CHECK(fs::exists(tests::layer_directory(store, kept)));
  CHECK_FALSE(store.blobs().find(lost_blob));
  // The lock and the directory of the one lease there is.
  CHECK(std::distance(fs::directory_iterator(root.path() / "tmp"),
                      fs::directory_iterator()) == 2);
  CHECK(std::distance(fs::directory_iterator(root.path() / "overlay2/l"),
                      fs::directory_iterator()) == 1);
}

TEST_CASE("collection keeps what a living process has not recorded yet",
          "[store]") {
  const base::TempDir root;
  Store alive(root.path());
  const store::Lease lease = alive.lease();
  const Digest blob = alive.blobs().put(lease, "mine");
  crash(root.path(), [](Store&, const store::Lease&) {});
  Store next(root.path());
  const store::Lease other = next.lease();
  CHECK(alive.blobs().find(blob));
}

TEST_CASE("collection waits for a layer that is being published", "[store]") {
  const base::TempDir root;
  Store alive(root.path());
  const store::Lease lease = alive.lease();
  crash(root.path(), [](Store&, const store::Lease&) {});
  Digest id;
  std::thread collector;
  {
    store::Transaction publishing(alive.database());
    id = tests::make_layer(alive, "new");
    collector = std::thread([&] {
      Store next(root.path());
      const store::Lease other = next.lease();
    });
    ::usleep(50'000);  // enough for a collector that does not wait
    tests::record_layer(alive, id);
    publishing.commit();
  }
  collector.join();
  CHECK(fs::exists(tests::layer_directory(alive, id)));
}

TEST_CASE("the first lease of a boot collects, later ones do not", "[store]") {
  const base::TempDir root;
  const auto open = [&] {
    Store store(root.path());
    const store::Lease lease = store.lease();
  };
  open();
  fs::create_directories(root.path() / "overlay2" / "stray" / "diff");
  open();
  CHECK(fs::exists(root.path() / "overlay2" / "stray"));
  {
    Store store(root.path());
    store.database().execute("UPDATE facts SET value = 'an earlier boot'");
  }
  open();
  CHECK_FALSE(fs::exists(root.path() / "overlay2" / "stray"));
}

TEST_CASE("threads of one process share a store", "[store]") {
  const base::TempDir root;
  Store store(root.path());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const store::Lease lease = store.lease();
      for (int n = 0; n < 10; ++n) {
        store::ImageConfig config;
        config.author = std::to_string(n);
        store.images().put(lease, config, {"t:" + std::to_string(i)});
        store.images().list();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(store.images().list().size() == 10);
}
