#include "parser/value_pattern.h"

#include <algorithm>

#include "parser/syntax_error.h"

namespace parser {

namespace {

bool is_escapable(char32_t c) {
  return c == '*' || c == '?' || c == '\\' || c == '}' || c == '/';
}

[[noreturn]] void refuse_escape() {
  throw SyntaxError(
      Range{}, "backslash in a pattern escapes nothing",
      "it may stand before * ? \\ } and /; double it to match one");
}

}  // namespace

ValuePattern::ValuePattern(std::string_view pattern) : pieces_(1) {
  const std::vector<CodePoint> points = read_code_points(pattern);
  for (std::size_t i = 0; i < points.size(); ++i) {
    char32_t value = points[i].value;
    if (value == '*') {
      // Several stars are one: an empty piece between them matches anywhere.
      pieces_.emplace_back();
      continue;
    }
    if (value == '?') {
      value = kAnyOne;
    } else if (value == '\\') {
      value = i + 1 < points.size() ? points[++i].value : U'\0';
      if (!is_escapable(value)) refuse_escape();
    }
    pieces_.back().push_back(value);
  }
}

bool ValuePattern::matches_at(const Piece& piece, const Text& text,
                              std::size_t at) {
  if (text.size() - at < piece.size()) return false;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (piece[i] != kAnyOne && piece[i] != text[at + i].value) return false;
  }
  return true;
}

std::size_t ValuePattern::find(const Piece& piece, const Text& text,
                               std::size_t from) {
  for (std::size_t at = from; at <= text.size(); ++at) {
    if (matches_at(piece, text, at)) return at;
  }
  return kNone;
}

std::size_t ValuePattern::find_last(const Piece& piece, const Text& text,
                                    std::size_t from) {
  for (std::size_t at = text.size() + 1; at-- > from;) {
    if (matches_at(piece, text, at)) return at;
  }
  return kNone;
}

std::size_t ValuePattern::find_end(const Text& text, std::size_t start,
                                   MatchLength length) const {
  if (!matches_at(pieces_.front(), text, start)) return kNone;
  std::size_t end = start + pieces_.front().size();
  for (std::size_t i = 1; i < pieces_.size(); ++i) {
    const bool is_last = i + 1 == pieces_.size();
    const std::size_t at = is_last && length == MatchLength::longest
                               ? find_last(pieces_[i], text, end)
                               : find(pieces_[i], text, end);
    if (at == kNone) return kNone;
    end = at + pieces_[i].size();
  }
  return end;
}

std::string ValuePattern::remove_prefix(std::string_view text,
                                        MatchLength length) const {
  const Text points = read_code_points(text);
  const std::size_t end = find_end(points, 0, length);
  if (end == kNone) return std::string(text);
  return std::string(
      text.substr(end == points.size() ? text.size() : points[end].offset));
}

std::string ValuePattern::remove_suffix(std::string_view text,
                                        MatchLength length) const {
  // The same from the other end: pieces and text turned round.
  Text points = read_code_points(text);
  std::reverse(points.begin(), points.end());
  ValuePattern turned = *this;
  std::reverse(turned.pieces_.begin(), turned.pieces_.end());
  for (Piece& piece : turned.pieces_) std::reverse(piece.begin(), piece.end());
  const std::size_t end = turned.find_end(points, 0, length);
  if (end == kNone || end == 0) return std::string(text);
  return std::string(text.substr(0, points[end - 1].offset));
}

std::string ValuePattern::replace(std::string_view text,
                                  std::string_view replacement,
                                  std::size_t most) const {
  const Text points = read_code_points(text);
  const auto offset_of = [&](std::size_t i) {
    return i == points.size() ? text.size() : points[i].offset;
  };
  std::string result;
  std::size_t copied = 0;  // up to this character
  std::size_t at = 0;
  for (std::size_t count = 0; count < most && at <= points.size();) {
    // If the rest is not found behind the first place of the first piece, it is
    // not behind a later one either.
    const std::size_t start = find(pieces_.front(), points, at);
    if (start == kNone) break;
    const std::size_t end = find_end(points, start, MatchLength::longest);
    if (end == kNone) break;
    // An empty match right behind another match is that match's end.
    if (end > copied || start == 0) {
      result +=
          text.substr(offset_of(copied), offset_of(start) - offset_of(copied));
      result += replacement;
      copied = end;
      ++count;
    }
    at = std::max(end, start + 1);
  }
  result += text.substr(offset_of(copied));
  return result;
}

std::string ValuePattern::replace_first(std::string_view text,
                                        std::string_view replacement) const {
  return replace(text, replacement, 1);
}

std::string ValuePattern::replace_all(std::string_view text,
                                      std::string_view replacement) const {
  return replace(text, replacement, kNone);
}

}  // namespace parser
