#include "parser/line_structure.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "parser/ascii.h"
#include "parser/line_grammar.h"
#include "parser/syntax_error.h"
#include "parser/unicode.h"

namespace parser {

namespace {

namespace g = line_grammar;

// What the grammar's rules ask and its actions change.
class LineState {
 public:
  explicit LineState(LineHandler& handler) : handler_(handler) {}

  // ---- asked by rules ----
  char escape() const noexcept { return escape_; }
  bool awaits_heredoc() const noexcept { return !awaited_.empty(); }
  bool chomps_heredoc() const { return awaited_.front().chomp; }
  std::string_view heredoc_name() const { return awaited_.front().name; }

  // ---- called by actions ----
  void see_shebang() noexcept { after_shebang_ = true; }

  void take_directive(std::string_view value, Range range) {
    // Behind a "#!" line only the other two directives are still looked for.
    if (after_shebang_ && directive_name_ == "escape") return;
    handler_.on_directive(directive_name_, value, range);
    if (directive_name_ == "escape") escape_ = value.front();
  }
  void set_directive_name(std::string_view name) {
    directive_name_ = to_lower(name);
  }
  void set_directive_value(std::string_view value) {
    while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
    directive_value_ = value;
  }
  std::string_view directive_value() const noexcept { return directive_value_; }

  void add_comment(std::string_view text) {
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    text = trim_blanks(text);
    if (text.empty()) {
      comments_.clear();
    } else {
      comments_.emplace_back(text);
    }
  }

  void add_piece(std::string_view piece, Position at) {
    line_.append(piece, at);
    end_ =
        Position{at.line, at.column + static_cast<std::uint32_t>(piece.size())};
  }
  void extend_to(Position end) noexcept { end_ = end; }
  void see_blank_in_line(Position at) { handler_.on_blank_in_line(at); }

  void finish_line() {
    // A continuation can run into the end of the file with nothing behind it.
    is_empty_ = Slice(line_).trimmed().empty();
    if (is_empty_) return;
    std::vector<HeredocStart> starts =
        handler_.on_line(line_, std::exchange(comments_, {}));
    awaited_.assign(std::make_move_iterator(starts.begin()),
                    std::make_move_iterator(starts.end()));
    body_ = {};
  }

  void add_body_line(std::string_view line, Position at) {
    if (body_.empty()) body_start_ = at;
    // Lines of one body follow each other in the file's text.
    body_ = body_.empty()
                ? line
                : std::string_view(body_.data(), body_.size() + line.size());
  }

  void close_heredoc(std::string_view close, Position at) {
    if (close.ends_with('\n')) close.remove_suffix(1);
    while (close.ends_with('\r')) close.remove_suffix(1);
    const Position start = body_.empty() ? at : body_start_;
    end_ =
        Position{at.line, at.column + static_cast<std::uint32_t>(close.size())};
    handler_.on_heredoc(awaited_.front(),
                        HeredocBody{body_, Range{start, end_}});
    awaited_.pop_front();
    body_ = {};
  }

  [[noreturn]] void throw_unclosed() const {
    const HeredocStart& open = awaited_.front();
    const Range range = line_.range(open.begin, open.end);
    throw SyntaxError(range,
                      "heredoc " + quote_word(open.name) + ", opened on line " +
                          std::to_string(range.start.line) +
                          ", is never closed",
                      find_unclosed_hint());
  }

  void finish_instruction() {
    if (!is_empty_) handler_.on_line_end(end_);
    line_ = JoinedText();
  }

 private:
  // A line that was meant to close it has white space around the delimiter.
  std::string find_unclosed_hint() const {
    const HeredocStart& open = awaited_.front();
    std::string_view rest = body_;
    for (std::uint32_t line = body_start_.line; !rest.empty(); ++line) {
      const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
      std::string_view text = rest.substr(0, end);
      rest.remove_prefix(end);
      if (text.ends_with('\n')) text.remove_suffix(1);
      if (trim_spaces(text) != open.name) continue;
      const std::size_t tabs =
          std::min(text.find_first_not_of('\t'), text.size());
      return "line " + std::to_string(line) + " does not close it: " +
             (text.substr(tabs) == open.name
                  ? "only \"<<-\" lets tabs stand in front"
                  : "white space around the delimiter counts");
    }
    return "write " + quote_word(open.name) + " alone on a line behind it";
  }

  LineHandler& handler_;
  char escape_ = '\\';
  bool after_shebang_ = false;
  std::string directive_name_;
  std::string_view directive_value_;
  std::vector<std::string> comments_;
  JoinedText line_;
  bool is_empty_ = true;
  Position end_;
  std::deque<HeredocStart> awaited_;
  std::string_view body_;
  Position body_start_;
};

template <typename Input>
Position position_of(const Input& in) {
  return Position{static_cast<std::uint32_t>(in.iterator().line),
                  static_cast<std::uint32_t>(in.iterator().column)};
}

template <typename Rule>
struct action : g::p::nothing<Rule> {};

template <>
struct action<g::shebang> {
  static void apply0(LineState& state) { state.see_shebang(); }
};

template <>
struct action<g::directive_name> {
  template <typename Input>
  static void apply(const Input& in, LineState& state) {
    state.set_directive_name(in.string_view());
  }
};

template <>
struct action<g::directive_value> {
  template <typename Input>
  static void apply(const Input& in, LineState& state) {
    state.set_directive_value(in.string_view());
  }
};

template <>
struct action<g::directive> {
  template <typename Input>
  static void apply(const Input& in, LineState& state) {
    const std::string_view value = state.directive_value();
    const Position line = position_of(in);
    const auto begin = static_cast<std::uint32_t>(value.data() - in.begin());
    const auto size = static_cast<std::uint32_t>(value.size());
    state.take_directive(value, Range{{line.line, line.column + begin},
                                      {line.line, line.column + begin + size}});
  }
};

template <>
struct action<g::comment_text> {
  template <typename Input>
  static void apply(const Input& in, LineState& state) {
    state.add_comment(in.string_view());
  }
};

template <>
struct action<g::piece> {
  template <typename Input>
  static void apply(const Input& in, LineState& state) {
    state.add_piece(in.string_view(), position_of(in));
  }
};

template <>
struct action<g::continuation> {
  template <typename Input>
  static void apply(const Input& in, LineState& state) {
    Position at = position_of(in);
    ++at.column;
    state.extend_to(at);
  }
};

template <>
struct action<g::skipped_blank_line> {
  template <typename Input>
  static void apply(const Input& in, LineState& state) {
    state.see_blank_in_line(position_of(in));
  }
};

template <>
struct action<g::joined_line> {
  static void apply0(LineState& state) { state.finish_line(); }
};

template <>
struct action<g::heredoc_line> {
  template <typename Input>
  static void apply(const Input& in, LineState& state) {
    state.add_body_line(in.string_view(), position_of(in));
  }
};

template <>
struct action<g::heredoc_close> {
  template <typename Input>
  static void apply(const Input& in, LineState& state) {
    state.close_heredoc(in.string_view(), position_of(in));
  }
};

template <>
struct action<g::heredoc_unclosed> {
  static void apply0(LineState& state) { state.throw_unclosed(); }
};

template <>
struct action<g::instruction_end> {
  static void apply0(LineState& state) { state.finish_instruction(); }
};

}  // namespace

void read_lines(std::string_view text, LineSource source,
                LineHandler& handler) {
  g::p::memory_input<g::p::tracking_mode::eager> in(
      text.data(), text.data() + text.size(), "");
  LineState state(handler);
  if (source == LineSource::file) {
    g::p::parse<g::file, action>(in, state);
  } else {
    g::p::parse<g::trigger, action>(in, state);
  }
}

}  // namespace parser
