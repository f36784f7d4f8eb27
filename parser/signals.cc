// Signal names by number, as Linux has them on x86-64 and arm64. A table of our
// own: an image's STOPSIGNAL must not depend on the machine that reads it.
#include <array>
#include <charconv>
#include <optional>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

struct Signal {
  std::string_view name;
  int number;
};

constexpr int kRealTimeMin = 34;
constexpr int kRealTimeMax = 64;

constexpr std::array<Signal, 37> kSignals = {{
    {"HUP", 1},
    {"INT", 2},
    {"QUIT", 3},
    {"ILL", 4},
    {"TRAP", 5},
    {"ABRT", 6},
    {"IOT", 6},
    {"BUS", 7},
    {"FPE", 8},
    {"KILL", 9},
    {"USR1", 10},
    {"SEGV", 11},
    {"USR2", 12},
    {"PIPE", 13},
    {"ALRM", 14},
    {"TERM", 15},
    {"STKFLT", 16},
    {"CHLD", 17},
    {"CLD", 17},
    {"CONT", 18},
    {"STOP", 19},
    {"TSTP", 20},
    {"TTIN", 21},
    {"TTOU", 22},
    {"URG", 23},
    {"XCPU", 24},
    {"XFSZ", 25},
    {"VTALRM", 26},
    {"PROF", 27},
    {"WINCH", 28},
    {"IO", 29},
    {"POLL", 29},
    {"PWR", 30},
    {"SYS", 31},
    {"UNUSED", 31},
    {"RTMIN", kRealTimeMin},
    {"RTMAX", kRealTimeMax},
}};

std::optional<int> read_number(std::string_view text) {
  int value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

// "RTMIN+3" and "RTMAX-2".
std::optional<int> read_real_time(std::string_view name) {
  const bool from_min = name.starts_with("RTMIN+");
  if (!from_min && !name.starts_with("RTMAX-")) return std::nullopt;
  const std::optional<int> offset = read_number(name.substr(6));
  if (!offset || *offset > kRealTimeMax - kRealTimeMin) return std::nullopt;
  return from_min ? kRealTimeMin + *offset : kRealTimeMax - *offset;
}

}  // namespace

int parse_signal(std::string_view text) {
  if (const std::optional<int> number = read_number(text)) {
    if (*number > 0) return *number;
  }
  std::string name = to_upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  std::vector<std::string_view> names;
  for (const Signal& signal : kSignals) {
    if (signal.name == name) return signal.number;
    names.push_back(signal.name);
  }
  if (const std::optional<int> number = read_real_time(name)) return *number;
  const std::string nearest = find_nearest(name, names);
  throw SyntaxError(
      Range{{1, 1}, {1, static_cast<std::uint32_t>(text.size() + 1)}},
      "unknown signal " + quote_word(text),
      nearest.empty() ? "write a name as in SIGTERM, or its number"
                      : "did you mean \"SIG" + nearest + "\"?");
}

}  // namespace parser
