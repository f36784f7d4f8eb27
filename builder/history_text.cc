#include "builder/history_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "parser/code_points.h"

namespace builder {
namespace {

struct Interval {
  char32_t first;
  char32_t last;
};

// What Go's unicode.IsPrint leaves out of the assigned characters: controls,
// spaces other than the ASCII one, format characters, private use.
constexpr std::array kHidden = {
    Interval{0x7f, 0xa0},       Interval{0xad, 0xad},
    Interval{0x600, 0x605},     Interval{0x61c, 0x61c},
    Interval{0x6dd, 0x6dd},     Interval{0x70f, 0x70f},
    Interval{0x890, 0x891},     Interval{0x8e2, 0x8e2},
    Interval{0x1680, 0x1680},   Interval{0x180e, 0x180e},
    Interval{0x2000, 0x200f},   Interval{0x2028, 0x202f},
    Interval{0x205f, 0x206f},   Interval{0x3000, 0x3000},
    Interval{0xe000, 0xf8ff},   Interval{0xfeff, 0xfeff},
    Interval{0xfff0, 0xfffb},   Interval{0xfffe, 0xffff},
    Interval{0xe0000, 0xe00ff}, Interval{0xe01f0, 0x10ffff},
};

bool is_shown(char32_t value) {
  return value >= 0x20 &&
         std::none_of(kHidden.begin(), kHidden.end(), [value](Interval hidden) {
           return hidden.first <= value && value <= hidden.last;
         });
}

void append_escaped(char32_t value, std::string& out) {
  constexpr std::string_view kNamed = "\a\b\t\n\v\f\r";
  constexpr std::string_view kLetters = "abtnvfr";
  constexpr char32_t kStrayByte = 0xdc00;
  const auto number = static_cast<std::uint32_t>(value);
  if (value >= kStrayByte && value <= kStrayByte + 0xff) {
    out += fmt::format("\\x{:02x}", number - kStrayByte);
  } else if (const std::size_t named =
                 value == 0 || value > 0x7f
                     ? std::string_view::npos
                     : kNamed.find(static_cast<char>(value));
             named != std::string_view::npos) {
    out += '\\';
    out += kLetters[named];
  } else if (value <= 0x7f) {
    out += fmt::format("\\x{:02x}", number);
  } else if (value <= 0xffff) {
    out += fmt::format("\\u{:04x}", number);
  } else {
    out += fmt::format("\\U{:08x}", number);
  }
}

void append_quoted(std::string_view word, std::string& out) {
  out += '"';
  const auto points = parser::read_code_points(word);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const char32_t value = points[i].value;
    const std::size_t end =
        i + 1 < points.size() ? points[i + 1].offset : word.size();
    const bool is_stray = value >= 0xdc00 && value <= 0xdcff;
    if (is_stray || !is_shown(value)) {
      append_escaped(value, out);
      continue;
    }
    if (value == U'"' || value == U'\\') out += '\\';
    out += word.substr(points[i].offset, end - points[i].offset);
  }
  out += '"';
}

// "5m0s", "1.5s", "0s".
std::string render_duration(std::chrono::nanoseconds length) {
  using namespace std::chrono;
  using Milliseconds = duration<double, std::milli>;
  using Seconds = duration<double>;
  if (length == nanoseconds::zero()) return "0s";
  if (length < seconds(1)) {
    return fmt::format("{}ms", Milliseconds(length).count());
  }
  const auto h = duration_cast<hours>(length);
  const auto m = duration_cast<minutes>(length - h);
  std::string out;
  if (h.count() > 0) out += fmt::format("{}h", h.count());
  if (h.count() > 0 || m.count() > 0) out += fmt::format("{}m", m.count());
  return out + fmt::format("{}s", Seconds(length - h - m).count());
}

}  // namespace

std::string render_command(std::string_view keyword,
                           const std::vector<std::string>& words) {
  std::string out = fmt::format("{} [", keyword);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += ' ';
    append_quoted(words[i], out);
  }
  return out + ']';
}

std::string render_pairs(
    std::string_view keyword,
    const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out(keyword);
  for (const auto& [key, value] : pairs) {
    out += fmt::format(" {}={}", key, value);
  }
  return out;
}

std::string render_list(std::string_view keyword,
                        const std::vector<std::string>& words) {
  return fmt::format("{} [{}]", keyword, fmt::join(words, " "));
}

std::string render_healthcheck(const store::Healthcheck& check) {
  return fmt::format(
      "HEALTHCHECK {{Test:[{}] Interval:{} Timeout:{} StartPeriod:{} "
      "StartInterval:{} Retries:{}}}",
      fmt::join(check.test, " "), render_duration(check.interval),
      render_duration(check.timeout), render_duration(check.start_period),
      render_duration(check.start_interval), check.retries);
}

}  // namespace builder
