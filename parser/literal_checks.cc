#include "parser/literal_checks.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "parser/ascii.h"
#include "parser/csv_record.h"
#include "parser/mount_option.h"
#include "parser/syntax_error.h"
#include "parser/url.h"
#include "parser/values.h"

namespace parser {

namespace {

constexpr std::string_view kAliasHint =
    "name a stage FROM image AS alias and use the alias here";

bool is_plain(std::string_view text, char escape) {
  return text.find_first_of("$'\"") == std::string_view::npos &&
         text.find(escape) == std::string_view::npos;
}

// Runs a check and lets its complaint point to where the text stands.
template <typename Check>
void check_at(const Range& range, const Check& check) {
  try {
    check();
  } catch (const SyntaxError& error) {
    throw error.at(range);
  }
}

// Where a part of a flag's value stands, which was counted from the value's
// start; the whole flag, unless it is written just as it reads.
Range find_part(const Flag& flag, const Range& part) {
  const Range& whole = flag.range;
  const bool is_verbatim =
      flag.text == "--" + flag.name + "=" + *flag.value &&
      whole.start.line == whole.end.line &&
      whole.end.column - whole.start.column == flag.text.size();
  if (!is_verbatim) return whole;
  const auto before = static_cast<std::uint32_t>(flag.name.size() + 3);
  const auto move = [&](const Position& at) {
    const std::uint32_t column = whole.start.column + before + at.column - 1;
    return Position{whole.start.line, std::min(column, whole.end.column)};
  };
  return Range{move(part.start), move(part.end)};
}

void check_choice(const Flag& flag,
                  std::initializer_list<std::string_view> choices) {
  std::string list;
  for (const std::string_view choice : choices) {
    if (flag.value == choice) return;
    list += list.empty() ? "" : ", ";
    list += choice;
  }
  const std::string nearest = find_nearest(*flag.value, choices);
  throw SyntaxError(flag.range,
                    "unknown value " + quote_word(*flag.value) + " of \"--" +
                        flag.name + "\"",
                    nearest.empty() ? "it is one of " + list
                                    : "did you mean \"" + nearest + "\"?");
}

void check_mount(const Flag& flag, char escape) {
  try {
    for (const CsvField& field : read_csv_record(*flag.value)) {
      const std::size_t equals = field.text.find('=');
      if (equals == std::string::npos) continue;
      const std::string key = to_lower(field.text.substr(0, equals));
      if (key == "from" && field.text.find('$', equals) != std::string::npos) {
        const Range part{{1, static_cast<std::uint32_t>(field.begin + 1)},
                         {1, static_cast<std::uint32_t>(field.end + 1)}};
        throw SyntaxError(part,
                          "variable in " + quote_word(field.text) +
                              ", where none is expanded",
                          std::string(kAliasHint));
      }
    }
    if (is_plain(*flag.value, escape)) parse_mount_option(*flag.value);
  } catch (const SyntaxError& error) {
    throw error.at(find_part(flag, error.range()));
  }
}

}  // namespace

void check_run_flags(const Instruction& run, char escape) {
  for (const Flag& flag : run.flags) {
    if (flag.name == "mount") check_mount(flag, escape);
    if (flag.name == "network") {
      check_choice(flag, {"default", "none", "host"});
    }
    if (flag.name == "security") check_choice(flag, {"sandbox", "insecure"});
  }
}

void check_copy_literals(const Instruction& copy) {
  const Flag* from = copy.find_flag("from");
  if (from != nullptr && from->value->find('$') != std::string::npos) {
    throw SyntaxError(
        from->range,
        "variable in " + quote_word(from->text) + ", where none is expanded",
        std::string(kAliasHint));
  }
  if (copy.keyword != Keyword::copy) return;
  for (std::size_t i = 0; i + 1 < copy.args.size(); ++i) {
    const std::string& source = copy.args[i].text;
    if (source.starts_with("http://") || source.starts_with("https://")) {
      throw SyntaxError(
          copy.args[i].range,
          "COPY cannot fetch " + quote_word(redact_address(source)), "ADD can");
    }
  }
}

void check_port_literals(const Instruction& expose, char escape) {
  for (const Word& word : expose.args) {
    if (!is_plain(word.text, escape)) continue;
    check_at(word.range, [&] { parse_port_range(word.text); });
  }
}

void check_signal_literal(const Instruction& stopsignal, char escape) {
  const Word& word = stopsignal.args.front();
  if (!is_plain(word.text, escape)) return;
  check_at(word.range, [&] { parse_signal(word.text); });
}

void check_healthcheck_flags(const Instruction& healthcheck) {
  for (const Flag& flag : healthcheck.flags) {
    const std::string& value = *flag.value;
    if (flag.name == "retries") {
      const bool is_number =
          !value.empty() && value.size() <= 9 &&
          value.find_first_not_of("0123456789") == std::string::npos;
      if (is_number) continue;
      throw SyntaxError(flag.range,
                        "\"--retries\" is a whole number not below 0, not " +
                            quote_word(value));
    }
    check_at(flag.range, [&] {
      const std::chrono::nanoseconds duration =
          value.empty() ? std::chrono::nanoseconds(0) : parse_duration(value);
      if (duration.count() == 0 || duration >= std::chrono::milliseconds(1)) {
        return;
      }
      throw SyntaxError(flag.range, "\"" + flag.text + "\" is below 1ms",
                        "0 means the runtime's default");
    });
  }
}

}  // namespace parser
