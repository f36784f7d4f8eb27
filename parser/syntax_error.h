// What the parser throws: a fault in the text, with its place. The builder,
// which knows the file's name, turns it into an error with the source line and
// a caret.
#pragma once

#include <exception>
#include <string>

#include "parser/dockerfile.h"

namespace parser {

class SyntaxError : public std::exception {
 public:
  // `message` is lower case and names the offending word in double quotes;
  // `hint`, when there is one, says what to write instead.
  SyntaxError(Range range, std::string message, std::string hint = {});

  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  const std::string& hint() const noexcept { return hint_; }
  const Range& range() const noexcept { return range_; }

  // The same fault seen at another place: for errors counted from the start of
  // a word, whose reader knows where the word stands.
  SyntaxError at(const Range& range) const;

 private:
  Range range_;
  std::string message_;
  std::string hint_;
};

}  // namespace parser
