// The pattern language of ignore files, COPY's wildcards and --exclude: `*` and
// `?` within one path part, `[a-z]`, `[^a]`, `\` to escape, and, where asked
// for, `**` for any number of parts.
//
// What ignore files take is what moby's patternmatcher takes, where it keeps to
// its documentation (Go's filepath.Match, and `**`): also that a class may
// match a '/', and that `**x` without another wildcard is anything that ends in
// x, while `**x*` wants x at the start of a part. Where it falls short, because
// it hands a pattern's characters to a regular expression unread, these
// patterns mean what is documented: `[*]` is a star, `\d` a d, `^` itself.
// Paths are relative, '/'-separated, without "./" or a trailing slash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

// What two stars mean.
enum class DoubleStar {
  any_depth,  // any number of parts, none included: ignore files, --exclude
  one_part,   // the same as one star: COPY and ADD sources
};

// A pattern as the path it is: "./a//b/" is "a/b", "a/../b" is "b", "." is "".
// One leading '/' is dropped. Leading ".." are dropped too where patterns start
// at a root, and after a leading '/'; else they stay, and match nothing.
std::string clean_pattern(std::string_view pattern,
                          DoubleStar double_star = DoubleStar::any_depth);

// One compiled pattern. Matching takes time linear in the path's length times
// the pattern's, whatever they hold.
class PathPattern {
 public:
  // Of the pattern cleaned.
  // Throws: SyntaxError on a malformed class, its range counted from 1:1.
  explicit PathPattern(std::string_view pattern,
                       DoubleStar double_star = DoubleStar::any_depth);

  // Whether it matches the whole path.
  bool matches(std::string_view path) const;
  // Whether it could match something below this directory ("" is the root).
  bool may_match_below(std::string_view directory) const;
  // Whether it holds `*`, `?`, `[` or an escape at all.
  bool has_wildcard() const noexcept { return has_wildcard_; }
  // The cleaned path of a pattern without wildcards; "" for the root.
  std::string literal() const { return has_wildcard_ ? "" : text_; }

 private:
  // One step of the automaton that reads a path (path_pattern.cc).
  struct Step {
    enum class Kind : std::uint8_t {
      literal,  // one character
      any_one,  // `?`: not '/'
      any_of,   // a class
      run,      // `*`: any number, no '/'
      parts,    // `**`: nothing, or anything that ends in '/'
      rest,     // `**` at the end, or right before a text's end: anything
    };
    struct Interval {
      char32_t low;
      char32_t high;
    };
    Kind kind = Kind::literal;
    char32_t character = 0;
    bool is_negated = false;
    std::vector<Interval> intervals;
    bool accepts(char32_t c) const;
  };
  class Compiler;
  class Walk;
  void keep_ends();

  std::string text_;         // cleaned
  std::vector<Step> steps_;  // empty without wildcards
  // What every match starts and ends with, as far as it is plain ASCII: most
  // paths are told from it alone.
  std::string head_;
  std::string tail_;
  bool has_wildcard_ = false;
};

}  // namespace parser
