// A mode as chmod(1) takes it: the bits themselves ("755"), or changes to the
// ones a file has ("u=rwX,go-w"), as --chmod of COPY and ADD wants them.
//
//   mode   = octal | change *("," change)
//   change = *who 1*(op *permission)
//   who = "u" | "g" | "o" | "a"     op = "+" | "-" | "="
//   permission = "r" | "w" | "x" | "X" | "s" | "t" | "u" | "g" | "o"
//
// The umask plays no part: without `who` a change is for all. "X" is "x" for
// directories and for what somebody could execute before any change. "u", "g"
// and "o" among the permissions are what those have at that point. "t" belongs
// to all but a lone "o", as setmode(3) has it, whose rules BuildKit follows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

class FileMode {
 public:
  // These bits, whatever a file has.
  explicit FileMode(std::uint32_t bits);

  // Throws: SyntaxError with a range counted from 1:1.
  static FileMode parse(std::string_view text);
  // Equal for equal modes: "755" for "0755".
  std::string render() const;

  // What it makes of the mode that a file, or a directory, has.
  std::uint32_t of_file(std::uint32_t mode) const;
  std::uint32_t of_directory(std::uint32_t mode) const;

  // The bits themselves; nullopt for changes, which need something to change.
  std::optional<std::uint32_t> bits() const;

 private:
  struct Change {
    std::uint32_t who;          // the bits it may touch
    char operation;             // '+', '-' or '='
    std::uint32_t permissions;  // in all three places, as far as named
    std::uint32_t copied;       // 0700, 0070 and 0007: whose bits it takes
    bool has_conditional_x;     // "X"
  };
  class Reader;

  FileMode(std::string text, std::vector<Change> changes);
  std::uint32_t apply(std::uint32_t mode, bool has_x) const;

  std::string text_;  // of changes
  std::uint32_t bits_ = 0;
  std::vector<Change> changes_;  // empty for bits
};

}  // namespace parser
