#include "store/content_chunks.h"

#include <algorithm>
#include <array>
#include <utility>

namespace store {
namespace {

constexpr std::uint64_t kSeed = 0x7374'7261'6b65'0001;  // "strake", 1
constexpr unsigned kCutBits = 20;
constexpr std::size_t kWindowBytes = 64;  // as many as the hash remembers

constexpr std::array<std::uint64_t, 256> make_table() {
  std::array<std::uint64_t, 256> table{};
  std::uint64_t state = kSeed;
  for (std::uint64_t& entry : table) {
    state += 0x9e37'79b9'7f4a'7c15;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11eb;
    entry = mixed ^ (mixed >> 31U);
  }
  return table;
}
constexpr auto kTable = make_table();

}  // namespace

ContentChunks::ContentChunks(ByteSink take) : take_(std::move(take)) {}

void ContentChunks::write(std::string_view bytes) {
  while (!bytes.empty()) {
    // Bytes that cannot matter for a cut are not hashed.
    constexpr std::size_t kUnhashed = kLeastChunkBytes - kWindowBytes;
    if (chunk_.size() < kUnhashed) {
      const std::size_t count =
          std::min(bytes.size(), kUnhashed - chunk_.size());
      chunk_.append(bytes.substr(0, count));
      bytes.remove_prefix(count);
      continue;
    }
    std::size_t count = 0;
    bool is_cut = false;
    while (count < bytes.size() && !is_cut) {
      hash_ = (hash_ << 1U) + kTable[static_cast<std::uint8_t>(bytes[count])];
      const std::size_t size = chunk_.size() + ++count;
      is_cut = size >= kMostChunkBytes ||
               (size >= kLeastChunkBytes && hash_ >> (64 - kCutBits) == 0);
    }
    chunk_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (is_cut) finish();
  }
}

void ContentChunks::finish() {
  if (!chunk_.empty()) take_(chunk_);
  chunk_.clear();
  hash_ = 0;
}

}  // namespace store
