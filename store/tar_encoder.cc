#include "store/tar_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"

namespace store {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kLargestOctal12 = 077777777777;  // 11 digits, and NUL
constexpr std::uint64_t kLargestOctal8 = 07777777;       // 7 digits, and NUL
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kPrefixBytes = 155;

// POSIX.1-2017, pax "ustar Interchange Format".
struct Header {
  std::array<char, 100> name;
  std::array<char, 8> mode;
  std::array<char, 8> uid;
  std::array<char, 8> gid;
  std::array<char, 12> size;
  std::array<char, 12> mtime;
  std::array<char, 8> checksum;
  char type;
  std::array<char, 100> link_name;
  std::array<char, 6> magic;
  std::array<char, 2> version;
  std::array<char, 32> user_name;
  std::array<char, 32> group_name;
  std::array<char, 8> device_major;
  std::array<char, 8> device_minor;
  std::array<char, 155> prefix;
  std::array<char, 12> padding;
};
static_assert(sizeof(Header) == kBlock);

using Records = std::vector<std::pair<std::string, std::string>>;

template <std::size_t Size>
void put_octal(std::array<char, Size>& field, std::uint64_t value) {
  for (std::size_t i = Size - 1; i > 0; --i) {
    field[i - 1] = static_cast<char>('0' + (value & 7));
    value >>= 3;
  }
  field[Size - 1] = '\0';
}

template <std::size_t Size>
void put_text(std::array<char, Size>& field, std::string_view text) {
  std::memcpy(field.data(), text.data(), std::min(Size, text.size()));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
}

// How many bytes the UTF-8 sequence at the start of `text` has; 0 if none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2   ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool is_overlong =
      (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool is_surrogate = first == 0xED && byte(1) >= 0xA0;
  const bool is_too_large = first == 0xF4 && byte(1) >= 0x90;
  return is_overlong || is_surrogate || is_too_large ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// The one place to split `path` into ustar's prefix and name: the first '/'
// that leaves a name short enough. Returns prefix's length, 0 for none.
std::optional<std::size_t> find_split(std::string_view path) {
  if (path.size() <= kNameBytes) return 0;
  // A directory's final '/' belongs to the name.
  const std::size_t slash = path.find('/', path.size() - kNameBytes - 1);
  if (slash == path.npos || slash + 1 == path.size() || slash == 0 ||
      slash > kPrefixBytes) {
    return std::nullopt;
  }
  return slash;
}

void append_record(std::string& out, std::string_view key,
                   std::string_view value) {
  // The length counts itself, so it may need one digit more than it first
  // seems.
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + fmt::formatted_size("{}", rest);
  length = rest + fmt::formatted_size("{}", length);
  out += fmt::format("{} {}=", length, key);
  out += value;
  out += '\n';
}

std::string pax_time(const Timestamp& time) {
  if (time.nanoseconds == 0) return fmt::format("{}", time.seconds);
  // Timestamps count nanoseconds forward from the second, also before 1970;
  // decimals count away from zero.
  std::int64_t seconds = time.seconds;
  std::uint32_t nanoseconds = time.nanoseconds;
  std::string text;
  if (seconds < 0) {
    seconds = -(seconds + 1);
    nanoseconds = 1'000'000'000 - nanoseconds;
    text = "-";
  }
  text += fmt::format("{}.{:09}", seconds, nanoseconds);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

char type_flag(EntryType type) {
  switch (type) {
    case EntryType::directory:
      return '5';
    case EntryType::symlink:
      return '2';
    case EntryType::hardlink:
      return '1';
    case EntryType::character:
      return '3';
    case EntryType::block:
      return '4';
    case EntryType::fifo:
      return '6';
    case EntryType::regular:
    case EntryType::whiteout:
      break;
  }
  return '0';
}

// A '=' would end the key; GNU tar's way to say it is taken.
std::string xattr_key(std::string_view name) {
  std::string key = "SCHILY.xattr.";
  for (const char c : name) {
    if (c == '=') {
      key += "%3D";
    } else {
      key += c;
    }
  }
  return key;
}

void put_number(std::array<char, 8>& field, std::string_view key,
                std::uint64_t value, Records& records) {
  if (value > kLargestOctal8) {
    records.emplace_back(key, fmt::format("{}", value));
    value = 0;
  }
  put_octal(field, value);
}

// What a reader without PAX would get to see of a name that only PAX can say.
void put_stand_in(std::array<char, kNameBytes>& field, std::string_view text) {
  put_text(field, text);
  for (char& c : field) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '_';
  }
}

void put_path(Header& header, std::string_view path, Records& records) {
  const auto split = is_ascii(path) ? find_split(path) : std::nullopt;
  if (!split) {
    records.emplace_back("path", path);
    put_stand_in(header.name, path);
    return;
  }
  if (*split > 0) {
    put_text(header.prefix, path.substr(0, *split));
    path.remove_prefix(*split + 1);
  }
  put_text(header.name, path);
}

void put_link(Header& header, std::string_view target, Records& records) {
  if (is_ascii(target) && target.size() <= kNameBytes) {
    put_text(header.link_name, target);
  } else {
    records.emplace_back("linkpath", target);
    // libarchive drops a PAX target where the header's own is empty.
    put_stand_in(header.link_name, target);
  }
}

void put_time(Header& header, const Timestamp& time, Records& records) {
  const bool fits = time.seconds >= 0 &&
                    static_cast<std::uint64_t>(time.seconds) <= kLargestOctal12;
  if (!fits || time.nanoseconds != 0) {
    records.emplace_back("mtime", pax_time(time));
  }
  put_octal(header.mtime, fits ? static_cast<std::uint64_t>(time.seconds) : 0);
}

void put_checksum(Header& header) {
  header.checksum.fill(' ');
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  unsigned sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) sum += bytes[i];
  const std::string text = fmt::format("{:06o}", sum);
  put_text(header.checksum, text);
  header.checksum[6] = '\0';
}

std::string_view as_bytes(const Header& header) {
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

Header empty_header() {
  Header header;
  std::memset(static_cast<void*>(&header), 0, sizeof header);
  put_text(header.magic, std::string_view("ustar\0", 6));
  put_text(header.version, "00");
  return header;
}

std::size_t padding_after(std::uint64_t size) {
  return static_cast<std::size_t>((kBlock - size % kBlock) % kBlock);
}

constexpr std::array<char, 2 * kBlock> kZeros{};

std::string_view zeros(std::size_t size) { return {kZeros.data(), size}; }

// The extended header that goes before the entry's own.
void emit_records(const Records& records, const ByteSink& sink) {
  std::string content;
  const bool is_text =
      std::all_of(records.begin(), records.end(), [](const auto& record) {
        return (record.first != "path" && record.first != "linkpath") ||
               is_utf8(record.second);
      });
  // Without it readers may take the names for UTF-8 and refuse or change them.
  if (!is_text) append_record(content, "hdrcharset", "BINARY");
  for (const auto& [key, value] : records) append_record(content, key, value);

  Header header = empty_header();
  put_text(header.name, "PaxHeaders/entry");
  put_octal(header.mode, 0644);
  put_octal(header.uid, 0);
  put_octal(header.gid, 0);
  put_octal(header.size, content.size());
  put_octal(header.mtime, 0);
  put_octal(header.device_major, 0);
  put_octal(header.device_minor, 0);
  header.type = 'x';
  put_checksum(header);
  sink(as_bytes(header));
  sink(content);
  if (const std::size_t padding = padding_after(content.size())) {
    sink(zeros(padding));
  }
}

std::string whiteout_path(std::string_view path) {
  const std::string_view parent = parent_path(path);
  return fmt::format("{}{}.wh.{}", parent, parent.empty() ? "" : "/",
                     base_name(path));
}

std::string tar_path(const Entry& entry) {
  if (entry.type == EntryType::whiteout) return whiteout_path(entry.path);
  if (entry.type == EntryType::directory) {
    return entry.path.empty() ? "./" : fmt::format("{}/", entry.path);
  }
  return entry.path;
}

}  // namespace

TarEncoder::TarEncoder(ByteSink sink) : sink_(std::move(sink)) {}

void TarEncoder::add(const Entry& entry) {
  end_content();
  Header header = empty_header();
  Records records;  // in this order, which is part of the format
  put_path(header, tar_path(entry), records);
  const bool is_link =
      entry.type == EntryType::symlink || entry.type == EntryType::hardlink;
  if (is_link) put_link(header, entry.link_target, records);
  const std::uint64_t size =
      entry.type == EntryType::regular ? entry.size_bytes : 0;
  if (size > kLargestOctal12) {
    records.emplace_back("size", fmt::format("{}", size));
  }
  put_octal(header.size, size > kLargestOctal12 ? 0 : size);
  put_octal(header.mode, entry.mode & 07777);
  put_number(header.uid, "uid", entry.owner.uid, records);
  put_number(header.gid, "gid", entry.owner.gid, records);
  put_time(header, entry.mtime, records);
  for (const auto& [name, value] : entry.xattrs) {
    records.emplace_back(xattr_key(name), value);
  }
  header.type = type_flag(entry.type);
  const bool is_device =
      entry.type == EntryType::character || entry.type == EntryType::block;
  put_octal(header.device_major, is_device ? entry.device_major : 0);
  put_octal(header.device_minor, is_device ? entry.device_minor : 0);
  put_checksum(header);
  if (!records.empty()) emit_records(records, sink_);
  sink_(as_bytes(header));
  missing_bytes_ = size;
  padding_bytes_ = padding_after(size);

  if (entry.opaque && entry.type == EntryType::directory) {
    Entry marker;
    marker.path = fmt::format("{}{}.wh..wh..opq", entry.path,
                              entry.path.empty() ? "" : "/");
    marker.owner = entry.owner;
    marker.mtime = entry.mtime;
    add(marker);
  }
}

void TarEncoder::write(std::string_view content) {
  if (content.size() > missing_bytes_) {
    throw base::Error(base::ErrorKind::invalid_input,
                      "a file has more bytes than its size says");
  }
  missing_bytes_ -= content.size();
  sink_(content);
}

void TarEncoder::end_content() {
  if (missing_bytes_ != 0) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("a file has {} bytes less than its size says",
                                  missing_bytes_));
  }
  if (padding_bytes_ != 0) {
    sink_(zeros(static_cast<std::size_t>(padding_bytes_)));
  }
  padding_bytes_ = 0;
}

void TarEncoder::finish() {
  end_content();
  sink_(zeros(2 * kBlock));
}

}  // namespace store
