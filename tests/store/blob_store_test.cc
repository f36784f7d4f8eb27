#include "store/blob_store.h"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <optional>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "base/temp_dir.h"
#include "plain_layer_io.h"
#include "store/directory.h"
#include "tests/has_kind.h"

namespace {

namespace fs = std::filesystem;
using base::Digest;
using base::ErrorKind;
using store::BlobStore;
using store::BlobWriter;
using store::Lease;
using tests::HasKind;

struct Fixture {
  base::TempDir root;
  tests::PlainLayerIo io;
  BlobStore blobs{root.path()};
  std::optional<Lease> lease;
  Fixture() {
    fs::create_directory(root.path() / "tmp");
    lease.emplace(root.path(), io);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a blob is found by the digest of its bytes",
                 "[store]") {
  BlobWriter writer = blobs.ingest(*lease);
  writer.append("hel");
  writer.append("lo");
  CHECK_FALSE(blobs.find(Digest::of("hello")));
  CHECK(writer.commit() == Digest::of("hello"));
  CHECK(writer.size_bytes() == 5);
  const auto file = blobs.find(Digest::of("hello"));
  REQUIRE(file);
  CHECK(base::read_all(*file) == "hello");
  CHECK(blobs.read(Digest::of("hello")) == "hello");
  CHECK(blobs.path_of(Digest::of("hello")) ==
        root.path() / "blobs/sha256" / Digest::of("hello").hex());
  CHECK(blobs.list() == std::vector{Digest::of("hello")});
}

TEST_CASE_METHOD(Fixture, "bytes that miss their digest never become a blob",
                 "[store]") {
  {
    BlobWriter writer = blobs.ingest(*lease);
    writer.append("hellp");
    REQUIRE_THROWS_MATCHES(writer.commit(Digest::of("hello")), base::Error,
                           HasKind(ErrorKind::corrupt));
  }
  CHECK(blobs.list().empty());
  CHECK(fs::is_empty(lease->directory()));
}

TEST_CASE_METHOD(Fixture, "a dropped writer leaves no bytes", "[store]") {
  {
    BlobWriter writer = blobs.ingest(*lease);
    writer.append("hello");
    const BlobWriter moved = std::move(writer);
    CHECK_FALSE(fs::is_empty(lease->directory()));
  }
  CHECK(fs::is_empty(lease->directory()));
}

TEST_CASE_METHOD(Fixture, "storing a blob again heals it", "[store]") {
  const Digest digest = blobs.put(*lease, "hello");
  std::ofstream(blobs.path_of(digest)) << "damage";
  CHECK_THROWS_MATCHES(blobs.read(digest), base::Error,
                       HasKind(ErrorKind::corrupt, digest.str()));
  CHECK(blobs.put(*lease, "hello") == digest);
  CHECK(blobs.read(digest) == "hello");
  lease.reset();
  CHECK(blobs.read(digest) == "hello");
}

TEST_CASE_METHOD(Fixture, "an absent blob is said to be absent", "[store]") {
  CHECK_FALSE(blobs.find(Digest::of("x")));
  CHECK_FALSE(blobs.pin(*lease, Digest::of("x")));
  CHECK_THROWS_MATCHES(blobs.read(Digest::of("x")), base::Error,
                       HasKind(ErrorKind::not_found, Digest::of("x").str()));
}

TEST_CASE_METHOD(Fixture, "a blob above 16 MiB is not read whole", "[store]") {
  const Digest digest =
      blobs.put(*lease, std::string((std::size_t{16} << 20U) + 1, 'x'));
  CHECK_THROWS_MATCHES(blobs.read(digest), base::Error,
                       HasKind(ErrorKind::invalid_input, digest.str()));
}

TEST_CASE_METHOD(Fixture, "a blob is kept while its lease lives", "[store]") {
  const Digest digest = blobs.put(*lease, "hello");
  CHECK(blobs.collect({}) == 0);
  lease.reset();
  CHECK(blobs.collect({digest}) == 0);
  CHECK(blobs.find(digest));
  CHECK(blobs.collect({}) == 1);
  CHECK_FALSE(blobs.find(digest));
}

TEST_CASE_METHOD(Fixture, "a pinned blob is kept while its lease lives",
                 "[store]") {
  const Digest digest = blobs.put(*lease, "hello");
  std::optional<Lease> other(std::in_place, root.path(), io);
  REQUIRE(blobs.pin(*other, digest));
  lease.reset();
  CHECK(blobs.collect({}) == 0);
  other.reset();
  CHECK(blobs.collect({}) == 1);
}

TEST_CASE_METHOD(Fixture,
                 "a blob read by someone stays readable when collected",
                 "[store]") {
  const Digest digest = blobs.put(*lease, "hello");
  lease.reset();
  const auto file = blobs.find(digest);
  CHECK(blobs.collect({}) == 1);
  REQUIRE(file);
  CHECK(base::read_all(*file) == "hello");
}

TEST_CASE_METHOD(Fixture, "what a lease has stored survives any collector",
                 "[store]") {
  std::atomic<bool> is_done = false;
  std::thread collector([&] {
    BlobStore same(root.path());
    while (!is_done) same.collect({});
  });
  bool is_kept = true;
  for (int i = 0; i < 300; ++i) {
    const Lease mine(root.path(), io);
    const Digest digest = blobs.put(mine, std::to_string(i % 3));
    std::this_thread::yield();
    is_kept = is_kept && blobs.find(digest).has_value();
  }
  is_done = true;
  collector.join();
  CHECK(is_kept);
}

TEST_CASE_METHOD(Fixture, "no blob is stored or pinned while one collects",
                 "[store]") {
  const Digest known = blobs.put(*lease, "known");
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  {
    const store::DirectoryLock collecting(
        root.path() / "blobs/sha256", store::DirectoryLock::Mode::exclusive);
    threads.emplace_back([&] {
      blobs.put(*lease, "new");
      ++done;
    });
    threads.emplace_back([&] {
      blobs.pin(*lease, known);
      ++done;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    CHECK(done == 0);
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(blobs.find(Digest::of("new")));
}
