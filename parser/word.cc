// A recursive descent over the word. What depth there is comes from nested
// braces only, and that is limited. Text is looked at once: a branch that is
// not taken (`${set:-other}`) is still read, to find its end and its faults,
// but looks nothing up.
#include "parser/word.h"

#include <cstdint>
#include <utility>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/unicode.h"
#include "parser/value_pattern.h"
#include "parser/word_output.h"

namespace parser {

namespace {

// No program can be started with a longer argument or variable.
constexpr std::size_t kMaxExpandedBytes = 1U << 20U;
// How far `//` may stretch a value beyond that before it is refused.
constexpr std::size_t kGrowth = 64;
// Bytes of a pattern times bytes of the value it is matched against: a tenth of
// a second at worst, and no pattern that a person writes.
constexpr std::size_t kMaxMatchWork = 1U << 27U;
constexpr int kDeepestNesting = 100;

// Whether quotes mean something or are text, as in a heredoc.
enum class Quotes { read, text };

// What becomes of an escape character outside quotes; what it escapes is
// literal in any case. It stays in patterns, for the matcher, and in what
// replaces a match: `${v//\//\/}` puts a backslash before each slash.
enum class Escapes { drop, keep };

// Whether what is read also counts: in a skipped branch nothing is looked up.
enum class Branch { taken, skipped };

class Expander {
 public:
  Expander(std::string_view text, char escape, Quotes quotes,
           const Lookup& lookup)
      : text_(text), escape_(escape), quotes_(quotes), lookup_(lookup) {}

  void expand(WordOutput& output) { read(Escapes::drop, {}, output); }

 private:
  // A variable's name, or a parameter that is always unset.
  struct Name {
    std::string_view text;
    bool is_variable = false;
  };

  bool at_end() const noexcept { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  [[noreturn]] void fail(std::size_t begin, std::size_t end,
                         std::string message, std::string hint = {}) const {
    throw SyntaxError(Range{position(begin), position(end)}, std::move(message),
                      std::move(hint));
  }

  Position position(std::size_t offset) const {
    Position at;
    for (const char c : text_.substr(0, offset)) {
      ++at.column;
      if (c == '\n') at = Position{at.line + 1, 1};
    }
    return at;
  }

  // Up to the stop character at this level, which is not taken, or the end.
  void read(Escapes escapes, std::optional<char> stop, WordOutput& output) {
    while (!at_end()) {
      const char c = peek();
      if (c == stop) return;
      if (c == '$') {
        output.add_plain(read_dollar());
      } else if (c == escape_) {
        read_escape(escapes, output);
      } else if (quotes_ == Quotes::read && c == '\'') {
        read_single_quotes(output);
      } else if (quotes_ == Quotes::read && c == '"') {
        read_double_quotes(escapes, output);
      } else {
        const std::size_t size = character_size();
        output.add_plain(text_.substr(at_, size));
        at_ += size;
      }
    }
  }

  std::size_t character_size() const {
    return static_cast<unsigned char>(peek()) < 0x80
               ? 1
               : read_character(text_.substr(at_)).size;
  }

  void read_escape(Escapes escapes, WordOutput& output) {
    if (escapes == Escapes::keep) output.add_quoted(text_.substr(at_, 1));
    ++at_;
    if (at_end()) return;
    output.add_quoted(text_.substr(at_++, 1));
  }

  void read_single_quotes(WordOutput& output) {
    const std::size_t close = text_.find('\'', at_ + 1);
    if (close == std::string_view::npos) {
      fail(at_, at_ + 1, "single quote is never closed");
    }
    output.add_quoted(text_.substr(at_ + 1, close - at_ - 1));
    at_ = close + 1;
  }

  void read_double_quotes(Escapes escapes, WordOutput& output) {
    const std::size_t open = at_++;
    while (!at_end() && peek() != '"') {
      if (peek() == '$') {
        output.add_quoted(read_dollar());
        continue;
      }
      if (peek() == escape_) {
        if (escapes == Escapes::keep) output.add_quoted(text_.substr(at_, 1));
        const char next = peek(1);
        const bool escapes_next = next == '"' || next == '$' || next == escape_;
        if (escapes_next && at_ + 1 < text_.size()) ++at_;
      }
      output.add_quoted(text_.substr(at_++, 1));
    }
    if (at_end()) fail(open, open + 1, "double quote is never closed");
    ++at_;
  }

  std::string read_dollar() {
    const std::size_t dollar = at_++;
    if (peek() == '{' && !at_end()) return read_brace(dollar);
    const Name name = read_name();
    if (name.text.empty()) return "$";
    return look_up(name).value_or("");
  }

  Name read_name() {
    const std::size_t begin = at_;
    if (at_end()) return {};
    const char first = peek();
    if (is_digit(first)) {
      while (is_digit(peek())) ++at_;
      return Name{text_.substr(begin, at_ - begin), false};
    }
    while (!at_end()) {
      const Character character = read_character(text_.substr(at_));
      if (!is_name_character(character.value)) break;
      at_ += character.size;
    }
    if (at_ > begin) return Name{text_.substr(begin, at_ - begin), true};
    if (std::string_view("@*#?-$!").find(first) != std::string_view::npos) {
      ++at_;
    }
    return Name{text_.substr(begin, at_ - begin), false};
  }

  std::optional<std::string> look_up(const Name& name) {
    if (!name.is_variable || skipping_ > 0) return std::nullopt;
    std::optional<std::string> value = lookup_(name.text);
    if (value) count_bytes(value->size());
    return value;
  }

  // A few lines that each double a variable would fill the memory.
  void count_bytes(std::size_t bytes) {
    expanded_bytes_ += bytes;
    if (expanded_bytes_ > kMaxExpandedBytes) {
      fail(0, text_.size(),
           "expands to more than " + std::to_string(kMaxExpandedBytes) +
               " bytes");
    }
  }

  // `${…}`; `dollar` is the offset of its start.
  std::string read_brace(std::size_t dollar) {
    ++at_;
    if (++depth_ > kDeepestNesting) {
      fail(dollar, dollar + 2,
           "variables are nested deeper than " +
               std::to_string(kDeepestNesting) + " levels");
    }
    const Name name = read_name();
    if (name.text.empty() && at_end()) fail_unclosed(dollar);
    if (name.text.empty()) {
      fail(dollar, at_ + 1, "\"${\" is not followed by a variable's name",
           "write \"\\$\" for a dollar sign");
    }
    const std::optional<std::string> value = look_up(name);
    std::string result = read_modifier(dollar, name, value);
    if (at_end()) fail_unclosed(dollar);
    ++at_;
    --depth_;
    return result;
  }

  [[noreturn]] void fail_unclosed(std::size_t dollar) const {
    fail(dollar, dollar + 2, "\"${\" is never closed", "add \"}\"");
  }

  std::string read_modifier(std::size_t dollar, const Name& name,
                            const std::optional<std::string>& value) {
    if (at_end()) fail_unclosed(dollar);
    switch (peek()) {
      case '}':
        return value.value_or("");
      case ':':
      case '-':
      case '+':
      case '?':
        return read_alternative(dollar, name, value);
      case '#':
      case '%':
        return read_removal(dollar, value.value_or(""));
      case '/':
        return read_replacement(dollar, value.value_or(""));
      default:
        fail_unknown_modifier(dollar);
    }
  }

  [[noreturn]] void fail_unknown_modifier(std::size_t dollar) const {
    const std::size_t size = peek() == ':' && at_ + 1 < text_.size() ? 2 : 1;
    fail(dollar, at_ + size,
         "unknown modifier " + quote_word(text_.substr(at_, size)) + " in " +
             quote_word(text_.substr(dollar, at_ + size - dollar)),
         "known are :- - :+ + :? ? # ## % %% / and //");
  }

  // `-`, `+` and `?`, with or without a colon.
  std::string read_alternative(std::size_t dollar, const Name& name,
                               const std::optional<std::string>& value) {
    const bool empty_counts_as_unset = peek() == ':';
    const char kind = peek(empty_counts_as_unset ? 1 : 0);
    if (kind != '-' && kind != '+' && kind != '?') {
      fail_unknown_modifier(dollar);
    }
    at_ += empty_counts_as_unset ? 2 : 1;
    const bool has_value = value && !(empty_counts_as_unset && value->empty());
    const Branch branch =
        has_value == (kind == '+') ? Branch::taken : Branch::skipped;
    std::string word = read_part(branch);
    if (kind == '+') return has_value ? word : "";
    if (has_value) return *value;
    if (kind == '-') return word;
    if (skipping_ == 0 && !at_end()) fail_required(dollar, name, word, value);
    return "";
  }

  [[noreturn]] void fail_required(
      std::size_t dollar, const Name& name, const std::string& word,
      const std::optional<std::string>& value) const {
    const std::string stock = value ? "is empty" : "is not set";
    fail(dollar, at_ + 1,
         "variable " + quote_word(name.text) + ": " +
             (word.empty() ? stock : word));
  }

  std::string read_removal(std::size_t dollar, const std::string& value) {
    const char kind = text_[at_++];
    MatchLength length = MatchLength::shortest;
    if (peek() == kind && !at_end()) {
      ++at_;
      length = MatchLength::longest;
    }
    const ValuePattern pattern = read_pattern(dollar, '}', value);
    return kind == '#' ? pattern.remove_prefix(value, length)
                       : pattern.remove_suffix(value, length);
  }

  std::string read_replacement(std::size_t dollar, const std::string& value) {
    ++at_;
    const bool all = peek() == '/';
    if (all) ++at_;
    const ValuePattern pattern = read_pattern(dollar, '/', value);
    ++at_;
    const std::string replacement = read_text(Escapes::keep, '}');
    // At most one replacement for each byte and one more.
    if (all) count_bytes((value.size() + 1) * replacement.size() / kGrowth);
    return all ? pattern.replace_all(value, replacement)
               : pattern.replace_first(value, replacement);
  }

  // A pattern, up to the character behind it.
  ValuePattern read_pattern(std::size_t dollar, char stop,
                            const std::string& value) {
    const std::size_t begin = at_;
    const std::string text = read_text(Escapes::keep, stop);
    if (at_end() && stop == '}') fail_unclosed(dollar);
    if (at_end()) {
      const std::size_t brace = text_.find('}', begin);
      if (brace == std::string_view::npos) fail_unclosed(dollar);
      fail(dollar, brace + 1, "replacement has no second \"/\"",
           "write ${variable/pattern/replacement}");
    }
    if (text.size() * value.size() > kMaxMatchWork) {
      fail(begin, at_,
           "pattern of " + std::to_string(text.size()) +
               " bytes is too long for a value of " +
               std::to_string(value.size()));
    }
    try {
      return ValuePattern(text);
    } catch (const SyntaxError& error) {
      fail(begin, at_, error.message(), error.hint());
    }
  }

  // The word of a modifier, up to the brace that closes it.
  std::string read_part(Branch branch) {
    if (branch == Branch::skipped) ++skipping_;
    std::string text = read_text(Escapes::drop, '}');
    if (branch == Branch::skipped) --skipping_;
    return text;
  }

  std::string read_text(Escapes escapes, char stop) {
    WordOutput output(WordOutput::Splitting::whole);
    read(escapes, stop, output);
    return output.take_whole();
  }

  std::string_view text_;
  char escape_;
  Quotes quotes_;
  const Lookup& lookup_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int skipping_ = 0;
  std::size_t expanded_bytes_ = 0;
};

}  // namespace

std::string expand_word(std::string_view word, char escape,
                        const Lookup& lookup) {
  WordOutput output(WordOutput::Splitting::whole);
  Expander(word, escape, Quotes::read, lookup).expand(output);
  return output.take_whole();
}

std::vector<std::string> expand_to_words(std::string_view word, char escape,
                                         const Lookup& lookup) {
  WordOutput output(WordOutput::Splitting::words);
  Expander(word, escape, Quotes::read, lookup).expand(output);
  return output.take_words();
}

std::string expand_heredoc(std::string_view body, const Lookup& lookup) {
  WordOutput output(WordOutput::Splitting::whole);
  Expander(body, '\\', Quotes::text, lookup).expand(output);
  return output.take_whole();
}

}  // namespace parser
