#include "cli/cache_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"
#include "cli/flag_words.h"
#include "cli/image_name.h"
#include "cli/output_option.h"
#include "cli/report.h"
#include "cli/s3_cache_flags.h"
#include "registry/reference.h"

namespace cli {
namespace {

constexpr std::array<std::string_view, 3> kSourceTypes = {"local", "registry",
                                                          "s3"};
constexpr std::array<std::string_view, 4> kTargetTypes = {"local", "registry",
                                                          "s3", "inline"};
constexpr std::array<std::string_view, 2> kLaterTypes = {"gha", "azblob"};
constexpr std::array<std::string_view, 4> kLocalSourceKeys = {"type", "src",
                                                              "tag", "digest"};
constexpr std::array<std::string_view, 3> kRegistrySourceKeys = {
    "type", "ref", "registry.insecure"};
constexpr std::array<std::string_view, 11> kRegistryKeys = {
    "type",
    "ref",
    "mode",
    "compression",
    "mounts",
    "ignore-error",
    "oci-mediatypes",
    "image-manifest",
    "compression-level",
    "force-compression",
    "registry.insecure"};
constexpr std::array<std::string_view, 11> kLocalKeys = {"type",
                                                         "dest",
                                                         "mode",
                                                         "compression",
                                                         "tag",
                                                         "mounts",
                                                         "ignore-error",
                                                         "oci-mediatypes",
                                                         "image-manifest",
                                                         "compression-level",
                                                         "force-compression"};
constexpr std::array<std::string_view, 2> kInlineKeys = {"type",
                                                         "ignore-error"};
constexpr std::array<std::string_view, 12> kBucketSourceKeys = {
    "type",
    "region",
    "bucket",
    "endpoint_url",
    "use_path_style",
    "prefix",
    "blobs_prefix",
    "manifests_prefix",
    "name",
    "access_key_id",
    "secret_access_key",
    "session_token"};
constexpr std::array<std::string_view, 19> kBucketTargetKeys = {
    "type",
    "region",
    "bucket",
    "endpoint_url",
    "use_path_style",
    "prefix",
    "blobs_prefix",
    "manifests_prefix",
    "name",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "touch_refresh",
    "upload_parallelism",
    "mode",
    "compression",
    "mounts",
    "ignore-error",
    "compression-level"};
constexpr std::array<std::string_view, 2> kModes = {"min", "max"};

constexpr std::string_view kSourceExample = "type=registry,ref=NAME";
constexpr std::string_view kTargetExample = "type=registry,ref=NAME";

[[noreturn]] void refuse_later(const FlagWords& words,
                               const std::string& type) {
  throw base::Error(
      base::ErrorKind::unsupported,
      fmt::format("{}: type={} is not supported yet", words.where(), type))
      .hint("type=registry, type=s3 and type=local keep a cache");
}

void check_type(const FlagWords& words, const std::string& type,
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

// In full. Throws: a usage error.
registry::Reference read_ref(const FlagWords& words) {
  const std::string ref = words.require("ref");
  try {
    return registry::parse_reference(ref);
  } catch (const base::Error& error) {
    words.fail(error.message());
  }
}

void read_local_source(const FlagWords& words, builder::CacheFrom& from) {
  words.require_known(kLocalSourceKeys);
  from.directory = words.require("src");
  if (words.has("tag") && words.has("digest")) {
    words.fail("it has a tag and a digest", "one of them says which");
  }
  from.reference = words.has("digest") ? words.get("digest") : words.get("tag");
  if (words.has("digest") && !base::Digest::find_in(from.reference)) {
    words.fail(fmt::format("\"{}\" is not a digest", from.reference),
               "write digest=sha256: and 64 digits");
  }
}

builder::CacheFrom read_source(const FlagWords& words) {
  builder::CacheFrom from;
  const std::string type = words.require("type");
  check_type(words, type, kSourceTypes);
  if (type == "registry") {
    words.require_known(kRegistrySourceKeys);
    from.kind = builder::CacheFrom::Kind::registry;
    from.reference = read_ref(words).full();
    from.is_insecure = words.read_bool("registry.insecure", false);
  } else if (type == "s3") {
    words.require_known(kBucketSourceKeys);
    from.kind = builder::CacheFrom::Kind::bucket;
    from.bucket = read_bucket(words);
  } else {
    read_local_source(words, from);
  }
  return from;
}

builder::CacheFrom read_source(const std::string& word) {
  if (word.empty()) throw usage_error("--cache-from wants a value");
  if (word.find('=') != std::string::npos) {
    return read_source(FlagWords("--cache-from", word, kSourceExample));
  }
  builder::CacheFrom from;
  from.kind = builder::CacheFrom::Kind::image;
  from.reference = word;
  read_image_name("--cache-from", word);  // says what is wrong with it
  return from;
}

// As distribution-spec's tags are, so that a cache can move into a repository.
void require_tag(const FlagWords& words, const std::string& tag) {
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

[[noreturn]] void refuse_wish(const FlagWords& words, std::string_view wish,
                              std::string_view why) {
  throw base::Error(base::ErrorKind::unsupported,
                    fmt::format("{}: {} is not supported", words.where(), wish))
      .hint(std::string(why));
}

// Docker's words for how it is written, where there is one way here.
void check_form(const FlagWords& words) {
  constexpr std::string_view kForm =
      "a cache is always an image manifest of OCI";
  if (!words.read_bool("oci-mediatypes", true)) {
    refuse_wish(words, "oci-mediatypes=false", kForm);
  }
  if (!words.read_bool("image-manifest", true)) {
    refuse_wish(words, "image-manifest=false", kForm);
  }
  if (words.has("compression-level")) {
    refuse_wish(words, "compression-level", "each compression has one level");
  }
  if (words.read_bool("force-compression", false)) {
    refuse_wish(words, "force-compression=true",
                "layers that are there, or came from another cache, stay as "
                "they are; export into an empty directory");
  }
}

void read_form(const FlagWords& words, builder::CacheTo& to) {
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
  check_form(words);
  for (const auto& [key, value] : words.fields()) {
    if (key != "mounts") continue;
    if (value == "all") {
      to.has_all_mounts = true;
    } else {
      to.mounts.push_back(value);
    }
  }
}

void read_local_target(const FlagWords& words, builder::CacheTo& to) {
  words.require_known(kLocalKeys);
  to.directory = words.require("dest");
  if (words.has("tag")) {
    to.tag = words.get("tag");
    require_tag(words, to.tag);
  }
  read_form(words, to);
}

void read_registry_target(const FlagWords& words, builder::CacheTo& to) {
  words.require_known(kRegistryKeys);
  to.kind = builder::CacheTo::Kind::registry;
  const registry::Reference reference = read_ref(words);
  to.reference = reference.full();
  if (reference.digest) {
    words.fail("a cache is written to a tag", "leave the digest out");
  }
  to.is_insecure = words.read_bool("registry.insecure", false);
  read_form(words, to);
}

void read_bucket_target(const FlagWords& words, builder::CacheTo& to) {
  words.require_known(kBucketTargetKeys);
  to.kind = builder::CacheTo::Kind::bucket;
  to.bucket = read_bucket(words);
  if (words.has("upload_parallelism")) {
    refuse_wish(words, "upload_parallelism", "leave it out");
  }
  read_form(words, to);
}

builder::CacheTo read_target(const FlagWords& words) {
  builder::CacheTo to;
  const std::string type = words.require("type");
  check_type(words, type, kTargetTypes);
  if (type == "inline") {
    words.require_known(kInlineKeys);
    to.kind = builder::CacheTo::Kind::in_image;
  } else if (type == "registry") {
    read_registry_target(words, to);
  } else if (type == "s3") {
    read_bucket_target(words, to);
  } else {
    read_local_target(words, to);
  }
  to.ignores_errors = words.read_bool("ignore-error", true);
  return to;
}

builder::CacheTo read_target(const std::string& word) {
  if (word.empty()) throw usage_error("--cache-to wants a value");
  const bool is_name = word.find('=') == std::string::npos && word != "inline";
  if (is_name) read_image_name("--cache-to", word);  // says what is wrong
  return read_target(FlagWords("--cache-to",
                               is_name            ? "type=registry,ref=" + word
                               : word == "inline" ? "type=inline"
                                                  : word,
                               kTargetExample));
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

bool is_cache_words(std::string_view text) { return text.starts_with("type="); }

builder::CacheFrom read_cache_place(std::string_view what,
                                    const std::string& word) {
  return read_source(FlagWords(what, word, kSourceExample));
}

builder::CacheTo read_cache_target(std::string_view what,
                                   const std::string& word) {
  const FlagWords words(what, word, kTargetExample);
  for (const char* key : {"mode", "ignore-error"}) {
    if (!words.has(key)) continue;
    words.fail(fmt::format("{}= is for builds", key),
               "--image says which records are written");
  }
  builder::CacheTo to = read_target(words);
  if (to.kind == builder::CacheTo::Kind::in_image) {
    words.fail("an image holds an inline cache",
               "build it with --cache-to type=inline");
  }
  return to;
}

}  // namespace cli
