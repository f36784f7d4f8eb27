#include "store/pax_charset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace store {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kMostRecords = 1 << 20;  // libarchive's limit as well
constexpr std::string_view kBinary = "21 hdrcharset=BINARY\n";

struct Field {
  std::size_t at;
  std::size_t size;
};
constexpr Field kSize{124, 12};
constexpr Field kChecksum{148, 8};
constexpr std::size_t kType = 156;
constexpr std::size_t kSparseContinues = 482;      // in an old GNU header
constexpr std::size_t kSparseContinuesMore = 504;  // in those after it

std::optional<std::uint64_t> number(std::string_view block, Field field) {
  std::string_view text = block.substr(field.at, field.size);
  if ((static_cast<unsigned char>(text[0]) & 0x80) != 0) {  // GNU's base 256
    std::uint64_t value = static_cast<unsigned char>(text[0]) & 0x7F;
    for (const char c : text.substr(1)) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t value = 0;
  const auto result =
      std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (result.ec == std::errc::result_out_of_range) return std::nullopt;
  return value;
}

unsigned checksum(std::string_view block) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const bool is_own = i >= kChecksum.at && i < kChecksum.at + kChecksum.size;
    sum += is_own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

std::uint64_t padded(std::uint64_t size) {
  return (size + kBlock - 1) / kBlock * kBlock;
}

bool has_data(char type) {
  // Links to nothing, devices, directories: whatever their size field says.
  return type < '2' || type > '6';
}

// The first record of `records`, taken off; nullopt when it is none.
struct Record {
  std::string_view key;
  std::string_view value;
};
std::optional<Record> take_record(std::string_view& records) {
  std::size_t length = 0;
  const char* end = records.data() + records.size();
  const auto result = std::from_chars(records.data(), end, length);
  const auto digits = static_cast<std::size_t>(result.ptr - records.data());
  if (result.ec != std::errc() || length > records.size() ||
      length < digits + 3 || records[digits] != ' ') {
    return std::nullopt;
  }
  const std::string_view text =
      records.substr(digits + 1, length - digits - 2);  // without the newline
  records.remove_prefix(length);
  const std::size_t equals = text.find('=');
  if (equals == text.npos) return std::nullopt;
  return Record{text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace

PaxCharset::PaxCharset(ByteSource tar) : tar_(std::move(tar)) {}

std::size_t PaxCharset::read(std::byte* buffer, std::size_t size) {
  while (given_ == ready_.size()) {
    ready_.clear();
    given_ = 0;
    if (pass_bytes_ > 0 || is_lost_) {
      const std::size_t most =
          is_lost_ ? size
                   : static_cast<std::size_t>(
                         std::min<std::uint64_t>(size, pass_bytes_));
      const std::size_t count = tar_(buffer, most);
      if (!is_lost_) pass_bytes_ -= count;
      if (count == 0) is_lost_ = true;
      return count;
    }
    next_member();
  }
  const std::size_t count = std::min(size, ready_.size() - given_);
  std::memcpy(buffer, ready_.data() + given_, count);
  given_ += count;
  return count;
}

// Adds so many bytes to ready_; false, and lost, when the stream ends before.
bool PaxCharset::read_blocks(std::uint64_t size) {
  const std::size_t end = ready_.size() + static_cast<std::size_t>(size);
  std::size_t at = ready_.size();
  ready_.resize(end);
  while (at < end) {
    const std::size_t count =
        tar_(reinterpret_cast<std::byte*>(ready_.data() + at), end - at);
    if (count == 0) {
      ready_.resize(at);
      is_lost_ = true;
      return false;
    }
    at += count;
  }
  return true;
}

void PaxCharset::next_member() {
  const std::size_t header_at = ready_.size();
  if (!read_blocks(kBlock)) return;
  const std::string header = ready_.substr(header_at, kBlock);
  const auto size = number(header, kSize);
  const auto sum = number(header, kChecksum);
  const char type = header[kType];
  // Also the zeros at the end. A hard link may or may not have data, which
  // only the whole context tells.
  if (!size || sum != checksum(header) || (type == '1' && *size != 0)) {
    is_lost_ = true;
    return;
  }
  if (type == 'x') {
    if (*size > kMostRecords) {
      is_lost_ = true;
      return;
    }
    if (read_blocks(padded(*size))) complete_records(header_at);
    return;
  }
  if (type == 'S' && header[kSparseContinues] != '\0') {
    do {
      if (!read_blocks(kBlock)) return;
    } while (ready_[ready_.size() - kBlock + kSparseContinuesMore] != '\0');
  }
  const bool is_extension = type == 'g' || type == 'L' || type == 'K';
  std::uint64_t data = *size;
  if (!is_extension && has_next_size_) data = next_size_;
  if (!is_extension) has_next_size_ = false;
  pass_bytes_ = has_data(type) ? padded(data) : 0;
  if (data > UINT64_MAX - kBlock) is_lost_ = true;
}

void PaxCharset::complete_records(std::size_t header_at) {
  std::string header = ready_.substr(header_at, kBlock);
  const auto size = static_cast<std::size_t>(*number(header, kSize));
  const std::string_view all =
      std::string_view(ready_).substr(header_at + kBlock, size);
  std::string_view rest = all;
  bool is_binary = false;
  while (const auto record = take_record(rest)) {
    if (record->key == "size") {
      const auto& text = record->value;
      has_next_size_ =
          std::from_chars(text.data(), text.data() + text.size(), next_size_)
              .ec == std::errc();
    }
    if (record->key != "path" && record->key != "linkpath") continue;
    is_binary |= std::any_of(
        record->value.begin(), record->value.end(),
        [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  }
  if (!is_binary) return;

  std::string records = std::string(kBinary).append(all);
  const std::string size_text = fmt::format("{:011o}", records.size());
  std::memcpy(header.data() + kSize.at, size_text.c_str(), kSize.size);
  const std::string sum_text = fmt::format("{:06o}", checksum(header));
  std::memcpy(header.data() + kChecksum.at, sum_text.c_str(), 7);
  records.resize(static_cast<std::size_t>(padded(records.size())));
  ready_.replace(header_at, std::string::npos, header + records);
}

}  // namespace store
