#include "store/gzip_writer.h"

#include <fmt/format.h>
#include <isa-l.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <thread>
#include <vector>

namespace store {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
constexpr std::size_t kPieceBytes = 32 << 10;
// Of deflate's stored blocks: header and two lengths, and the most they hold.
constexpr std::size_t kStoredHeadBytes = 5;
constexpr std::size_t kMostStored = 65535;
// At worst every other piece is stored for its looks, and those between them
// because they came out no shorter.
constexpr std::size_t kMostCompressed =
    kBlockBytes + kBlockBytes / kPieceBytes * kStoredHeadBytes;
// Blocks at once: who reads, hashes and sends has a third of the work, so that
// more would mostly wait for him, with 2.4 MB each, and four layers at once.
constexpr unsigned kMostUnderWay = 2;
constexpr int kFramingVersion = 2;

// Sums of two pieces are combined by advancing the first over as many zero
// bytes as the second has: multiplication by x^(8 n) modulo the polynomial.
constexpr std::uint32_t kPolynomial = 0xEDB88320;

std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 1U << 31; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ kPolynomial : b >> 1;
  }
  return product;
}

std::uint32_t combine(std::uint32_t first, std::uint32_t second,
                      std::uint64_t second_bytes) {
  std::uint32_t power = 1U << 23;   // x^8
  std::uint32_t factor = 1U << 31;  // x^0
  for (; second_bytes != 0; second_bytes >>= 1) {
    if ((second_bytes & 1) != 0) factor = multiply(power, factor);
    power = multiply(power, power);
  }
  return multiply(factor, first) ^ second;
}

void append_number(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

// Whether no code for single bytes would make it shorter by more than about one
// per cent, by a sample of it. The chance that two bytes are equal is 1/256
// when all are as likely, and more otherwise; that of text is 1/15.
bool looks_random(std::span<const std::uint8_t> piece) {
  constexpr std::size_t kRuns = 8;
  constexpr std::size_t kRunBytes = 256;
  constexpr std::size_t kSampled = kRuns * kRunBytes;
  if (piece.size() < 2 * kSampled) return false;
  std::array<std::uint32_t, 256> counts{};
  for (std::size_t run = 0; run < kRuns; ++run) {
    for (const std::uint8_t byte :
         piece.subspan(piece.size() / kRuns * run, kRunBytes)) {
      ++counts[byte];
    }
  }
  std::uint64_t pairs = 0;
  for (const std::uint64_t count : counts) pairs += count * (count - 1);
  // 1.07/256; chance alone moves it by 0.01/256.
  return pairs * 256 * 100 < 107 * kSampled * (kSampled - 1);
}

}  // namespace

std::string gzip_version() {
  return fmt::format("{}.{}.{}/{}", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION,
                     ISAL_PATCH_VERSION, kFramingVersion);
}

// Used again and again: new memory for each costs as much as its checksum.
class GzipWriter::Block {
 public:
  // How much of `bytes` it took; less than all when it is full.
  std::size_t take(std::string_view bytes) {
    const std::size_t count = std::min(bytes.size(), kBlockBytes - size_);
    std::memcpy(input_.data() + size_, bytes.data(), count);
    size_ += count;
    return count;
  }
  bool is_full() const noexcept { return size_ == kBlockBytes; }
  std::size_t size_bytes() const noexcept { return size_; }

  void compress() {
    const std::span input(input_.data(), size_);
    crc_ = crc32_gzip_refl(0, input.data(), input.size());
    compressed_ = 0;
    for (std::size_t at = 0; at < size_;) {
      const bool is_stored = looks_random(piece_at(at));
      std::size_t end = at;
      do {
        end += piece_at(end).size();
      } while (end < size_ && looks_random(piece_at(end)) == is_stored);
      const std::span run = input.subspan(at, end - at);
      is_stored ? store(run) : deflate(run);
      at = end;
    }
  }

  // After compress(), until the next take().
  std::uint32_t crc() const noexcept { return crc_; }
  std::string_view compressed() const {
    return {reinterpret_cast<const char*>(output_.data()), compressed_};
  }
  void clear() noexcept { size_ = 0; }

 private:
  using Bytes = std::vector<std::uint8_t>;

  std::span<const std::uint8_t> piece_at(std::size_t at) const {
    return std::span(input_).subspan(at, std::min(kPieceBytes, size_ - at));
  }

  // Every flush ends at a whole byte, and so does each of these.
  void store(std::span<const std::uint8_t> run) {
    while (!run.empty()) {
      const std::size_t count = std::min(run.size(), kMostStored);
      const auto length = static_cast<std::uint16_t>(count);
      const auto inverse = static_cast<std::uint16_t>(~length);
      std::uint8_t* const out = output_.data() + compressed_;
      out[0] = 0;  // not the last, stored
      out[1] = static_cast<std::uint8_t>(length & 0xFF);
      out[2] = static_cast<std::uint8_t>(length >> 8);
      out[3] = static_cast<std::uint8_t>(inverse & 0xFF);
      out[4] = static_cast<std::uint8_t>(inverse >> 8);
      std::memcpy(out + kStoredHeadBytes, run.data(), count);
      compressed_ += kStoredHeadBytes + count;
      run = run.subspan(count);
    }
  }

  void deflate(std::span<std::uint8_t> run) {
    isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.next_in = run.data();
    stream.avail_in = static_cast<std::uint32_t>(run.size());
    stream.next_out = output_.data() + compressed_;
    stream.avail_out = stream.avail_in;
    stream.level = kGzipLevel;
    stream.level_buf = level_buffer_.data();
    stream.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
    stream.flush = FULL_FLUSH;
    stream.end_of_stream = 0;
    if (isal_deflate_stateless(&stream) == COMP_OK && stream.avail_in == 0) {
      compressed_ += stream.total_out;
    } else {
      store(run);  // no shorter
    }
  }

  Bytes input_ = Bytes(kBlockBytes);
  std::size_t size_ = 0;  // of input_, how much is filled
  Bytes output_ = Bytes(kMostCompressed);
  std::size_t compressed_ = 0;  // of output_
  Bytes level_buffer_ = Bytes(ISAL_DEF_LVL1_DEFAULT);
  std::uint32_t crc_ = 0;
};

GzipWriter::GzipWriter(ByteSink sink)
    : sink_(std::move(sink)),
      most_under_way_(
          std::clamp(std::thread::hardware_concurrency(), 1U, kMostUnderWay)) {
  using namespace std::string_view_literals;
  // Deflate, no fields, no time, fastest, unknown system.
  sink_("\x1F\x8B\x08\0\0\0\0\0\x04\xFF"sv);
}

GzipWriter::~GzipWriter() = default;

void GzipWriter::start_block() {
  if (under_way_.size() >= most_under_way_) take_block();
  under_way_.push_back(
      std::async(std::launch::async, [block = std::move(block_)]() mutable {
        block->compress();
        return std::move(block);
      }));
}

void GzipWriter::take_block() {
  used_ = under_way_.front().get();
  under_way_.pop_front();
  sink_(used_->compressed());
  crc_ = combine(crc_, used_->crc(), used_->size_bytes());
  size_bytes_ += used_->size_bytes();
  used_->clear();
}

void GzipWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!block_) block_ = used_ ? std::move(used_) : std::make_unique<Block>();
    bytes.remove_prefix(block_->take(bytes));
    if (block_->is_full()) start_block();
  }
}

void GzipWriter::finish() {
  if (block_) start_block();
  while (!under_way_.empty()) take_block();
  std::string end("\x03\0", 2);  // the last block, empty
  append_number(end, crc_);
  append_number(end, static_cast<std::uint32_t>(size_bytes_));
  sink_(end);
}

}  // namespace store
