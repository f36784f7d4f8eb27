#include "parser/argument_words.h"

#include "parser/ascii.h"
#include "parser/unicode.h"

namespace parser {

std::vector<Word> split_at_space(Slice text,
                                 const std::vector<HeredocStart>& heredocs) {
  std::vector<Word> words;
  auto heredoc = heredocs.begin();
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    if (heredoc != heredocs.end() && heredoc->begin == begin) {
      at = heredoc->end;
      ++heredoc;
    } else {
      while (at < text.size() && !is_space(text[at])) ++at;
    }
    words.push_back(text.sub(begin, at).word());
  }
  return words;
}

std::vector<Slice> split_quoted(Slice text, char escape) {
  std::vector<Slice> words;
  std::size_t begin = 0;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::size_t space = quote == 0 ? space_size(text.from(i).text()) : 0;
    if (!in_word) {
      if (space > 0) {
        i += space - 1;
        continue;
      }
      in_word = true;
      begin = i;
    }
    if (c == escape && quote != '\'') {
      ++i;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (space > 0) {
      words.push_back(text.sub(begin, i));
      in_word = false;
      i += space - 1;
    }
  }
  if (in_word) words.push_back(text.sub(begin, text.size()));
  return words;
}

}  // namespace parser
