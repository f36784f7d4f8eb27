#include "parser/mount_option.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "parser/ascii.h"
#include "parser/csv_record.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

constexpr std::array<std::string_view, 5> kTypes = {"bind", "cache", "tmpfs",
                                                    "secret", "ssh"};

struct Key {
  std::string_view written;
  std::string_view means;
};
constexpr std::array<Key, 17> kKeys = {{{"type", "type"},
                                        {"target", "target"},
                                        {"dst", "target"},
                                        {"destination", "target"},
                                        {"source", "source"},
                                        {"src", "source"},
                                        {"from", "from"},
                                        {"id", "id"},
                                        {"env", "env"},
                                        {"readonly", "readonly"},
                                        {"ro", "readonly"},
                                        {"readwrite", "readwrite"},
                                        {"rw", "readwrite"},
                                        {"required", "required"},
                                        {"sharing", "sharing"},
                                        {"mode", "mode"},
                                        {"size", "size"}}};
constexpr std::array<std::string_view, 2> kOwnerKeys = {"uid", "gid"};

struct Field {
  std::string_view key;  // by its full name
  std::optional<std::string> value;
  Range range;
};

template <typename Names>
std::string find_hint(std::string_view word, const Names& names) {
  const std::string nearest = find_nearest(
      word, std::vector<std::string_view>(names.begin(), names.end()));
  if (!nearest.empty()) return "did you mean \"" + nearest + "\"?";
  std::string list = "known are";
  for (const std::string_view name : names) {
    list += list.back() == 'e' && list.size() == 9 ? " " : ", ";
    list += name;
  }
  return list;
}

std::string_view find_key(const std::string& key, const Range& range) {
  for (const Key& known : kKeys) {
    if (known.written == key) return known.means;
  }
  std::vector<std::string_view> names;
  for (const Key& known : kKeys) names.push_back(known.written);
  for (const std::string_view owner : kOwnerKeys) {
    if (owner == key) return owner;
    names.push_back(owner);
  }
  throw SyntaxError(range, "unknown mount key " + quote_word(key),
                    find_hint(key, names));
}

Field read_field(const CsvField& csv) {
  Field field;
  field.range = Range{{1, static_cast<std::uint32_t>(csv.begin + 1)},
                      {1, static_cast<std::uint32_t>(csv.end + 1)}};
  if (csv.text.empty()) {
    throw SyntaxError(field.range, "mount option has nothing behind a comma",
                      "write no blank behind commas, and none at the end");
  }
  const std::size_t equals = csv.text.find('=');
  field.key = find_key(to_lower(csv.text.substr(0, equals)), field.range);
  if (equals != std::string::npos) {
    field.value = csv.text.substr(equals + 1);
  } else if (field.key != "readonly" && field.key != "readwrite" &&
             field.key != "required") {
    throw SyntaxError(field.range,
                      "mount key " + quote_word(csv.text) + " has no value",
                      "write " + csv.text + "=…");
  }
  return field;
}

[[noreturn]] void refuse_value(const Field& field, const std::string& what) {
  throw SyntaxError(field.range, "mount key \"" + std::string(field.key) +
                                     "\" is " + what + ", not " +
                                     quote_word(field.value.value_or("")));
}

bool read_bool(const Field& field) {
  if (!field.value) return true;
  const std::string value = to_lower(*field.value);
  if (value == "1" || value == "t" || value == "true") return true;
  if (value == "0" || value == "f" || value == "false") return false;
  refuse_value(field, "true or false");
}

std::uint32_t read_number(const Field& field, int base) {
  std::uint32_t number = 0;
  const std::string& value = *field.value;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number, base);
  if (value.empty() || stop != end || error != std::errc()) {
    refuse_value(field, base == 8 ? "an octal mode" : "a number");
  }
  return number;
}

MountType read_type(const Field& field) {
  const std::string type = to_lower(*field.value);
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i] == type) return static_cast<MountType>(i);
  }
  throw SyntaxError(field.range, "unknown mount type " + quote_word(type),
                    find_hint(type, kTypes));
}

CacheSharing read_sharing(const Field& field) {
  const std::string sharing = to_lower(*field.value);
  if (sharing == "shared") return CacheSharing::shared;
  if (sharing == "private") return CacheSharing::exclusive;
  if (sharing == "locked") return CacheSharing::locked;
  refuse_value(field, "shared, private or locked");
}

// The keys that a type refuses; what it merely has no use for passes.
std::vector<std::string_view> find_refused_keys(MountType type) {
  switch (type) {
    case MountType::bind:
      return {"mode", "uid", "gid", "size", "sharing", "required"};
    case MountType::cache:
      return {"required"};
    case MountType::tmpfs:
      return {"mode", "uid", "gid", "sharing", "required"};
    case MountType::secret:
      return {"from", "sharing"};
    case MountType::ssh:
      return {"source"};
  }
  return {};
}

void apply(const Field& field, MountOption& option) {
  if (field.key == "target") option.target = field.value;
  if (field.key == "source") option.source = field.value;
  if (field.key == "from") option.from = field.value;
  if (field.key == "id") option.id = field.value;
  if (field.key == "env") option.env = field.value;
  if (field.key == "readonly") option.read_only = read_bool(field);
  if (field.key == "readwrite") option.read_only = !read_bool(field);
  if (field.key == "required") option.required = read_bool(field);
  if (field.key == "sharing") option.sharing = read_sharing(field);
  if (field.key == "mode") option.mode = read_number(field, 8);
  if (field.key == "uid") option.uid = read_number(field, 10);
  if (field.key == "gid") option.gid = read_number(field, 10);
  if (field.key == "size") {
    try {
      option.size_bytes = parse_size(*field.value);
    } catch (const SyntaxError& error) {
      throw error.at(field.range);
    }
  }
}

// "/", however it is spelled.
bool is_root(std::string_view path) {
  return path.starts_with('/') &&
         path.find_first_not_of("/.") == std::string_view::npos &&
         path.find("...") == std::string_view::npos;
}

void check_whole(const Range& whole, MountOption& option) {
  const bool has_file_system = option.type == MountType::bind ||
                               option.type == MountType::cache ||
                               option.type == MountType::tmpfs;
  if (has_file_system && option.target && is_root(*option.target)) {
    throw SyntaxError(whole, "mount target \"/\" would hide the whole image",
                      "mount on a directory below it");
  }
  if (option.type != MountType::secret) return;
  if (option.id && option.source) {
    throw SyntaxError(whole, "secret mount has both \"id\" and \"source\"",
                      "they mean the same: keep \"id\"");
  }
  if (!option.id && !option.source && !option.target) {
    throw SyntaxError(whole, "secret mount names no secret",
                      "add id=… as given to --secret");
  }
  if (option.source) option.id = std::exchange(option.source, std::nullopt);
}

}  // namespace

MountOption parse_mount_option(std::string_view value) {
  std::vector<Field> fields;
  for (const CsvField& csv : read_csv_record(value)) {
    fields.push_back(read_field(csv));
  }
  MountOption option;
  for (const Field& field : fields) {
    if (field.key == "type") option.type = read_type(field);
  }
  option.read_only =
      option.type != MountType::cache && option.type != MountType::tmpfs;
  const std::vector<std::string_view> refused = find_refused_keys(option.type);
  for (const Field& field : fields) {
    if (std::find(refused.begin(), refused.end(), field.key) != refused.end()) {
      throw SyntaxError(
          field.range,
          "mount key \"" + std::string(field.key) + "\" is not for type " +
              std::string(kTypes[static_cast<std::size_t>(option.type)]));
    }
    apply(field, option);
  }
  check_whole(Range{{1, 1}, {1, static_cast<std::uint32_t>(value.size() + 1)}},
              option);
  return option;
}

}  // namespace parser
