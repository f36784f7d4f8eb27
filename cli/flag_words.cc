#include "cli/flag_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "cli/report.h"
#include "parser/ascii.h"
#include "parser/csv_record.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace cli {
namespace {

// The text up to a value that is nobody's business.
std::string without_secret(const std::string& text) {
  const std::string low = parser::to_lower(text);
  std::size_t end = text.size();
  for (const std::string_view key : {"secret_access_key=", "session_token="}) {
    const std::size_t at = low.find(key);
    if (at != std::string::npos) end = std::min(end, at + key.size());
  }
  return end == text.size() ? text : text.substr(0, end) + "***";
}

// The flag as written, without secrets.
std::string without_secrets(const std::string& word) {
  if (without_secret(word) == word) return word;
  try {
    std::string shown;
    for (const parser::CsvField& field : parser::read_csv_record(word)) {
      if (!shown.empty()) shown += ',';
      shown += without_secret(field.text);
    }
    return shown;
  } catch (const parser::SyntaxError&) {
    // Nobody knows where the value ends.
    return without_secret(word);
  }
}

}  // namespace

FlagWords::FlagWords(std::string_view flag, const std::string& word,
                     std::string_view example)
    : where_(fmt::format("{} {}", flag, without_secrets(word))),
      example_(fmt::format("write {}", example)) {
  try {
    for (const parser::CsvField& field : parser::read_csv_record(word)) {
      const std::size_t equals = field.text.find('=');
      if (equals == std::string::npos) {
        fail(fmt::format("\"{}\" has no value", field.text), example_);
      }
      fields_.emplace_back(
          parser::to_lower(std::string_view(field.text).substr(0, equals)),
          field.text.substr(equals + 1));
    }
  } catch (const parser::SyntaxError& error) {
    fail(error.message());
  }
}

bool FlagWords::has(std::string_view key) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const auto& field) { return field.first == key; });
}

std::string FlagWords::get(std::string_view key) const {
  const auto last =
      std::find_if(fields_.rbegin(), fields_.rend(),
                   [&](const auto& field) { return field.first == key; });
  return last == fields_.rend() ? std::string() : last->second;
}

std::string FlagWords::require(std::string_view key) const {
  std::string value = get(key);
  if (value.empty()) fail(fmt::format("there is no {}=", key), example_);
  return value;
}

bool FlagWords::read_bool(std::string_view key, bool otherwise) const {
  if (!has(key)) return otherwise;
  const std::string value = get(key);
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  fail(fmt::format("{} is true or false", key));
}

void FlagWords::require_known(std::span<const std::string_view> keys) const {
  for (const auto& [name, value] : fields_) {
    if (std::find(keys.begin(), keys.end(), name) == keys.end()) {
      fail_word("key", name, keys);
    }
    if (value.empty()) fail(fmt::format("{} wants a value", name));
  }
}

void FlagWords::fail(const std::string& what, const std::string& hint) const {
  throw usage_error(fmt::format("{}: {}", where_, what), hint);
}

void FlagWords::fail_word(std::string_view what, std::string_view word,
                          std::span<const std::string_view> known) const {
  const std::string near =
      parser::find_nearest(word, {known.begin(), known.end()});
  fail(fmt::format("unknown {} \"{}\"", what, word),
       near.empty() ? fmt::format("it is one of {}", fmt::join(known, ", "))
                    : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace cli
