#include "cli/until_filter.h"

#include <fmt/format.h>
#include <time.h>

#include <optional>

#include "cli/report.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace cli {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

std::optional<sys_seconds> read_time(const std::string& text) {
  for (const char* format :
       {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"}) {
    struct tm time {};
    const char* end = ::strptime(text.c_str(), format, &time);
    if (end == nullptr || *end != '\0') continue;
    return sys_seconds(seconds(::timegm(&time)));
  }
  return std::nullopt;
}

std::optional<seconds> read_age(const std::string& text) {
  try {
    return std::chrono::floor<seconds>(parser::parse_duration(text));
  } catch (const parser::SyntaxError&) {
    return std::nullopt;
  }
}

}  // namespace

sys_seconds read_until(const std::string& filter, const std::string& value,
                       sys_seconds now) {
  if (const auto time = read_time(value)) return *time;
  const std::optional<seconds> age = read_age(value);
  if (!age) {
    throw usage_error(
        fmt::format("--filter \"{}\": wants a duration like 24h, or a time "
                    "like 2026-01-31",
                    filter),
        "units are h, m and s");
  }
  if (*age < seconds(0)) {
    throw usage_error(
        fmt::format("--filter \"{}\": that is in the future", filter),
        fmt::format("write the age without its sign: {}", value.substr(1)));
  }
  return now - *age;
}

}  // namespace cli
