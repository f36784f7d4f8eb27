// Durations, sizes and modes: numbers with a unit or a base of their own.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& what,
                         const std::string& hint) {
  throw SyntaxError(
      Range{{1, 1}, {1, static_cast<std::uint32_t>(text.size() + 1)}},
      quote_word(text) + " is not " + what, hint);
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// The longest unit that `text` starts with.
template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view text) {
  const Unit* best = nullptr;
  for (const Unit& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    if (best == nullptr || unit.name.size() > best->name.size()) best = &unit;
  }
  return best;
}

// `whole`.`fraction` times factor, rounded down; nullopt when it exceeds limit.
// A fraction's digits beyond the factor's precision change nothing.
std::optional<std::uint64_t> scale(std::string_view whole,
                                   std::string_view fraction,
                                   std::uint64_t factor, std::uint64_t limit) {
  std::uint64_t value = 0;
  for (const char c : whole) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (limit - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  if (value > limit / factor) return std::nullopt;
  value *= factor;
  std::uint64_t part = 0;
  std::uint64_t divisor = 1;
  for (const char c :
       fraction.substr(0, std::min<std::size_t>(fraction.size(), 17))) {
    part = part * 10 + static_cast<std::uint64_t>(c - '0');
    divisor *= 10;
  }
  const long double exact = static_cast<long double>(part) *
                            static_cast<long double>(factor) /
                            static_cast<long double>(divisor);
  const auto extra = static_cast<std::uint64_t>(exact);
  if (extra > limit - value) return std::nullopt;
  return value + extra;
}

struct Decimal {
  std::string_view whole;
  std::string_view fraction;
  bool empty() const noexcept { return whole.empty() && fraction.empty(); }
};

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

Decimal take_decimal(std::string_view& text) {
  Decimal decimal;
  decimal.whole = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimal.fraction = take_digits(text);
  }
  return decimal;
}

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view text) {
  static constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                                  {"us", 1'000},
                                                  {"\u00b5s", 1'000},
                                                  {"\u03bcs", 1'000},
                                                  {"ms", 1'000'000},
                                                  {"s", 1'000'000'000},
                                                  {"m", 60'000'000'000},
                                                  {"h", 3'600'000'000'000}}};
  constexpr auto kLimit =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::string hint = "write it as in 1h30m, 5s or 500ms";
  std::string_view rest = text;
  const bool is_negative = rest.starts_with('-');
  if (is_negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) refuse(text, "a duration", hint);
  std::uint64_t total = 0;
  while (!rest.empty()) {
    const Decimal number = take_decimal(rest);
    const Unit* unit = find_unit(kUnits, rest);
    if (number.empty() || unit == nullptr) refuse(text, "a duration", hint);
    rest.remove_prefix(unit->name.size());
    const std::optional<std::uint64_t> part =
        scale(number.whole, number.fraction, unit->factor, kLimit - total);
    if (!part) refuse(text, "a duration below 292 years", hint);
    total += *part;
  }
  const auto count = static_cast<std::int64_t>(total);
  return std::chrono::nanoseconds(is_negative ? -count : count);
}

std::uint64_t parse_size(std::string_view text) {
  static constexpr std::array<Unit, 6> kUnits = {{{"k", 1ULL << 10},
                                                  {"m", 1ULL << 20},
                                                  {"g", 1ULL << 30},
                                                  {"t", 1ULL << 40},
                                                  {"p", 1ULL << 50},
                                                  {"e", 1ULL << 60}}};
  const std::string hint = "write it as in 512, 64m or 1.5g";
  const std::string lower = to_lower(text);
  std::string_view rest = lower;
  const Decimal number = take_decimal(rest);
  if (number.whole.empty()) refuse(text, "a size", hint);
  rest = trim_blanks(rest);
  std::uint64_t factor = 1;
  if (const Unit* unit = find_unit(kUnits, rest)) {
    factor = unit->factor;
    rest.remove_prefix(1);
    if (rest.starts_with("ib")) rest.remove_prefix(1);
  }
  if (rest == "b") rest = {};
  if (!rest.empty()) refuse(text, "a size", hint);
  const std::optional<std::uint64_t> size =
      scale(number.whole, number.fraction, factor,
            std::numeric_limits<std::uint64_t>::max());
  if (!size) refuse(text, "a size below 16 EiB", hint);
  return *size;
}

std::uint32_t parse_octal_mode(std::string_view text) {
  std::uint32_t mode = 0;
  for (const char c : text) {
    if (c < '0' || c > '7' || mode > 07777) {
      refuse(text, "an octal mode", "write it as in 755 or 0644, up to 7777");
    }
    mode = mode * 8 + static_cast<std::uint32_t>(c - '0');
  }
  if (text.empty() || mode > 07777) {
    refuse(text, "an octal mode", "write it as in 755 or 0644, up to 7777");
  }
  return mode;
}

}  // namespace parser
