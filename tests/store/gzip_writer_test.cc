#include "store/gzip_writer.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "base/file.h"
#include "base/temp_dir.h"
#include "shell.h"

namespace {

std::string gzip(const std::string& input, std::size_t piece) {
  std::string output;
  store::GzipWriter writer([&](std::string_view bytes) { output += bytes; });
  for (std::size_t at = 0; at < input.size(); at += piece) {
    writer.write(std::string_view(input).substr(at, piece));
  }
  writer.finish();
  return output;
}

std::string gunzip(const std::string& packed) {
  const base::TempDir top;
  base::replace_file(top.path() / "x", packed);
  return tests::shell("gzip -dc < " + (top.path() / "x").native());
}

std::string random_bytes(std::size_t size) {
  std::mt19937 random(1);  // NOLINT: the same bytes each time
  std::string bytes(size, '\0');
  std::generate(bytes.begin(), bytes.end(),
                [&] { return static_cast<char>(random()); });
  return bytes;
}

}  // namespace

TEST_CASE("gzip gives back what went in", "[store]") {
  CHECK(gunzip(gzip("", 1)).empty());
  CHECK(gunzip(gzip("x", 1)) == "x");
  const std::string text(3'500'000, 'x');
  CHECK(gunzip(gzip(text, 1000)) == text);
  const std::string noise = random_bytes(2'500'001);
  CHECK(gunzip(gzip(noise, 1 << 20)) == noise);
  // Too little to be told by its looks, and no shorter compressed.
  const std::string little = random_bytes(1000);
  CHECK(gunzip(gzip(little, 7)) == little);
}

TEST_CASE("gzip's bytes do not depend on how they were written", "[store]") {
  const std::string input =
      random_bytes(1'200'000) + std::string(2'000'000, 'y');
  const std::string once = gzip(input, input.size());
  CHECK(gzip(input, 4097) == once);
  CHECK(gzip(input, 1 << 20) == once);
}

TEST_CASE("a gzip block does not depend on the one before", "[store]") {
  const std::string block = random_bytes(1 << 20);
  const std::string after_noise = gzip(block + std::string(1 << 20, 'a'), 9999);
  const std::string after_text =
      gzip(std::string(1 << 20, 'b') + std::string(1 << 20, 'a'), 9999);
  // The last block, the end and its eight bytes of sums.
  const auto tail = [](const std::string& packed) {
    return packed.substr(packed.size() - 500, 490);
  };
  CHECK(tail(after_noise) == tail(after_text));
}

// Files of a layer lie in no order of their kinds, and seldom end with a piece.
TEST_CASE("gzip stores what looks random and compresses what is beside it",
          "[store]") {
  const std::string noise = random_bytes(300'000);
  const std::string text(200'000, 't');
  const std::string input = text + noise + text + noise.substr(0, 70'000) + "x";
  const std::string packed = gzip(input, 5000);
  CHECK(packed.find(noise.substr(100'000, 60'000)) != packed.npos);
  CHECK(packed.size() < 380'000);
  CHECK(gunzip(packed) == input);
}
