#include "cli/s3_cache_flags.h"

#include <fmt/format.h>

#include <cstdlib>

#include "parser/syntax_error.h"
#include "parser/values.h"

namespace cli {
namespace {

std::string word_or_variable(const FlagWords& words, const char* key,
                             const char* variable) {
  if (words.has(key)) return words.require(key);
  const char* const value = std::getenv(variable);
  if (value != nullptr && *value != '\0') return value;
  words.fail(fmt::format("there is no {}=", key),
             fmt::format("write it, or set {}", variable));
}

std::chrono::seconds read_duration(const FlagWords& words, const char* key) {
  try {
    return std::chrono::floor<std::chrono::seconds>(
        parser::parse_duration(words.require(key)));
  } catch (const parser::SyntaxError& error) {
    words.fail(fmt::format("{}: {}", key, error.message()), "write 24h");
  }
}

}  // namespace

builder::BucketOptions read_bucket(const FlagWords& words) {
  builder::BucketOptions bucket;
  bucket.settings.bucket = word_or_variable(words, "bucket", "AWS_BUCKET");
  bucket.settings.region = word_or_variable(words, "region", "AWS_REGION");
  bucket.settings.endpoint_url = words.get("endpoint_url");
  bucket.settings.uses_path_style = words.read_bool("use_path_style", false);
  bucket.given = {words.get("access_key_id"), words.get("secret_access_key"),
                  words.get("session_token")};
  bucket.prefix = words.get("prefix");
  if (words.has("blobs_prefix")) {
    bucket.blobs_prefix = words.get("blobs_prefix");
  }
  if (words.has("manifests_prefix")) {
    bucket.manifests_prefix = words.get("manifests_prefix");
  }
  if (words.has("name")) bucket.name = words.require("name");
  if (bucket.name.find(';') != std::string::npos) {
    words.fail("a cache has one name here", "write --cache-to once for each");
  }
  if (words.has("touch_refresh")) {
    bucket.touch_refresh = read_duration(words, "touch_refresh");
  }
  return bucket;
}

}  // namespace cli
