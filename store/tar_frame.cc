#include "store/tar_frame.h"

#include <algorithm>
#include <charconv>

namespace store {
namespace {

// Names of at most 4 KiB and the attributes of one file come nowhere near.
constexpr std::uint64_t kMostRecordBytes = 1U << 20U;

// POSIX.1-2017, pax "ustar Interchange Format".
constexpr std::size_t kSizeAt = 124;
constexpr std::size_t kSizeDigits = 11;
constexpr std::size_t kTypeAt = 156;

template <typename Number>
std::optional<Number> parse(std::string_view text, int base) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::size_t padding_after(std::uint64_t size, std::size_t block) {
  return static_cast<std::size_t>((block - size % block) % block);
}

// "<length> size=<number>\n" among the records; false when they are none.
bool find_size(std::string_view records, std::optional<std::uint64_t>& size) {
  while (!records.empty()) {
    const std::size_t space = records.find(' ');
    if (space == records.npos) return false;
    const auto length = parse<std::size_t>(records.substr(0, space), 10);
    if (!length || *length > records.size() || *length < space + 2) {
      return false;
    }
    std::string_view record = records.substr(space + 1, *length - space - 2);
    records.remove_prefix(*length);
    constexpr std::string_view kKey = "size=";
    if (!record.starts_with(kKey)) continue;
    size = parse<std::uint64_t>(record.substr(kKey.size()), 10);
    if (!size) return false;
  }
  return true;
}

}  // namespace

void TarFrame::update(std::string_view bytes) {
  while (!bytes.empty() && !is_foreign_) {
    if (is_at_end_) {
      hash_.update(bytes);
      return;
    }
    if (content_bytes_ > 0) {
      const auto passed = static_cast<std::size_t>(
          std::min<std::uint64_t>(content_bytes_, bytes.size()));
      content_bytes_ -= passed;
      bytes.remove_prefix(passed);
      continue;
    }
    const std::size_t count =
        std::min(bytes.size(), wanted_bytes_ - held_.size());
    held_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (held_.size() == wanted_bytes_) take_held();
  }
}

// Padding or records, and the header behind them.
void TarFrame::take_held() {
  hash_.update(held_);
  const std::string_view held = held_;
  pax_size_.reset();
  if (!find_size(held.substr(0, record_bytes_), pax_size_)) {
    is_foreign_ = true;
    return;
  }
  take_header(held.substr(held.size() - kBlockBytes));
  held_.clear();
}

void TarFrame::take_header(std::string_view header) {
  if (header.find_first_not_of('\0') == header.npos) {
    is_at_end_ = true;
    return;
  }
  const auto size =
      parse<std::uint64_t>(header.substr(kSizeAt, kSizeDigits), 8);
  const char type = header[kTypeAt];
  const bool has_records = record_bytes_ > 0;
  record_bytes_ = 0;
  if (!size) {
    is_foreign_ = true;
  } else if (type == '0') {
    content_bytes_ = pax_size_.value_or(*size);
    expect_header(padding_after(content_bytes_, kBlockBytes));
  } else if (type == 'x' && !has_records && *size <= kMostRecordBytes) {
    record_bytes_ = static_cast<std::size_t>(*size);
    expect_header(record_bytes_ + padding_after(*size, kBlockBytes));
  } else {
    is_foreign_ = type < '1' || type > '6' || *size != 0;
    expect_header(0);
  }
}

void TarFrame::expect_header(std::size_t bytes_before) {
  wanted_bytes_ = bytes_before + kBlockBytes;
}

std::optional<base::Digest> TarFrame::finish() {
  if (is_foreign_ || !is_at_end_) return std::nullopt;
  return hash_.finish();
}

}  // namespace store
