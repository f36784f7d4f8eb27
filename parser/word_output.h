// Where an expansion's text goes: whole, or cut into words at the white space
// that was not quoted. Room-private; a part of word.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser/unicode.h"

namespace parser {

class WordOutput {
 public:
  enum class Splitting { whole, words };
  explicit WordOutput(Splitting splitting) : splitting_(splitting) {}

  void add_quoted(std::string_view text) { current_ += text; }

  // Whole characters only.
  void add_plain(std::string_view text) {
    if (splitting_ == Splitting::whole) {
      current_ += text;
      return;
    }
    std::size_t at = 0;
    while (at < text.size()) {
      const std::string_view rest = text.substr(at);
      const std::size_t space = rest.front() == '\n' ? 1 : space_size(rest);
      if (space > 0) {
        end_word();
        at += space;
      } else {
        current_ += text[at++];
      }
    }
  }

  std::string take_whole() { return std::move(current_); }
  std::vector<std::string> take_words() {
    end_word();
    return std::move(words_);
  }

 private:
  // Quotes around nothing make no word.
  void end_word() {
    if (!current_.empty()) words_.push_back(std::exchange(current_, {}));
  }

  Splitting splitting_;
  std::string current_;
  std::vector<std::string> words_;
};

}  // namespace parser
