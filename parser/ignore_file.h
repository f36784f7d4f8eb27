// .dockerignore: which paths of a build context do not exist for the build.
//
// Rules are asked in order, and each that matches decides anew, until the next
// one does. A rule that matched a directory matches all below it, but a rule is
// only asked when it would change the answer so far, as BuildKit does it. So of
// "a", "!a/b", "a" the last says nothing of the directory a, which is hidden
// already, and therefore nothing of a/b: that is not hidden.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parser/path_pattern.h"

namespace parser {

class IgnoreFile {
 public:
  // Nothing is ignored.
  IgnoreFile() = default;
  // Throws: SyntaxError with the line.
  static IgnoreFile parse(std::string_view text);
  // The same rules one by one, of which none is a comment: --exclude.
  static IgnoreFile of_patterns(const std::vector<std::string>& patterns);

  bool empty() const noexcept { return rules_.empty(); }
  // Whether a "!" pattern takes back what others hide.
  bool has_exceptions() const noexcept;

  // What the rules say of a path; by default of the root, which is never
  // hidden.
  class Decision {
   public:
    bool is_hidden() const noexcept { return line_ != 0; }
    // Of the pattern that hides it; 0 when it is not hidden.
    std::uint32_t line() const noexcept { return line_; }

   private:
    friend class IgnoreFile;
    std::vector<std::uint8_t> matched_;  // by rule; empty: none
    std::uint32_t line_ = 0;
  };

  // Decides about a path by what was decided about the directory it is in.
  // Writes to `decision`, so that a walk can use one again and again.
  void decide(std::string_view path, const Decision& directory,
              Decision& decision) const;
  // The same from the root on.
  Decision decide(std::string_view path) const;
  bool excludes(std::string_view path) const {
    return decide(path).is_hidden();
  }

  // For a hidden directory: whether an exception could bring back something
  // below, so that a walk must enter it.
  bool may_reinclude_below(std::string_view path,
                           const Decision& decision) const;

 private:
  void add(std::string_view line, std::uint32_t number);
  struct Rule {
    PathPattern pattern;
    bool is_exception;
    std::uint32_t line;
  };

  std::vector<Rule> rules_;
};

}  // namespace parser
