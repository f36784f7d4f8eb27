#include "store/decompressor.h"

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/archive_stream.h"

namespace store {
namespace {

constexpr std::size_t kInputBytes = 128U * 1024U;
constexpr std::size_t kLongestMagic = 8;

base::Error damaged(std::string_view what) {
  return base::Error(base::ErrorKind::invalid_input,
                     std::string("decompressing: ").append(what));
}

// A source whose next bytes can be looked at.
class Peekable {
 public:
  explicit Peekable(ByteSource source) : source_(std::move(source)) {}

  // At least `size` bytes, fewer only at the end.
  std::string_view peek(std::size_t size) {
    while (held_.size() < size) {
      std::array<std::byte, kLongestMagic> buffer{};
      const std::size_t count =
          source_(buffer.data(), std::min(buffer.size(), size - held_.size()));
      if (count == 0) break;
      held_.append(reinterpret_cast<const char*>(buffer.data()), count);
    }
    return held_;
  }

  std::size_t read(std::byte* buffer, std::size_t size) {
    if (held_.empty()) return source_(buffer, size);
    const std::size_t count = std::min(size, held_.size());
    std::memcpy(buffer, held_.data(), count);
    held_.erase(0, count);
    return count;
  }

  // Throws: invalid_input when the stream ends before.
  void skip(std::uint64_t size) {
    std::array<std::byte, 4096> buffer{};
    while (size > 0) {
      const std::size_t count =
          read(buffer.data(),
               static_cast<std::size_t>(std::min<std::uint64_t>(size, 4096)));
      if (count == 0) throw damaged("the stream was cut");
      size -= count;
    }
  }

 private:
  ByteSource source_;
  std::string held_;
};

bool is_skippable_frame(std::string_view bytes) {
  return bytes.size() >= 8 && bytes.substr(1, 3) == "\x2A\x4D\x18" &&
         (static_cast<unsigned char>(bytes[0]) & 0xF0) == 0x50;
}

Packing packing_of(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x1F\x8B\x08"sv)) return Packing::gzip;
  if (bytes.starts_with("BZh"sv)) return Packing::bzip2;
  if (bytes.starts_with("\xFD\x37zXZ\0"sv)) return Packing::xz;
  if (bytes.starts_with("\x28\xB5\x2F\xFD"sv)) return Packing::zstd;
  return Packing::none;
}

// A gzip file of any number of members.
class GzipReader {
 public:
  explicit GzipReader(Peekable& source) : source_(source) {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
  }

  std::size_t read(std::byte* buffer, std::size_t size) {
    state_.next_out = reinterpret_cast<std::uint8_t*>(buffer);
    state_.avail_out =
        static_cast<std::uint32_t>(std::min<std::size_t>(size, 1U << 30U));
    const std::uint32_t wanted = state_.avail_out;
    while (state_.avail_out == wanted && !is_at_end_) step();
    return wanted - state_.avail_out;
  }

 private:
  void step() {
    if (state_.block_state == ISAL_BLOCK_FINISH && !start_member()) {
      is_at_end_ = true;
      return;
    }
    // With all input used there may still be output held back for want of room.
    if (state_.avail_in == 0) fill();
    const bool is_input_over = state_.avail_in == 0;
    const std::uint32_t before = state_.avail_out;
    if (isal_inflate(&state_) < 0) throw damaged("wrong gzip data");
    if (is_input_over && state_.avail_out == before &&
        state_.block_state != ISAL_BLOCK_FINISH) {
      throw damaged("the gzip stream was cut");
    }
  }

  void fill() {
    const std::size_t count = source_.read(input_.data(), input_.size());
    state_.next_in = reinterpret_cast<std::uint8_t*>(input_.data());
    state_.avail_in = static_cast<std::uint32_t>(count);
  }

  // Whether another member follows; anything else after one is padding.
  bool start_member() {
    for (std::size_t i = 0; i < 2; ++i) {
      if (state_.avail_in == 0) fill();
      if (state_.avail_in == 0) return false;
      if (*state_.next_in != (i == 0 ? 0x1F : 0x8B)) return false;
      if (i == 0) {
        ++state_.next_in;
        --state_.avail_in;
      }
    }
    // The header is parsed from its start, so its first byte is given again.
    std::uint8_t* rest = state_.next_in;
    const std::uint32_t left = state_.avail_in;
    isal_inflate_reset(&state_);
    state_.crc_flag = ISAL_GZIP;
    std::uint8_t first = 0x1F;
    state_.next_in = &first;
    state_.avail_in = 1;
    if (isal_inflate(&state_) < 0) throw damaged("wrong gzip data");
    state_.next_in = rest;
    state_.avail_in = left;
    return true;
  }

  Peekable& source_;
  inflate_state state_;
  std::vector<std::byte> input_ = std::vector<std::byte>(kInputBytes);
  bool is_at_end_ = false;
};

}  // namespace

struct Decompressor::State {
  explicit State(ByteSource input) : source(std::move(input)) {
    std::string_view start = source.peek(kLongestMagic);
    // Frames that hold no data may come first, e.g. with an index for seeking.
    while (is_skippable_frame(start)) {
      std::uint32_t size = 0;
      std::memcpy(&size, start.data() + 4, sizeof size);  // little-endian
      source.skip(8ULL + size);
      is_zstd = true;
      start = source.peek(kLongestMagic);
    }
    packing = packing_of(start);
    if (is_zstd && packing != Packing::zstd) {
      throw damaged("there is no zstd frame after a skippable one");
    }
    if (packing == Packing::gzip) {
      gzip = std::make_unique<GzipReader>(source);
    } else if (packing != Packing::none) {
      other = std::make_unique<ArchiveStream>(
          [this](std::byte* buffer, std::size_t size) {
            return source.read(buffer, size);
          },
          ArchiveStream::Format::compressed);
      if (other->next_header() == nullptr) other.reset();
      is_over = other == nullptr;
    }
  }

  Peekable source;
  Packing packing = Packing::none;
  bool is_zstd = false;
  bool is_over = false;
  std::unique_ptr<GzipReader> gzip;
  std::unique_ptr<ArchiveStream> other;
};

Decompressor::Decompressor(ByteSource source)
    : state_(std::make_unique<State>(std::move(source))) {}
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor::~Decompressor() = default;

Packing Decompressor::packing() const noexcept { return state_->packing; }

std::size_t Decompressor::read(std::byte* buffer, std::size_t size) {
  if (state_->is_over) return 0;
  if (state_->gzip) return state_->gzip->read(buffer, size);
  if (state_->other) return state_->other->read(buffer, size);
  return state_->source.read(buffer, size);
}

std::string decompress(std::string_view bytes, std::uint64_t limit_bytes) {
  Decompressor decompressor([&bytes](std::byte* buffer, std::size_t size) {
    size = std::min(size, bytes.size());
    std::memcpy(buffer, bytes.data(), size);
    bytes.remove_prefix(size);
    return size;
  });
  std::string text;
  std::vector<std::byte> buffer(std::size_t{64} << 10U);
  while (const std::size_t count =
             decompressor.read(buffer.data(), buffer.size())) {
    if (count > limit_bytes - text.size()) {
      throw base::Error(
          base::ErrorKind::invalid_input,
          fmt::format("it unpacks to more than {} bytes", limit_bytes));
    }
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return text;
}

}  // namespace store
