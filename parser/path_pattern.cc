// A pattern is a small automaton over the path's characters: one step per
// character, `?`, class or star. A walk keeps the set of steps it could stand
// at, so a star never has to be tried again with another length; the cost is
// the path's length times the pattern's, for any pattern. Compiling to
// std::regex was refused: it backtracks, and overflows the stack on long paths.
// A pattern without wildcards, which most are, is compared as text.
#include "parser/path_pattern.h"

#include <algorithm>
#include <utility>

#include "parser/code_points.h"
#include "parser/syntax_error.h"

namespace parser {

std::string clean_pattern(std::string_view pattern, DoubleStar double_star) {
  std::vector<std::string_view> parts;
  const bool is_rooted =
      double_star == DoubleStar::one_part || pattern.starts_with('/');
  while (!pattern.empty()) {
    const std::size_t slash = pattern.find('/');
    const std::string_view part = pattern.substr(0, slash);
    pattern.remove_prefix(slash == std::string_view::npos ? pattern.size()
                                                          : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!is_rooted) {
      parts.push_back(part);
    }
  }
  std::string result;
  for (const std::string_view part : parts) {
    if (!result.empty()) result += '/';
    result += part;
  }
  return result;
}

bool PathPattern::Step::accepts(char32_t c) const {
  switch (kind) {
    case Kind::literal:
      return c == character;
    case Kind::any_one:
    case Kind::run:
      return c != '/';
    case Kind::any_of: {
      const bool is_member = std::any_of(
          intervals.begin(), intervals.end(),
          [c](const Interval& i) { return i.low <= c && c <= i.high; });
      return is_member != is_negated;
    }
    case Kind::parts:
    case Kind::rest:
      return true;
  }
  return false;
}

class PathPattern::Compiler {
 public:
  Compiler(std::string_view text, DoubleStar double_star)
      : points_(read_code_points(text)), double_star_(double_star) {}

  std::vector<Step> compile() {
    while (at_ < points_.size()) {
      const char32_t c = points_[at_].value;
      if (c == '*') {
        add_stars();
      } else if (c == '?') {
        ++at_;
        steps_.push_back(Step{Step::Kind::any_one, 0, false, {}});
      } else if (c == '[') {
        add_class();
      } else {
        steps_.push_back(Step{Step::Kind::literal, take_literal(), false, {}});
      }
    }
    return std::move(steps_);
  }

 private:
  [[noreturn]] void fail(std::size_t begin, const std::string& message,
                         const std::string& hint = {}) const {
    // Columns count bytes, of the cleaned pattern.
    const auto column = static_cast<std::uint32_t>(points_[begin].offset + 1);
    throw SyntaxError(Range{{1, column}, {1, column + 1}}, message, hint);
  }

  bool is_at(char32_t c) const {
    return at_ < points_.size() && points_[at_].value == c;
  }

  // Two stars, and the slash behind, which is part of what they stand for; a
  // third star is one by itself.
  void add_stars() {
    const bool is_first = at_++ == 0;
    if (double_star_ == DoubleStar::one_part || !is_at('*')) {
      steps_.push_back(Step{Step::Kind::run, 0, false, {}});
      return;
    }
    ++at_;
    const bool is_plain_end =
        is_first && !is_at('/') &&
        std::none_of(points_.begin() + static_cast<std::ptrdiff_t>(at_),
                     points_.end(), [](const CodePoint& point) {
                       return std::u32string_view(U"*?[]\\").find(
                                  point.value) != std::u32string_view::npos;
                     });
    if (is_at('/')) ++at_;
    const bool is_rest = is_plain_end || at_ == points_.size();
    steps_.push_back(
        Step{is_rest ? Step::Kind::rest : Step::Kind::parts, 0, false, {}});
  }

  char32_t take_literal() {
    if (points_[at_].value == '\\') {
      if (at_ + 1 == points_.size()) {
        fail(at_, "pattern ends in a backslash", "double it to match one");
      }
      ++at_;
    }
    return points_[at_++].value;
  }

  void add_class() {
    const std::size_t open = at_++;
    Step step{Step::Kind::any_of, 0, false, {}};
    if (at_ < points_.size() && points_[at_].value == '^') {
      step.is_negated = true;
      ++at_;
    }
    while (at_ < points_.size() &&
           (points_[at_].value != ']' || step.intervals.empty())) {
      const std::size_t member = at_;
      if (points_[at_].value == ']' || points_[at_].value == '-') {
        fail(member, "class in a pattern has no member before \"" +
                         std::string(1, static_cast<char>(points_[at_].value)) +
                         "\"");
      }
      const char32_t low = take_literal();
      char32_t high = low;
      if (at_ + 1 < points_.size() && points_[at_].value == '-') {
        ++at_;
        if (points_[at_].value == ']' || points_[at_].value == '-') {
          fail(at_, "range in a pattern's class has no end");
        }
        high = take_literal();
      }
      if (high < low) fail(member, "range in a pattern's class is empty");
      step.intervals.push_back(Step::Interval{low, high});
    }
    if (at_ == points_.size()) {
      fail(open, "class in a pattern is never closed",
           "write \"\\[\" for the character itself");
    }
    ++at_;
    steps_.push_back(std::move(step));
  }

  std::vector<CodePoint> points_;
  DoubleStar double_star_;
  std::size_t at_ = 0;
  std::vector<Step> steps_;
};

// The set of steps a walk over a path could stand at.
class PathPattern::Walk {
 public:
  explicit Walk(const std::vector<Step>& steps)
      : steps_(steps), now_(steps.size() + 1), next_(steps.size() + 1) {
    enter(now_, 0);
  }

  void read(char32_t c) {
    std::fill(next_.begin(), next_.end(), std::uint8_t{0});
    is_alive_ = false;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (now_[i] == 0 || !steps_[i].accepts(c)) continue;
      switch (steps_[i].kind) {
        case Step::Kind::run:
        case Step::Kind::rest:
          enter(next_, i);
          break;
        case Step::Kind::parts:
          // Only a slash ends what it took; until then it cannot be left.
          next_[i] = std::max(next_[i], kInside);
          if (c == '/') enter(next_, i + 1);
          is_alive_ = true;
          break;
        default:
          enter(next_, i + 1);
      }
    }
    now_.swap(next_);
  }

  bool is_accepting() const { return now_.back() != 0; }
  // Whether some further text could be accepted.
  bool can_go_on() const {
    return std::any_of(now_.begin(), now_.end() - 1,
                       [](std::uint8_t state) { return state != 0; });
  }
  bool is_alive() const noexcept { return is_alive_; }

 private:
  static constexpr std::uint8_t kInside = 1;
  static constexpr std::uint8_t kEntered = 2;

  // Stands before step i, and behind it too where it can match nothing.
  void enter(std::vector<std::uint8_t>& set, std::size_t i) {
    is_alive_ = true;
    while (set[i] != kEntered) {
      set[i] = kEntered;
      if (i == steps_.size()) return;
      const Step::Kind kind = steps_[i].kind;
      if (kind != Step::Kind::run && kind != Step::Kind::parts &&
          kind != Step::Kind::rest) {
        return;
      }
      ++i;
    }
  }

  const std::vector<Step>& steps_;
  std::vector<std::uint8_t> now_;
  std::vector<std::uint8_t> next_;
  bool is_alive_ = true;
};

PathPattern::PathPattern(std::string_view pattern, DoubleStar double_star)
    : text_(clean_pattern(pattern, double_star)),
      has_wildcard_(text_.find_first_of("*?[\\") != std::string::npos) {
  if (!has_wildcard_) return;
  steps_ = Compiler(text_, double_star).compile();
  keep_ends();
}

void PathPattern::keep_ends() {
  const auto is_plain = [](const Step& step) {
    return step.kind == Step::Kind::literal && step.character < 0x80;
  };
  for (const Step& step : steps_) {
    if (!is_plain(step)) break;
    head_ += static_cast<char>(step.character);
  }
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (!is_plain(*step)) break;
    tail_ += static_cast<char>(step->character);
  }
  std::reverse(tail_.begin(), tail_.end());
}

bool PathPattern::matches(std::string_view path) const {
  if (!has_wildcard_) return path == text_;
  if (!path.starts_with(head_) || !path.ends_with(tail_)) return false;
  Walk walk(steps_);
  for (const CodePoint& point : read_code_points(path)) {
    walk.read(point.value);
    if (!walk.is_alive()) return false;
  }
  return walk.is_accepting();
}

bool PathPattern::may_match_below(std::string_view directory) const {
  if (!has_wildcard_) {
    if (directory.empty()) return !text_.empty();
    return text_.size() > directory.size() && text_.starts_with(directory) &&
           text_[directory.size()] == '/';
  }
  Walk walk(steps_);
  for (const CodePoint& point : read_code_points(directory)) {
    walk.read(point.value);
    if (!walk.is_alive()) return false;
  }
  if (!directory.empty()) walk.read('/');
  return walk.can_go_on();
}

}  // namespace parser
