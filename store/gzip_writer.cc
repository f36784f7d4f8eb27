#include "store/gzip_writer.h"

#include <fmt/format.h>
#include <isa-l.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "base/error.h"

namespace store {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
// At worst deflate stores: five bytes for every 65,535, and the flush.
constexpr std::size_t kMostCompressed = kBlockBytes + kBlockBytes / 1024 + 512;
constexpr int kFramingVersion = 1;

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

}  // namespace

std::string gzip_version() {
  return fmt::format("{}.{}.{}/{}", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION,
                     ISAL_PATCH_VERSION, kFramingVersion);
}

GzipWriter::GzipWriter(ByteSink sink)
    : sink_(std::move(sink)),
      most_under_way_(std::max(1U, std::thread::hardware_concurrency()) + 1) {
  using namespace std::string_view_literals;
  input_.reserve(kBlockBytes);
  // Deflate, no fields, no time, fastest, unknown system.
  sink_("\x1F\x8B\x08\0\0\0\0\0\x04\xFF"sv);
}

GzipWriter::~GzipWriter() = default;

GzipWriter::Block GzipWriter::compress(const std::string& input) {
  std::vector<std::uint8_t> level_buffer(ISAL_DEF_LVL1_DEFAULT);
  Block block;
  block.compressed.resize(kMostCompressed);
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.next_in = reinterpret_cast<std::uint8_t*>(
      const_cast<char*>(input.data()));  // not written to
  stream.avail_in = static_cast<std::uint32_t>(input.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(block.compressed.data());
  stream.avail_out = static_cast<std::uint32_t>(block.compressed.size());
  stream.level = kGzipLevel;
  stream.level_buf = level_buffer.data();
  stream.level_buf_size = static_cast<std::uint32_t>(level_buffer.size());
  stream.flush = FULL_FLUSH;
  stream.end_of_stream = 0;
  if (isal_deflate_stateless(&stream) != COMP_OK || stream.avail_in != 0) {
    throw base::Error(base::ErrorKind::system, "compressing a block failed");
  }
  block.compressed.resize(stream.total_out);
  block.crc = crc32_gzip_refl(
      0, reinterpret_cast<const unsigned char*>(input.data()), input.size());
  block.size_bytes = input.size();
  return block;
}

void GzipWriter::start_block() {
  if (under_way_.size() >= most_under_way_) take_block();
  under_way_.push_back(
      std::async(std::launch::async,
                 [input = std::move(input_)] { return compress(input); }));
  input_ = {};
  input_.reserve(kBlockBytes);
}

void GzipWriter::take_block() {
  const Block block = under_way_.front().get();
  under_way_.pop_front();
  sink_(block.compressed);
  crc_ = combine(crc_, block.crc, block.size_bytes);
  size_bytes_ += block.size_bytes;
}

void GzipWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count =
        std::min(bytes.size(), kBlockBytes - input_.size());
    input_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (input_.size() == kBlockBytes) start_block();
  }
}

void GzipWriter::finish() {
  if (!input_.empty()) start_block();
  while (!under_way_.empty()) take_block();
  std::string end("\x03\0", 2);  // the last block, empty
  append_number(end, crc_);
  append_number(end, static_cast<std::uint32_t>(size_bytes_));
  sink_(end);
}

}  // namespace store
