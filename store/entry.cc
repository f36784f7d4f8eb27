#include "store/entry.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace store {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, sizeof value> bytes{};
  for (char& byte : bytes) {
    byte = static_cast<char>(value);
    value >>= 8U;
  }
  out.append(bytes.data(), bytes.size());
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out.append(text);
}

}  // namespace

bool path_less(std::string_view left, std::string_view right) noexcept {
  // Neighbours in a tree share most of their bytes: eight at a time.
  const std::size_t shared = std::min(left.size(), right.size());
  std::size_t at = 0;
  while (at + sizeof(std::uint64_t) <= shared &&
         std::memcmp(left.data() + at, right.data() + at,
                     sizeof(std::uint64_t)) == 0) {
    at += sizeof(std::uint64_t);
  }
  while (at < shared && left[at] == right[at]) ++at;
  if (at == shared) return left.size() < right.size();
  if (left[at] == '/') return true;
  if (right[at] == '/') return false;
  return static_cast<unsigned char>(left[at]) <
         static_cast<unsigned char>(right[at]);
}

void hash_stable(const Entry& entry, base::Hasher& hasher) {
  std::string fields;
  fields.reserve(entry.path.size() + entry.link_target.size() + 128);
  append_text(fields, entry.path);
  fields.push_back(static_cast<char>(entry.type));
  fields.push_back(entry.opaque ? '\1' : '\0');
  append_number(fields, entry.mode);
  append_number(fields, entry.owner.uid);
  append_number(fields, entry.owner.gid);
  append_number(fields, entry.device_major);
  append_number(fields, entry.device_minor);
  append_text(fields, entry.link_target);
  append_number(fields, entry.xattrs.size());
  for (const auto& [name, value] : entry.xattrs) {
    append_text(fields, name);
    append_text(fields, value);
  }
  const auto& content = entry.content.bytes();
  fields.append(reinterpret_cast<const char*>(content.data()), content.size());
  hasher.update(fields);
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty()) path += '/';
  return path.append(name);
}

bool is_below(std::string_view path, std::string_view directory) noexcept {
  if (directory.empty()) return !path.empty();
  return path.size() > directory.size() && path[directory.size()] == '/' &&
         path.starts_with(directory);
}

std::string_view base_name(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

std::string_view parent_path(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace store
