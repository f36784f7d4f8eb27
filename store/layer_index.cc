#include "store/layer_index.h"

#include <fmt/format.h>
#include <isa-l/crc.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/file.h"

namespace store {
namespace {

constexpr std::string_view kMagic = "strakeLX";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 24;
// The fewest bytes an entry can take; bounds what a lying count can allocate.
constexpr std::size_t kSmallestEntry = 9;
constexpr std::uint8_t kOpaqueBit = 0x80;

// An attribute's node in its map; and what an allocator adds to a text.
constexpr std::uint64_t kXattrBytes = 112;

std::uint64_t memory_of(const Entry& entry) noexcept {
  std::uint64_t sum =
      sizeof(Entry) + entry.path.size() + entry.link_target.size();
  for (const auto& [name, value] : entry.xattrs) {
    sum += kXattrBytes + name.size() + value.size();
  }
  return sum;
}

base::Error corrupt(std::string_view what) {
  return base::Error(base::ErrorKind::corrupt,
                     fmt::format("layer index {}", what));
}

std::uint32_t checksum(std::string_view bytes) {
  return crc32_gzip_refl(
      0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

// How much more may be unpacked.
class Room {
 public:
  explicit Room(std::uint64_t bytes) : left_(bytes) {}
  void take(std::uint64_t bytes) {
    require(bytes);
    left_ -= bytes;
  }
  void require(std::uint64_t bytes) const {
    if (bytes > left_) throw corrupt("unpacks to more than it may");
  }

 private:
  std::uint64_t left_;
};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      byte(static_cast<std::uint8_t>(value | 0x80));
      value >>= 7;
    }
    byte(static_cast<std::uint8_t>(value));
  }
  void zigzag(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^
           static_cast<std::uint64_t>(value >> 63));
  }
  void text(std::string_view value) {
    varint(value.size());
    out_.append(value);
  }
  template <typename Integer>
  void fixed(Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
      byte(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  }

 private:
  std::string& out_;
};

// Every read is checked against the end, so that no bytes, however garbled,
// lead outside of them.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) throw corrupt("ends too early");
    const std::string_view bytes =
        rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(bytes.size());
    return bytes;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t part = byte();
      value |= static_cast<std::uint64_t>(part & 0x7F) << shift;
      if ((part & 0x80) == 0) return value;
    }
    throw corrupt("holds an endless number");
  }
  std::uint32_t varint32() {
    const std::uint64_t value = varint();
    if (value > UINT32_MAX) throw corrupt("holds a number that is too large");
    return static_cast<std::uint32_t>(value);
  }
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^
           -static_cast<std::int64_t>(value & 1);
  }
  std::string_view text() { return take(varint()); }
  template <typename Integer>
  Integer fixed() {
    Integer value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
      value |= static_cast<Integer>(static_cast<Integer>(byte()) << (8 * i));
    }
    return value;
  }
  std::size_t size() const noexcept { return rest_.size(); }

 private:
  std::string_view rest_;
};

void render_entry(const Entry& entry, std::string_view before, Writer& out) {
  const std::size_t shared = static_cast<std::size_t>(
      std::mismatch(before.begin(), before.end(), entry.path.begin(),
                    entry.path.end())
          .first -
      before.begin());
  out.varint(shared);
  out.text(std::string_view(entry.path).substr(shared));
  out.byte(static_cast<std::uint8_t>(static_cast<std::uint8_t>(entry.type) |
                                     (entry.opaque ? kOpaqueBit : 0)));
  out.varint(entry.mode);
  out.varint(entry.owner.uid);
  out.varint(entry.owner.gid);
  out.zigzag(entry.mtime.seconds);
  out.varint(entry.mtime.nanoseconds);
  out.varint(entry.xattrs.size());
  for (const auto& [name, value] : entry.xattrs) {
    out.text(name);
    out.text(value);
  }
  switch (entry.type) {
    case EntryType::regular:
      out.varint(entry.size_bytes);
      for (const std::uint8_t byte : entry.content.bytes()) out.byte(byte);
      break;
    case EntryType::symlink:
    case EntryType::hardlink:
      out.text(entry.link_target);
      break;
    case EntryType::character:
    case EntryType::block:
      out.varint(entry.device_major);
      out.varint(entry.device_minor);
      break;
    case EntryType::directory:
    case EntryType::fifo:
    case EntryType::whiteout:
      break;
  }
}

// What comes from a file is later joined to directories: only clean relative
// paths are let in.
bool is_clean(std::string_view path) {
  if (path.empty()) return true;
  while (true) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (part.empty() || part == "." || part == ".." ||
        part.find('\0') != part.npos) {
      return false;
    }
    if (end == path.size()) return true;
    path.remove_prefix(end + 1);
  }
}

void parse_kind(Reader& in, Entry& entry) {
  switch (entry.type) {
    case EntryType::regular: {
      entry.size_bytes = in.varint();
      base::Digest::Bytes digest{};
      const std::string_view bytes = in.take(digest.size());
      std::memcpy(digest.data(), bytes.data(), digest.size());
      entry.content = base::Digest(digest);
      return;
    }
    case EntryType::symlink:
      entry.link_target = in.text();
      return;
    case EntryType::hardlink:
      entry.link_target = in.text();
      if (!is_clean(entry.link_target)) throw corrupt("holds a wrong link");
      return;
    case EntryType::character:
    case EntryType::block:
      entry.device_major = in.varint32();
      entry.device_minor = in.varint32();
      return;
    case EntryType::directory:
    case EntryType::fifo:
    case EntryType::whiteout:
      return;
  }
  throw corrupt("holds an unknown type");
}

Entry parse_entry(Reader& in, std::string_view before, Room& room) {
  Entry entry;
  const std::uint64_t shared = in.varint();
  if (shared > before.size()) throw corrupt("holds a wrong path");
  const std::string_view rest = in.text();
  room.take(sizeof(Entry) + shared + rest.size());
  entry.path.reserve(static_cast<std::size_t>(shared) + rest.size());
  entry.path = before.substr(0, static_cast<std::size_t>(shared));
  entry.path += rest;
  if (!is_clean(entry.path)) throw corrupt("holds a wrong path");
  const std::uint8_t type = in.byte();
  entry.type = static_cast<EntryType>(type & ~kOpaqueBit);
  entry.opaque = (type & kOpaqueBit) != 0;
  entry.mode = in.varint32();
  entry.owner.uid = in.varint32();
  entry.owner.gid = in.varint32();
  entry.mtime.seconds = in.zigzag();
  entry.mtime.nanoseconds = in.varint32();
  for (std::uint64_t left = in.varint(); left > 0; --left) {
    std::string name(in.text());
    std::string value(in.text());
    room.take(kXattrBytes + name.size() + value.size());
    entry.xattrs.insert_or_assign(std::move(name), std::move(value));
  }
  parse_kind(in, entry);
  room.take(entry.link_target.size());
  return entry;
}

bool entry_less(const Entry& left, const Entry& right) {
  return path_less(left.path, right.path);
}

}  // namespace

LayerIndex::LayerIndex(std::vector<Entry> entries)
    : entries_(std::move(entries)) {
  const auto is_disorder = [](const Entry& a, const Entry& b) {
    return !entry_less(a, b);
  };
  if (std::adjacent_find(entries_.begin(), entries_.end(), is_disorder) ==
      entries_.end()) {
    return;  // sorted already, as most are, and each path once
  }
  std::sort(entries_.begin(), entries_.end(), entry_less);
  const auto twice = std::adjacent_find(
      entries_.begin(), entries_.end(),
      [](const Entry& a, const Entry& b) { return a.path == b.path; });
  if (twice != entries_.end()) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("a layer holds {} twice", twice->path));
  }
}

LayerIndex LayerIndex::read(const std::filesystem::path& file) {
  try {
    return parse(base::read_file(file));
  } catch (base::Error& error) {
    error.add_context(file.native());
    throw;
  }
}

LayerIndex LayerIndex::parse(std::string_view bytes,
                             std::uint64_t most_memory_bytes) {
  Reader header(bytes);
  if (bytes.size() < kHeaderBytes || header.take(8) != kMagic) {
    throw corrupt("has no header");
  }
  const auto version = header.fixed<std::uint32_t>();
  if (version != kVersion) {
    throw corrupt(fmt::format("has the unknown version {}", version));
  }
  const auto sum = header.fixed<std::uint32_t>();
  const auto size = header.fixed<std::uint64_t>();
  if (size != header.size()) throw corrupt("has the wrong length");
  const std::string_view body = header.take(size);
  if (checksum(body) != sum) throw corrupt("does not have its checksum");

  Reader in(body);
  const std::uint64_t count = in.varint();
  if (count > in.size() / kSmallestEntry) throw corrupt("counts too many");
  Room room(most_memory_bytes);
  room.require(count * sizeof(Entry));
  LayerIndex index;
  index.entries_.reserve(static_cast<std::size_t>(count));
  std::string_view before;
  for (std::uint64_t i = 0; i < count; ++i) {
    index.entries_.push_back(parse_entry(in, before, room));
    const std::string_view path = index.entries_.back().path;
    if (i > 0 && !path_less(before, path)) throw corrupt("is not sorted");
    before = path;
  }
  if (in.size() != 0) throw corrupt("goes on after its last entry");
  return index;
}

std::string LayerIndex::render() const {
  std::string body;
  body.reserve(entries_.size() * 96);
  Writer out(body);
  out.varint(entries_.size());
  std::string_view before;
  for (const Entry& entry : entries_) {
    render_entry(entry, before, out);
    before = entry.path;
  }
  std::string file(kMagic);
  file.reserve(kHeaderBytes + body.size());
  Writer header(file);
  header.fixed(kVersion);
  header.fixed(checksum(body));
  header.fixed(static_cast<std::uint64_t>(body.size()));
  return file += body;
}

const Entry* LayerIndex::find(std::string_view path) const noexcept {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), path,
                       [](const Entry& entry, std::string_view wanted) {
                         return path_less(entry.path, wanted);
                       });
  return found != entries_.end() && found->path == path ? &*found : nullptr;
}

std::span<const Entry> LayerIndex::below(
    std::string_view directory) const noexcept {
  auto first = entries_.begin();
  if (directory.empty()) {
    if (first != entries_.end() && first->path.empty()) ++first;
    return {first, entries_.end()};
  }
  const auto is_before = [directory](const Entry& entry) {
    return entry.path == directory || path_less(entry.path, directory);
  };
  first = std::partition_point(first, entries_.end(), is_before);
  const auto is_member = [directory](const Entry& entry) {
    return is_below(entry.path, directory);
  };
  return {first, std::partition_point(first, entries_.end(), is_member)};
}

base::Digest LayerIndex::stable_digest() const {
  base::Hasher hasher;
  for (const Entry& entry : entries_) hash_stable(entry, hasher);
  return hasher.finish();
}

std::uint64_t LayerIndex::file_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const Entry& entry : entries_) sum += entry.size_bytes;
  return sum;
}

std::uint64_t LayerIndex::memory_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const Entry& entry : entries_) sum += memory_of(entry);
  return sum;
}

}  // namespace store
