#include "store/tar_frame.h"

#include <catch2/catch.hpp>

#include "store/tar_encoder.h"
#include "trees.h"

namespace {

using base::Digest;
using store::Entry;

std::optional<Digest> frame_of(std::string_view tar, std::size_t piece = 1000) {
  store::TarFrame frame;
  for (std::size_t at = 0; at < tar.size(); at += piece) {
    frame.update(tar.substr(at, piece));
  }
  return frame.finish();
}

// As a layer's directory gives it: no content is at hand.
Digest encoded_frame(std::vector<Entry> entries) {
  base::Hasher hash;
  store::TarEncoder tar([&](std::string_view bytes) { hash.update(bytes); });
  for (Entry& entry : entries) {
    if (entry.type == store::EntryType::regular) entry.link_target.clear();
    tar.add(entry);
    tar.leave_out_content();
  }
  tar.finish();
  return hash.finish();
}

std::vector<Entry> some_entries() {
  std::vector<Entry> entries{tests::directory("d"),
                             tests::file("d/block", std::string(512, 'b')),
                             tests::file("d/empty", ""),
                             tests::file("d/long", std::string(70'000, '\0')),
                             tests::hardlink("d/same", "d/long"),
                             tests::link_to("d/sym", std::string(300, 'l')),
                             tests::whiteout("gone"),
                             tests::file(std::string(300, 'n'), "x"),
                             tests::file("z", "last")};
  entries.front().opaque = true;
  entries.back().xattrs["user.note"] = "a\n12 size=99\nb";
  entries.back().mtime = {-1, 500};
  for (Entry& entry : entries) {
    if (entry.type == store::EntryType::regular) {
      entry.size_bytes = entry.link_target.size();
    }
  }
  return entries;
}

}  // namespace

TEST_CASE("a canonical tar's frame is known without its files", "[store]") {
  const std::vector<Entry> entries = some_entries();
  const std::string tar = tests::tar_of(entries);
  const Digest frame = encoded_frame(entries);
  for (const std::size_t piece : {1U, 511U, 512U, 10'000U, 1'000'000U}) {
    CHECK(frame_of(tar, piece) == frame);
  }
}

TEST_CASE("a tar that differs but in its files has another frame", "[store]") {
  const std::vector<Entry> entries = some_entries();
  const std::string tar = tests::tar_of(entries);
  const Digest frame = encoded_frame(entries);
  SECTION("in any byte of a header or a padding") {
    // The first file follows two headers and fills its block; the next one
    // is empty, and the long one has 70,000 bytes and a padding.
    const std::size_t content = tar.find(std::string(512, 'b'));
    const std::size_t padding = content + 3 * 512 + 70'000;
    for (const std::size_t at : {std::size_t{0}, content - 1, content + 512,
                                 padding, padding + 100, tar.size() - 1}) {
      std::string other = tar;
      other[at] = '!';
      CHECK(frame_of(other) != frame);
    }
    std::string other = tar;
    other[content + 5] = '!';
    CHECK(frame_of(other) == frame);
  }
  SECTION("behind its end") { CHECK(frame_of(tar + "x") != frame); }
  SECTION("in the order of its files") {
    std::vector<Entry> turned = entries;
    std::swap(turned[1], turned[2]);
    CHECK(frame_of(tests::tar_of(turned)) != frame);
  }
}

TEST_CASE("what our encoder never writes has no frame", "[store]") {
  const std::string tar = tests::tar_of({tests::directory("d")});
  SECTION("a member of another type") {
    for (const char type : {'\0', '7', 'g', 'L', 'S'}) {
      std::string other = tar;
      other[156] = type;
      CHECK_FALSE(frame_of(other));
    }
  }
  SECTION("a directory with content") {
    std::string other = tar;
    other[134] = '1';
    CHECK_FALSE(frame_of(other));
  }
  SECTION("a size that is no number") {
    std::string other = tar;
    other[124] = '\x80';
    CHECK_FALSE(frame_of(other));
  }
  SECTION("records that are none") {
    std::string other = tests::tar_of({tests::file(std::string(300, 'n'), "")});
    other[512] = 'x';
    CHECK_FALSE(frame_of(other));
  }
  SECTION("an end that does not come") {
    CHECK_FALSE(frame_of(tar.substr(0, 512)));
    CHECK_FALSE(frame_of(""));
  }
}

TEST_CASE("the size of a file that ustar cannot say is in its frame",
          "[store]") {
  Entry huge = tests::file("huge", "");
  huge.size_bytes = (std::uint64_t{8} << 30U) + 5;
  const Digest expected = encoded_frame({huge});
  store::TarFrame frame;
  const std::string zeros(std::size_t{1} << 20U, '\0');
  store::TarEncoder tar([&](std::string_view bytes) { frame.update(bytes); });
  tar.add(huge);
  for (std::uint64_t left = huge.size_bytes; left > 0;) {
    const auto count = std::min<std::uint64_t>(left, zeros.size());
    tar.write(std::string_view(zeros).substr(0, count));
    left -= count;
  }
  tar.finish();
  CHECK(frame.finish() == expected);
}
