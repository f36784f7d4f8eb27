// Layers from a stream that breaks, lies or stops; and from several at once.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/temp_dir.h"
#include "store/gzip_writer.h"
#include "store/layer_store.h"
#include "store/layer_unpacker.h"
#include "store/store.h"
#include "tests/has_kind.h"
#include "trees.h"

namespace {

namespace fs = std::filesystem;
using base::Digest;
using base::ErrorKind;
using store::ForeignLayer;
using tests::HasKind;

// Bytes that do not compress, so that a stream of them can break inside a file.
std::string noise(std::size_t size) {
  std::string bytes;
  std::uint32_t state = 1;
  while (bytes.size() < size) {
    state = state * 1664525U + 1013904223U;
    bytes += static_cast<char>(state >> 24U);
  }
  return bytes;
}

std::string gzip(const std::string& bytes) {
  std::string packed;
  store::GzipWriter writer([&](std::string_view more) { packed += more; });
  writer.write(bytes);
  writer.finish();
  return packed;
}

// The type and all of it are to come out as they went in.
struct ConnectionLost : base::Error {
  ConnectionLost() : Error(ErrorKind::unavailable, "the registry hung up") {}
};

struct Fixture {
  base::TempDir root;
  store::Store store{root.path()};
  store::Lease lease = store.lease();
  std::stop_source stop;
  store::LayerStore& layers = store.layers();
  std::string tar = tests::tar_of({tests::directory("d"),
                                   tests::file("d/big", noise(600'000)),
                                   tests::file("last", "x")});
  std::string blob = gzip(tar);

  ForeignLayer foreign() {
    ForeignLayer layer{.tar = tests::source_of(blob)};
    layer.diff_id = Digest::of(tar);
    layer.blob = Digest::of(blob);
    layer.blob_bytes = blob.size();
    layer.keep_bytes = true;
    return layer;
  }
  // A stream whose `act` is called before the byte at `offset` is given.
  template <typename Act>
  store::ByteSource acting(std::size_t offset, Act act) {
    return [this, offset, act, at = std::size_t{0}](std::byte* buffer,
                                                    std::size_t size) mutable {
      if (at >= offset) act();
      size = std::min({size, std::size_t{10'000}, blob.size() - at});
      blob.copy(reinterpret_cast<char*>(buffer), size, at);
      at += size;
      return size;
    };
  }
  void check_nothing_there() {
    CHECK_FALSE(layers.find(Digest::of(tar)));
    CHECK(store.blobs().list().empty());
    CHECK(fs::is_empty(lease.directory()));
    CHECK(store::check_store(store).empty());
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the error of a stream comes out as it is",
                 "[extract][root]") {
  // In the first header, inside a file, behind the last member.
  const std::size_t where = GENERATE(0, 300'000, 590'000);
  ForeignLayer layer = foreign();
  SECTION("one of ours") {
    layer.tar = acting(std::min(where, blob.size() - 1),
                       [] { throw ConnectionLost(); });
    try {
      layers.extract(lease, layer);
      FAIL("extracted");
    } catch (const ConnectionLost& error) {
      CHECK(error.message() == "the registry hung up");
    }
  }
  SECTION("one of others") {
    layer.tar = acting(std::min(where, blob.size() - 1),
                       [] { throw std::runtime_error("odd"); });
    CHECK_THROWS_AS(layers.extract(lease, layer), std::runtime_error);
  }
  check_nothing_there();
}

TEST_CASE_METHOD(Fixture, "a layer is not unpacked after a request to stop",
                 "[extract][root]") {
  lease.stop_on(stop.get_token());
  ForeignLayer layer = foreign();
  layer.tar = acting(300'000, [&] { stop.request_stop(); });
  CHECK_THROWS_MATCHES(layers.extract(lease, layer), base::Error,
                       HasKind(ErrorKind::cancelled));
  check_nothing_there();
}

TEST_CASE_METHOD(Fixture, "a stream of more bytes than promised is cut off",
                 "[extract][root]") {
  ForeignLayer layer = foreign();
  std::size_t given = 0;
  SECTION("inside of the layer") {
    layer.blob_bytes = 300'000;
    layer.tar = [this, &given, from = tests::source_of(blob)](
                    std::byte* buffer, std::size_t size) {
      const std::size_t count = from(buffer, std::min<std::size_t>(size, 1000));
      given += count;
      return count;
    };
    CHECK_THROWS_MATCHES(layers.extract(lease, layer), base::Error,
                         HasKind(ErrorKind::corrupt, "has more bytes, not"));
    CHECK(given < 500'000);
  }
  SECTION("behind the layer, without an end") {
    layer.tar = [this, &given](std::byte* buffer, std::size_t size) {
      // Ends after all, so that a failing test does not fill the disk.
      if (given > std::size_t{16} << 20U) return std::size_t{0};
      for (std::size_t i = 0; i < size; ++i, ++given) {
        buffer[i] = given < blob.size() ? std::byte(blob[given]) : std::byte{};
      }
      return size;
    };
    CHECK_THROWS_MATCHES(layers.extract(lease, layer), base::Error,
                         HasKind(ErrorKind::corrupt, "has more bytes, not"));
  }
  check_nothing_there();
}

TEST_CASE_METHOD(Fixture, "a stream of fewer bytes than promised is refused",
                 "[extract][root]") {
  ForeignLayer layer = foreign();
  layer.blob_bytes = blob.size() + 1;
  CHECK_THROWS_MATCHES(layers.extract(lease, layer), base::Error,
                       HasKind(ErrorKind::corrupt, "bytes, not"));
  check_nothing_there();
}

TEST_CASE_METHOD(Fixture, "what is not what it claims leaves nothing",
                 "[extract][root]") {
  ForeignLayer layer = foreign();
  SECTION("by its tar") { layer.diff_id = Digest::of("other"); }
  SECTION("by its bytes") { layer.blob = Digest::of("other"); }
  SECTION("by bytes that are no gzip in the middle") {
    blob.replace(400'000, 1000, std::string(1000, '\xff'));
    layer.tar = tests::source_of(blob);
  }
  CHECK_THROWS_AS(layers.extract(lease, layer), base::Error);
  check_nothing_there();
}

TEST_CASE_METHOD(Fixture, "a broken stream can be tried again under its lease",
                 "[extract][root]") {
  ForeignLayer broken = foreign();
  broken.tar = acting(300'000, [] { throw ConnectionLost(); });
  CHECK_THROWS_AS(layers.extract(lease, broken), ConnectionLost);
  CHECK(layers.extract(lease, foreign()).diff_id == Digest::of(tar));
  CHECK(layers.find_blob_size(lease, Digest::of(tar), Digest::of(blob)));
  CHECK(store::check_store(store).empty());
}

TEST_CASE_METHOD(Fixture, "threads that extract one layer at once all have it",
                 "[extract][root]") {
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> errors(4);
  for (std::exception_ptr& error : errors) {
    threads.emplace_back([this, &error] {
      try {
        const store::Lease own = store.lease();
        layers.extract(own, foreign());
      } catch (...) {
        error = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) CHECK_FALSE(error);
  CHECK(layers.find(Digest::of(tar)));
  CHECK(store.blobs().list().size() == 1);
  CHECK(store::check_store(store).empty());
}

TEST_CASE_METHOD(Fixture,
                 "processes that extract one layer at once all have it",
                 "[extract][root]") {
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int status = 1;
      try {
        store::Store same(root.path());
        const store::Lease own = same.lease();
        same.layers().extract(own, foreign());
        status = 0;
      } catch (const std::exception&) {
      }
      ::_exit(status);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(layers.find(Digest::of(tar)));
  CHECK(store::check_store(store).empty());
}

TEST_CASE_METHOD(Fixture, "a layer's list of names has a limit",
                 "[extract][root]") {
  const fs::path directory = lease.make_directory("list");
  const auto files = layers.io().write(directory);
  const store::MergedTree lower = layers.merged({});
  const auto take = [&](const std::vector<store::Entry>& entries,
                        std::uint64_t limit) {
    store::LayerUnpacker unpacker(
        *files, [&]() -> const store::MergedTree& { return lower; }, limit);
    store::ArchiveReader archive(tests::source_of(tests::tar_of(entries)));
    while (auto entry = archive.next()) {
      unpacker.take(std::move(*entry), archive);
    }
  };
  const std::uint64_t one = store::kEntryBytes + 1;
  const std::vector<store::Entry> two = {tests::file("a", ""),
                                         tests::file("b", "")};
  take(two, 2 * one);
  CHECK_THROWS_MATCHES(take(two, 2 * one - 1), base::Error,
                       HasKind(ErrorKind::invalid_input, "list of files"));
  // Directories that no member speaks of count, too.
  CHECK_THROWS_MATCHES(take({tests::file("c/d/e/f/g", "")}, 4 * one),
                       base::Error, HasKind(ErrorKind::invalid_input));
}
