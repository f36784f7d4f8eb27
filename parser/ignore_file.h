// .dockerignore: which paths of a build context do not exist for the build.
//
// Also the pattern language itself, which COPY's wildcards and --exclude share:
// `*` and `?` within one path part, `[a-z]`, `[^a]`, `\` to escape, and, where
// asked for, `**` for any number of parts.
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

// One compiled pattern. Matching takes time linear in the path's length times
// the pattern's, whatever they hold.
class PathPattern {
 public:
  // Cleans the pattern as a path: "./a//b/" is "a/b"; one leading '/' is
  // dropped. Leading ".." are dropped too where patterns start at a root
  // (DoubleStar::one_part); an ignore file's match nothing.
  // Throws: SyntaxError on a malformed class, its range counted from 1:1.
  explicit PathPattern(std::string_view pattern,
                       DoubleStar double_star = DoubleStar::any_depth);

  // Whether it matches the whole path.
  bool matches(std::string_view path) const;
  // Whether it matches the path or a directory above it.
  bool matches_self_or_parent(std::string_view path) const;
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
      rest,     // `**` at the end: anything
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

  std::string text_;         // cleaned
  std::vector<Step> steps_;  // empty without wildcards
  bool has_wildcard_ = false;
};

class IgnoreFile {
 public:
  // Nothing is ignored.
  IgnoreFile() = default;
  // Throws: SyntaxError with the line.
  static IgnoreFile parse(std::string_view text);

  bool empty() const noexcept { return rules_.empty(); }

  // Whether the path is hidden: the last pattern that matches it or one of its
  // parents decides.
  bool excludes(std::string_view path) const;
  // For a hidden directory: whether a later exception could bring back
  // something below, so that the walk must enter it.
  bool may_reinclude_below(std::string_view directory) const;
  // The line of the deciding pattern, for error messages; 0 when not hidden.
  std::uint32_t deciding_line(std::string_view path) const;

 private:
  struct Rule {
    PathPattern pattern;
    bool is_exception;
    std::uint32_t line;
  };
  // The last rule that matches the path or a directory above it.
  const Rule* find_deciding(std::string_view path) const;

  std::vector<Rule> rules_;
};

}  // namespace parser
