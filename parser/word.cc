// A recursive descent over the word. What depth there is comes from nested
// braces only, and that is limited. Text is looked at once: a branch that is
// not taken (`${set:-other}`) is still read, to find its end and its faults,
// but looks nothing up.
#include "parser/word.h"

#include <cstdint>
#include <utility>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/value_pattern.h"

namespace parser {

namespace {

// No program can be started with a longer argument or variable.
constexpr std::size_t kMaxExpandedBytes = 1U << 20U;
// How far `//` may stretch a value beyond that before it is refused.
constexpr std::size_t kGrowth = 64;
constexpr int kDeepestNesting = 100;

// How quotes and the escape character are read.
enum class Mode {
  word,     // as in a shell word
  pattern,  // the same, but what is escaped stays so, for the matcher
  heredoc,  // quotes are text; the backslash escapes `$`, itself, a line end
};

// Whether what is read also counts: in a skipped branch nothing is looked up.
enum class Branch { taken, skipped };

// Where text goes; whole, or cut at white space that was not quoted.
class Output {
 public:
  enum class Splitting { whole, words };
  explicit Output(Splitting splitting) : splitting_(splitting) {}

  void add_quoted(std::string_view text) {
    in_word_ = true;
    current_ += text;
  }
  void add_plain(std::string_view text) {
    if (splitting_ == Splitting::whole) {
      current_ += text;
      return;
    }
    for (const char c : text) {
      if (is_space(c) || c == '\n') {
        end_word();
      } else {
        in_word_ = true;
        current_ += c;
      }
    }
  }

  std::string take_whole() { return std::move(current_); }
  std::vector<std::string> take_words() {
    end_word();
    return std::move(words_);
  }

 private:
  void end_word() {
    if (in_word_) words_.push_back(std::exchange(current_, {}));
    in_word_ = false;
  }

  Splitting splitting_;
  std::string current_;
  bool in_word_ = false;
  std::vector<std::string> words_;
};

class Expander {
 public:
  Expander(std::string_view text, char escape, const Lookup& lookup)
      : text_(text), escape_(escape), lookup_(lookup) {}

  void expand(Mode mode, Output& output) { read(mode, {}, output); }

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

  // Up to one of the stop characters at this level, which is not taken, or the
  // end.
  void read(Mode mode, std::string_view stops, Output& output) {
    while (!at_end()) {
      const char c = peek();
      if (stops.find(c) != std::string_view::npos) return;
      if (c == '$') {
        output.add_plain(read_dollar(mode));
      } else if (mode == Mode::heredoc) {
        read_heredoc_byte(stops, output);
      } else if (c == escape_) {
        read_escape(mode, output);
      } else if (c == '\'') {
        read_single_quotes(output);
      } else if (c == '"') {
        read_double_quotes(mode, output);
      } else {
        output.add_plain(text_.substr(at_++, 1));
      }
    }
  }

  void read_escape(Mode mode, Output& output) {
    ++at_;
    if (at_end()) return;
    if (mode == Mode::pattern) output.add_quoted("\\");
    output.add_quoted(text_.substr(at_++, 1));
  }

  void read_heredoc_byte(std::string_view stops, Output& output) {
    if (peek() == '\\' && at_ + 1 < text_.size()) {
      const char next = peek(1);
      const bool escapes = next == '$' || next == '\\' || next == '\n' ||
                           stops.find(next) != std::string_view::npos;
      if (escapes) {
        if (next != '\n') output.add_plain(text_.substr(at_ + 1, 1));
        at_ += 2;
        return;
      }
    }
    output.add_plain(text_.substr(at_++, 1));
  }

  void read_single_quotes(Output& output) {
    const std::size_t close = text_.find('\'', at_ + 1);
    if (close == std::string_view::npos) {
      fail(at_, at_ + 1, "single quote is never closed");
    }
    output.add_quoted(text_.substr(at_ + 1, close - at_ - 1));
    at_ = close + 1;
  }

  void read_double_quotes(Mode mode, Output& output) {
    const std::size_t open = at_++;
    output.add_quoted("");
    while (!at_end() && peek() != '"') {
      if (peek() == '$') {
        output.add_quoted(read_dollar(mode));
        continue;
      }
      if (peek() == escape_) {
        const char next = peek(1);
        const bool escapes = next == '"' || next == '$' || next == escape_;
        if (escapes && at_ + 1 < text_.size()) {
          ++at_;
          if (mode == Mode::pattern && next == '\\') output.add_quoted("\\");
        }
      }
      output.add_quoted(text_.substr(at_++, 1));
    }
    if (at_end()) fail(open, open + 1, "double quote is never closed");
    ++at_;
  }

  std::string read_dollar(Mode mode) {
    const std::size_t dollar = at_++;
    if (peek() == '{' && !at_end()) return read_brace(mode, dollar);
    const Name name = read_name();
    if (name.text.empty()) return "$";
    return look_up(name).value_or("");
  }

  Name read_name() {
    const std::size_t begin = at_;
    if (at_end()) return {};
    const char first = peek();
    if (is_name_start(first)) {
      while (!at_end() && is_name_char(peek())) ++at_;
      return Name{text_.substr(begin, at_ - begin), true};
    }
    if (is_digit(first)) {
      while (is_digit(peek())) ++at_;
    } else if (std::string_view("@*#?-$!").find(first) !=
               std::string_view::npos) {
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
  std::string read_brace(Mode mode, std::size_t dollar) {
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
    std::string result = read_modifier(mode, dollar, name, value);
    if (at_end()) fail_unclosed(dollar);
    ++at_;
    --depth_;
    return result;
  }

  [[noreturn]] void fail_unclosed(std::size_t dollar) const {
    fail(dollar, dollar + 2, "\"${\" is never closed", "add \"}\"");
  }

  std::string read_modifier(Mode mode, std::size_t dollar, const Name& name,
                            const std::optional<std::string>& value) {
    if (at_end()) fail_unclosed(dollar);
    switch (peek()) {
      case '}':
        return value.value_or("");
      case ':':
      case '-':
      case '+':
      case '?':
        return read_alternative(mode, dollar, name, value);
      case '#':
      case '%':
        return read_removal(mode, value.value_or(""));
      case '/':
        return read_replacement(mode, dollar, value.value_or(""));
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
  std::string read_alternative(Mode mode, std::size_t dollar, const Name& name,
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
    std::string word = read_part(mode, branch);
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

  std::string read_removal(Mode mode, const std::string& value) {
    const char kind = text_[at_++];
    MatchLength length = MatchLength::shortest;
    if (peek() == kind && !at_end()) {
      ++at_;
      length = MatchLength::longest;
    }
    const ValuePattern pattern(read_pattern(mode, "}"));
    return kind == '#' ? pattern.remove_prefix(value, length)
                       : pattern.remove_suffix(value, length);
  }

  std::string read_replacement(Mode mode, std::size_t dollar,
                               const std::string& value) {
    ++at_;
    const bool all = peek() == '/';
    if (all) ++at_;
    const ValuePattern pattern(read_pattern(mode, "/}"));
    if (peek() != '/') {
      if (at_end()) fail_unclosed(dollar);
      fail(dollar, at_ + 1, "replacement has no second \"/\"",
           "write ${variable/pattern/replacement}");
    }
    ++at_;
    const std::string replacement = read_part(mode, Branch::taken);
    // At most one replacement for each byte and one more.
    if (all) count_bytes((value.size() + 1) * replacement.size() / kGrowth);
    return all ? pattern.replace_all(value, replacement)
               : pattern.replace_first(value, replacement);
  }

  std::string read_pattern(Mode mode, std::string_view stops) {
    Output output(Output::Splitting::whole);
    read(mode == Mode::heredoc ? Mode::heredoc : Mode::pattern, stops, output);
    return output.take_whole();
  }

  // The word of a modifier, up to the brace that closes it.
  std::string read_part(Mode mode, Branch branch) {
    if (branch == Branch::skipped) ++skipping_;
    Output output(Output::Splitting::whole);
    read(mode == Mode::pattern ? Mode::word : mode, "}", output);
    if (branch == Branch::skipped) --skipping_;
    return output.take_whole();
  }

  std::string_view text_;
  char escape_;
  const Lookup& lookup_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int skipping_ = 0;
  std::size_t expanded_bytes_ = 0;
};

}  // namespace

std::string expand_word(std::string_view word, char escape,
                        const Lookup& lookup) {
  Output output(Output::Splitting::whole);
  Expander(word, escape, lookup).expand(Mode::word, output);
  return output.take_whole();
}

std::vector<std::string> expand_to_words(std::string_view word, char escape,
                                         const Lookup& lookup) {
  Output output(Output::Splitting::words);
  Expander(word, escape, lookup).expand(Mode::word, output);
  return output.take_words();
}

std::string expand_heredoc(std::string_view body, const Lookup& lookup) {
  Output output(Output::Splitting::whole);
  Expander(body, '\\', lookup).expand(Mode::heredoc, output);
  return output.take_whole();
}

}  // namespace parser
