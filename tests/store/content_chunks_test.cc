// Cuts that content makes: what two streams have in common is cut alike.
#include "store/content_chunks.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

namespace {

std::string noise(std::size_t bytes) {
  std::mt19937_64 random(7);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::vector<std::string> cut(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> chunks;
  store::ContentChunks cutter(
      [&chunks](std::string_view chunk) { chunks.emplace_back(chunk); });
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    cutter.write(bytes.substr(at, piece));
  }
  cutter.finish();
  return chunks;
}

}  // namespace

TEST_CASE("chunks are the stream, whatever the pieces it came in", "[chunks]") {
  const std::string bytes = noise(9U << 20U);
  const auto whole = cut(bytes, bytes.size());
  std::string joined;
  for (const std::string& chunk : whole) {
    CHECK(chunk.size() <= store::kMostChunkBytes);
    joined += chunk;
  }
  CHECK(joined == bytes);
  CHECK(whole.size() > 3);
  CHECK(cut(bytes, 65536) == whole);
  CHECK(cut(bytes, 777777) == whole);
  CHECK(cut("", 1).empty());
}

TEST_CASE("bytes put in between change few chunks", "[chunks]") {
  std::string bytes = noise(16U << 20U);
  const auto before = cut(bytes, bytes.size());
  bytes.insert(5U << 20U, "something new");
  const std::set<std::string> known(before.begin(), before.end());
  std::size_t fresh = 0;
  for (const std::string& chunk : cut(bytes, bytes.size())) {
    fresh += known.contains(chunk) ? 0 : 1;
  }
  CHECK(fresh >= 1);
  CHECK(fresh <= 2);
}

TEST_CASE("bytes that never cut are cut by their number", "[chunks]") {
  const std::string zeros(9U << 20U, '\0');
  const auto chunks = cut(zeros, zeros.size());
  REQUIRE(chunks.size() == 3);
  CHECK(chunks[0].size() == store::kMostChunkBytes);
}
