#include "cli/limit_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>

#include "cli/report.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace cli {
namespace {

constexpr std::array<std::string_view, 15> kNames = {
    "core",    "cpu",      "data",   "fsize",      "locks",
    "memlock", "msgqueue", "nice",   "nofile",     "nproc",
    "rss",     "rtprio",   "rttime", "sigpending", "stack"};

std::optional<std::uint64_t> find_limit(std::string_view text) {
  if (text == "-1" || text == "unlimited") return RLIM_INFINITY;
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::string map_case(std::string text, int (*map)(int)) {
  for (char& c : text) {
    c = static_cast<char>(map(static_cast<unsigned char>(c)));
  }
  return text;
}

}  // namespace

std::int64_t parse_bytes(std::string_view flag, const std::string& text) {
  constexpr auto kMax =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 2);
  std::uint64_t bytes = 0;
  try {
    bytes = parser::parse_size(text);
  } catch (const parser::SyntaxError& error) {
    throw usage_error(fmt::format("{} {}: {}", flag, text, error.what()),
                      "write it as in 512m or 1.5g");
  }
  if (bytes > kMax) {
    throw usage_error(
        fmt::format("{} {}: that is more than there is", flag, text));
  }
  return static_cast<std::int64_t>(bytes);
}

// tmpfs takes a size of 0 for none at all.
std::uint64_t read_shm_size(const std::string& text) {
  const std::int64_t bytes = parse_bytes("--shm-size", text);
  if (bytes == 0) {
    throw usage_error("--shm-size 0: it has to be above 0",
                      "without the flag it is 64m");
  }
  return static_cast<std::uint64_t>(bytes);
}

void add_ulimit(const std::string& word, std::vector<runtime::Rlimit>& limits) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string name = map_case(word.substr(0, equals), ::tolower);
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
    const std::string near =
        parser::find_nearest(name, {kNames.begin(), kNames.end()});
    throw usage_error(
        fmt::format("--ulimit {}: unknown limit \"{}\"", word, name),
        near.empty() ? fmt::format("it is one of {}", fmt::join(kNames, ", "))
                     : fmt::format("did you mean \"{}\"?", near));
  }
  const std::string values =
      equals == word.size() ? "" : word.substr(equals + 1);
  const std::size_t colon = std::min(values.find(':'), values.size());
  const auto soft = find_limit(values.substr(0, colon));
  const auto hard =
      colon == values.size() ? soft : find_limit(values.substr(colon + 1));
  if (!soft || !hard) {
    throw usage_error(fmt::format("--ulimit {}: want NAME=SOFT[:HARD]", word),
                      "each a number, or -1 for no limit");
  }
  if (*soft > *hard) {
    throw usage_error(
        fmt::format("--ulimit {}: the soft limit is above the hard one", word));
  }
  const std::string type = "RLIMIT_" + map_case(name, ::toupper);
  std::erase_if(limits, [&](const auto& limit) { return limit.type == type; });
  limits.push_back({type, *soft, *hard});
}

}  // namespace cli
