#include "store/read_ahead.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <stdexcept>
#include <string>

#include "trees.h"

namespace {

std::string numbers(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) bytes += std::to_string(bytes.size()) + ' ';
  bytes.resize(size);
  return bytes;
}

// All of it, in pieces of at most `piece` bytes.
std::string read_all(store::ReadAhead& from, std::size_t piece) {
  std::string all;
  std::vector<std::byte> buffer(piece);
  while (const std::size_t count = from.read(buffer.data(), piece)) {
    all.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return all;
}

}  // namespace

TEST_CASE("what is read ahead comes in order and whole", "[store]") {
  const std::size_t size = GENERATE(0U, 1U, 262'143U, 262'144U, 5'000'000U);
  const std::string bytes = numbers(size);
  for (const std::size_t piece : {999U, 131'072U, 1'000'000U}) {
    store::ReadAhead source(tests::source_of(bytes, 10'007));
    CHECK(read_all(source, piece) == bytes);
    std::byte more;
    CHECK(source.read(&more, 1) == 0);
  }
}

TEST_CASE("a source that fails is told behind the bytes it gave", "[store]") {
  const std::size_t size = GENERATE(300'000U, 3'000'000U);
  const std::string bytes = numbers(size);
  store::ReadAhead source(
      [from = tests::source_of(bytes)](std::byte* buffer, std::size_t room) {
        const std::size_t count = from(buffer, room);
        if (count == 0) throw std::runtime_error("hung up");
        return count;
      });
  std::string got;
  std::vector<std::byte> buffer(100'000);
  const auto read = [&] {
    const std::size_t count = source.read(buffer.data(), buffer.size());
    got.append(reinterpret_cast<const char*>(buffer.data()), count);
  };
  while (got.size() < size) read();
  CHECK(got == bytes);
  CHECK_THROWS_WITH(read(), "hung up");
}

TEST_CASE("nobody reads on once what was read ahead is dropped", "[store]") {
  std::atomic<std::uint64_t> given = 0;
  {
    store::ReadAhead source([&](std::byte* buffer, std::size_t size) {
      std::memset(buffer, 0, size);
      given += size;
      return size;
    });
    std::vector<std::byte> buffer(1'000'000);
    for (int i = 0; i < 10; ++i) source.read(buffer.data(), buffer.size());
  }
  const std::uint64_t at_its_end = given;
  // A stream without an end: it holds a few megabytes at most.
  CHECK(at_its_end < 10'000'000);
  CHECK(given == at_its_end);
}
