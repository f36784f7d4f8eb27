#include "cli/cache_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"
#include "cli/image_name.h"
#include "cli/output_option.h"
#include "cli/report.h"
#include "parser/csv_record.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace cli {
namespace {

constexpr std::array<std::string_view, 2> kTargetTypes = {"local", "inline"};
constexpr std::array<std::string_view, 4> kLaterTypes = {"registry", "gha",
                                                         "s3", "azblob"};
constexpr std::array<std::string_view, 4> kSourceKeys = {"type", "src", "tag",
                                                         "digest"};
constexpr std::array<std::string_view, 8> kLocalKeys = {
    "type", "dest",   "mode",         "compression",
    "tag",  "mounts", "ignore-error", "oci-mediatypes"};
constexpr std::array<std::string_view, 2> kInlineKeys = {"type",
                                                         "ignore-error"};
constexpr std::array<std::string_view, 2> kModes = {"min", "max"};

// What one flag was given: its keys in order, and the words for messages.
class CacheWords {
 public:
  CacheWords(std::string_view flag, const std::string& word)
      : where_(fmt::format("{} {}", flag, word)) {
    try {
      for (const parser::CsvField& field : parser::read_csv_record(word)) {
        const std::size_t equals = field.text.find('=');
        if (equals == std::string::npos) {
          fail(fmt::format("\"{}\" has no value", field.text),
               "write type=local,src=DIR");
        }
        fields_.emplace_back(field.text.substr(0, equals),
                             field.text.substr(equals + 1));
      }
    } catch (const parser::SyntaxError& error) {
      fail(error.message(), {});
    }
  }

  std::string get(std::string_view key) const {
    for (const auto& [name, value] : fields_) {
      if (name == key) return value;
    }
    return {};
  }
  bool has(std::string_view key) const {
    return std::any_of(fields_.begin(), fields_.end(),
                       [&](const auto& field) { return field.first == key; });
  }
  const auto& fields() const { return fields_; }
  const std::string& where() const { return where_; }

  void require_known(std::span<const std::string_view> keys) const {
    for (const auto& [name, value] : fields_) {
      if (std::find(keys.begin(), keys.end(), name) == keys.end()) {
        fail_word("key", name, keys);
      }
      if (value.empty()) fail(fmt::format("{} wants a value", name), {});
    }
  }
  std::string require(std::string_view key, std::string_view example) const {
    const std::string value = get(key);
    if (value.empty()) {
      fail(fmt::format("there is no {}=", key), std::string(example));
    }
    return value;
  }
  bool read_bool(std::string_view key, bool otherwise) const {
    if (!has(key)) return otherwise;
    const std::string value = get(key);
    if (value == "true" || value == "1") return true;
    if (value == "false" || value == "0") return false;
    fail(fmt::format("{} is true or false", key), {});
  }

  [[noreturn]] void fail(const std::string& what,
                         const std::string& hint) const {
    throw usage_error(fmt::format("{}: {}", where_, what), hint);
  }
  [[noreturn]] void fail_word(std::string_view what, std::string_view word,
                              std::span<const std::string_view> known) const {
    const std::string near =
        parser::find_nearest(word, {known.begin(), known.end()});
    fail(fmt::format("unknown {} \"{}\"", what, word),
         near.empty() ? fmt::format("it is one of {}", fmt::join(known, ", "))
                      : fmt::format("did you mean \"{}\"?", near));
  }

 private:
  std::string where_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

[[noreturn]] void refuse_later(const CacheWords& words,
                               const std::string& type) {
  throw base::Error(
      base::ErrorKind::unsupported,
      fmt::format("{}: type={} is not supported yet", words.where(), type))
      .hint("type=local keeps a cache in a directory");
}

void check_type(const CacheWords& words, const std::string& type,
                std::span<const std::string_view> known) {
  if (std::find(known.begin(), known.end(), type) != known.end()) return;
  if (std::find(kLaterTypes.begin(), kLaterTypes.end(), type) !=
      kLaterTypes.end()) {
    refuse_later(words, type);
  }
  std::vector<std::string_view> all(known.begin(), known.end());
  all.insert(all.end(), kLaterTypes.begin(), kLaterTypes.end());
  words.fail_word("type", type, all);
}

builder::CacheFrom read_source(const std::string& word) {
  if (word.empty()) throw usage_error("--cache-from wants a value");
  builder::CacheFrom from;
  if (word.find('=') == std::string::npos) {
    from.kind = builder::CacheFrom::Kind::image;
    from.reference = word;
    read_image_name("--cache-from", word);  // says what is wrong with it
    return from;
  }
  const CacheWords words("--cache-from", word);
  check_type(words, words.require("type", "write type=local,src=DIR"),
             std::array<std::string_view, 1>{"local"});
  words.require_known(kSourceKeys);
  from.directory = words.require("src", "write type=local,src=DIR");
  if (words.has("tag") && words.has("digest")) {
    words.fail("it has a tag and a digest", "one of them says which");
  }
  from.reference = words.has("digest") ? words.get("digest") : words.get("tag");
  if (words.has("digest") && !base::Digest::find_in(from.reference)) {
    words.fail(fmt::format("\"{}\" is not a digest", from.reference),
               "write digest=sha256: and 64 digits");
  }
  return from;
}

// As distribution-spec's tags are, so that a cache can move into a repository.
void require_tag(const CacheWords& words, const std::string& tag) {
  constexpr std::string_view kKnown =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  constexpr std::size_t kMostCharacters = 128;
  if (tag.size() <= kMostCharacters && tag.front() != '.' &&
      tag.front() != '-' &&
      tag.find_first_not_of(kKnown) == std::string::npos) {
    return;
  }
  words.fail(fmt::format("\"{}\" cannot be a tag", tag),
             "a tag has at most 128 letters, digits, \"_\", \".\" and \"-\"");
}

void read_local_target(const CacheWords& words, builder::CacheTo& to) {
  words.require_known(kLocalKeys);
  to.directory = words.require("dest", "write type=local,dest=DIR");
  if (words.has("tag")) {
    to.tag = words.get("tag");
    require_tag(words, to.tag);
  }
  if (words.has("mode")) {
    const std::string mode = words.get("mode");
    if (std::find(kModes.begin(), kModes.end(), mode) == kModes.end()) {
      words.fail_word("mode", mode, kModes);
    }
    if (mode == "max") to.mode = builder::CacheMode::max;
  }
  if (words.has("compression")) {
    to.compression = read_compression(words.get("compression"), words.where());
  }
  if (!words.read_bool("oci-mediatypes", true)) {
    words.fail("oci-mediatypes=false is not supported",
               "a cache is always an OCI image layout");
  }
  for (const auto& [key, value] : words.fields()) {
    if (key != "mounts") continue;
    if (value == "all") {
      to.has_all_mounts = true;
    } else {
      to.mounts.push_back(value);
    }
  }
}

builder::CacheTo read_target(const std::string& word) {
  if (word.empty()) throw usage_error("--cache-to wants a value");
  if (word.find('=') == std::string::npos && word != "inline") {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("--cache-to {}: a cache in a registry is not "
                                  "supported yet",
                                  word))
        .hint("type=local,dest=DIR keeps one in a directory");
  }
  const CacheWords words("--cache-to", word == "inline" ? "type=inline" : word);
  builder::CacheTo to;
  const std::string type = words.require("type", "write type=local,dest=DIR");
  check_type(words, type, kTargetTypes);
  if (type == "inline") {
    words.require_known(kInlineKeys);
    to.kind = builder::CacheTo::Kind::inline_;
  } else {
    read_local_target(words, to);
  }
  to.ignores_errors = words.read_bool("ignore-error", true);
  return to;
}

}  // namespace

std::vector<builder::CacheFrom> read_cache_from(
    const std::vector<std::string>& words) {
  std::vector<builder::CacheFrom> sources;
  for (const std::string& word : words) sources.push_back(read_source(word));
  return sources;
}

std::vector<builder::CacheTo> read_cache_to(
    const std::vector<std::string>& words) {
  std::vector<builder::CacheTo> targets;
  for (const std::string& word : words) targets.push_back(read_target(word));
  return targets;
}

}  // namespace cli
