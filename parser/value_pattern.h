// The patterns of `${v#p}`, `${v%p}` and `${v/p/r}`: `*` is any run, `?` any
// one character, a backslash makes `*`, `?`, `\`, `}` and `/` literal.
//
// No backtracking over more than the last `*`: a pattern is cut at its stars
// into pieces of fixed length, and pieces are found one after another. Taking
// the earliest place for each piece never loses a match, since it leaves the
// most to those behind. Regular expressions would do it in fewer lines and, in
// the standard library, in exponential time and unbounded stack.
// Costs the text's length times the pattern's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "parser/code_points.h"

namespace parser {

enum class MatchLength { shortest, longest };

class ValuePattern {
 public:
  // Throws: SyntaxError, without a place, on a backslash before anything else:
  // BuildKit refuses it, and shells disagree on what it means.
  explicit ValuePattern(std::string_view pattern);

  // `text` without the part at its start, or its end, that matches.
  std::string remove_prefix(std::string_view text, MatchLength length) const;
  std::string remove_suffix(std::string_view text, MatchLength length) const;

  // Matches are as long as they can be, from the left. An empty pattern matches
  // before each character and at the end, once for replace_first.
  std::string replace_first(std::string_view text,
                            std::string_view replacement) const;
  std::string replace_all(std::string_view text,
                          std::string_view replacement) const;

 private:
  static constexpr char32_t kAnyOne = 0xffffffff;
  using Piece = std::vector<char32_t>;  // kAnyOne for `?`
  using Text = std::vector<CodePoint>;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  static bool matches_at(const Piece& piece, const Text& text, std::size_t at);
  static std::size_t find(const Piece& piece, const Text& text,
                          std::size_t from);
  static std::size_t find_last(const Piece& piece, const Text& text,
                               std::size_t from);
  // The end of the match that starts with the first piece at `start`.
  std::size_t find_end(const Text& text, std::size_t start,
                       MatchLength length) const;
  std::string replace(std::string_view text, std::string_view replacement,
                      std::size_t most) const;

  // What stands between the stars: one more than there are stars.
  std::vector<Piece> pieces_;
};

}  // namespace parser
