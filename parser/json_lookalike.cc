#include "parser/json_lookalike.h"

#include <array>

#include "parser/ascii.h"

namespace parser {

namespace {

// Quotes that people or their editors write, with what closes them.
struct Quote {
  std::string_view open;
  std::string_view close;
};
constexpr std::array kQuotes = {Quote{"\"", "\""}, Quote{"'", "'"},
                                Quote{"\xe2\x80\x9c", "\xe2\x80\x9d"},
                                Quote{"\xe2\x80\x9d", "\xe2\x80\x9d"},
                                Quote{"\xe2\x80\x98", "\xe2\x80\x99"}};

constexpr std::string_view kUseDoubleQuotes =
    "JSON strings stand in double quotes";

class ListReader {
 public:
  explicit ListReader(std::string_view text) : rest_(text) {}

  std::string explain() {
    skip_space();
    if (!take('[')) return {};
    for (bool is_first = true;; is_first = false) {
      skip_space();
      if (take(']'))
        return is_first ? "" : closing("there is a comma too many");
      if (!read_element(is_first)) return {};
      ++elements_;
      skip_space();
      if (take(',')) continue;
      if (take(']')) return closing("");
      if (rest_.empty()) return note("the list has no \"]\"");
      if (starts_with_quote()) return note("there is no comma between strings");
      // A shell's test goes on with an operator.
      return is_first ? "" : note("there is no comma between strings");
    }
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_space() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  bool starts_with_quote() const {
    for (const Quote& quote : kQuotes) {
      if (rest_.starts_with(quote.open)) return true;
    }
    return false;
  }
  // The first reason is the one to tell.
  std::string note(std::string_view reason) {
    if (reason_.empty()) reason_ = reason;
    return reason_;
  }

  std::string closing(std::string_view reason) {
    skip_space();
    if (!reason.empty()) note(reason);
    if (!rest_.empty()) {
      // `[ "$x" ] && …` is a shell's test.
      const bool is_operator =
          rest_.find_first_of("&|;") == 0 || rest_.front() == '\n';
      if (is_operator && elements_ == 1 && reason_.empty()) return {};
      note("there is text behind the list: " + quote_word(rest_));
    }
    return note("a backslash is written \\\\ in JSON");
  }

  // False when this is no element of a list at all.
  bool read_element(bool is_first) {
    for (const Quote& quote : kQuotes) {
      if (!rest_.starts_with(quote.open)) continue;
      if (quote.open != "\"") note(kUseDoubleQuotes);
      rest_.remove_prefix(quote.open.size());
      const std::size_t end = find_close(quote);
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + quote.close.size());
      return true;
    }
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != ',' && rest_[end] != ']' &&
           !is_space(rest_[end])) {
      ++end;
    }
    rest_.remove_prefix(end);
    // `[npm, start]` is a list; `[abc]` may be a shell's pattern.
    if (end == 0 || (is_first && !rest_.starts_with(','))) return false;
    note(kUseDoubleQuotes);
    return true;
  }

  std::size_t find_close(const Quote& quote) const {
    for (std::size_t at = 0; at < rest_.size(); ++at) {
      if (rest_[at] == '\\' && quote.open == "\"") {
        ++at;
      } else if (rest_.substr(at).starts_with(quote.close)) {
        return at;
      }
    }
    return std::string_view::npos;
  }

  std::string_view rest_;
  std::string reason_;
  std::size_t elements_ = 0;
};

}  // namespace

std::string explain_json_lookalike(std::string_view text) {
  return ListReader(text).explain();
}

}  // namespace parser
