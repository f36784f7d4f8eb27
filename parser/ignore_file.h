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

// One compiled pattern. Matching takes time linear in the path's length times
// the pattern's, whatever they hold.
class PathPattern {
 public:
  // Cleans the pattern as a path; one leading '/' is dropped.
  // Throws: SyntaxError on a malformed class, its range counted from 1:1.
  explicit PathPattern(std::string_view pattern);

  // Whether it matches the whole path.
  bool matches(std::string_view path) const;
  // Whether it could match something below this directory.
  bool may_match_below(std::string_view directory) const;
  // Whether it holds `*`, `?`, `[` or an escape at all.
  bool has_wildcard() const noexcept { return has_wildcard_; }
  // The literal path of a pattern without wildcards.
  std::string literal() const;

 private:
  std::vector<std::string> parts_;
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
  std::vector<Rule> rules_;
};

}  // namespace parser
