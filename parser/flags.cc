#include "parser/flags.h"

#include <algorithm>
#include <utility>

#include "parser/ascii.h"
#include "parser/keyword.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

struct FlagWord {
  std::string text;  // quotes and escapes processed
  std::size_t end = 0;
};

// The word at the start of `text`. Within either quote, and outside, the escape
// character makes the next byte literal.
FlagWord read_flag_word(Slice text, char escape) {
  FlagWord word;
  char quote = 0;
  std::size_t quote_at = 0;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == escape && i + 1 < text.size()) {
      word.text += text[++i];
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word.text += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      quote_at = i;
    } else if (is_space(c)) {
      break;
    } else {
      word.text += c;
    }
  }
  if (quote != 0) {
    throw SyntaxError(text.sub(quote_at, quote_at + 1).range(),
                      "quote in a flag is never closed");
  }
  word.end = i;
  return word;
}

std::string describe(Keyword keyword) {
  return std::string(render_keyword(keyword));
}

[[noreturn]] void throw_unknown(Keyword keyword, const Flag& flag) {
  const std::span<const FlagSpec> known = known_flags(keyword);
  std::vector<std::string_view> names;
  for (const FlagSpec& spec : known) names.push_back(spec.name);
  const std::string nearest = find_nearest(flag.name, names);
  std::string hint;
  if (!nearest.empty()) {
    hint = "did you mean \"--" + nearest + "\"?";
  } else if (keyword == Keyword::cmd || keyword == Keyword::entrypoint) {
    hint = "write a command that starts with \"--\" as a JSON list";
  } else if (known.empty()) {
    hint = describe(keyword) + " takes no flags";
  } else {
    for (const std::string_view name : names) {
      hint += hint.empty() ? "it knows --" : ", --";
      hint += name;
    }
  }
  throw SyntaxError(flag.range,
                    "unknown flag " + quote_word("--" + flag.name) + " for " +
                        describe(keyword),
                    hint);
}

// `behind` is what stands behind the flag.
void check_value(const Flag& flag, FlagSpec::Kind kind, Slice behind) {
  if (kind == FlagSpec::Kind::boolean) {
    if (!flag.value || equal_ignoring_case(*flag.value, "true") ||
        equal_ignoring_case(*flag.value, "false")) {
      return;
    }
    throw SyntaxError(flag.range, "flag \"--" + flag.name +
                                      "\" is true or false, not " +
                                      quote_word(*flag.value));
  }
  if (!flag.value) {
    const std::string_view rest = behind.text();
    std::size_t end = 0;
    while (end < rest.size() && !is_space(rest[end])) ++end;
    throw SyntaxError(
        flag.range, "flag \"--" + flag.name + "\" has no value",
        "write " +
            quote_word("--" + flag.name + "=" +
                       (end > 0 ? std::string(rest.substr(0, end)) : "…")));
  }
}

void check_flag(Keyword keyword, const Flag& flag,
                const std::vector<Flag>& earlier, Slice behind) {
  const std::span<const FlagSpec> known = known_flags(keyword);
  const auto spec = std::find_if(
      known.begin(), known.end(),
      [&](const FlagSpec& candidate) { return candidate.name == flag.name; });
  if (spec == known.end()) throw_unknown(keyword, flag);
  if (spec->kind != FlagSpec::Kind::repeated &&
      std::any_of(earlier.begin(), earlier.end(),
                  [&](const Flag& other) { return other.name == flag.name; })) {
    throw SyntaxError(flag.range,
                      "flag \"--" + flag.name + "\" is given twice");
  }
  check_value(flag, spec->kind, behind);
}

}  // namespace

Slice read_flags(Keyword keyword, Slice text, char escape,
                 std::vector<Flag>& flags) {
  Slice rest = text.trimmed();
  while (rest.text().starts_with("--")) {
    FlagWord word = read_flag_word(rest, escape);
    const Slice written = rest.sub(0, word.end);
    rest = rest.from(word.end).trimmed();
    if (word.text == "--") break;
    Flag flag;
    const std::size_t equals = word.text.find('=');
    flag.name = word.text.substr(
        2, equals == std::string::npos ? std::string::npos : equals - 2);
    if (equals != std::string::npos) flag.value = word.text.substr(equals + 1);
    flag.text = written.text();
    flag.range = written.range();
    check_flag(keyword, flag, flags, rest);
    flags.push_back(std::move(flag));
  }
  return rest;
}

}  // namespace parser
