// The two ways arguments fall into words.
#pragma once

#include <vector>

#include "parser/dockerfile.h"
#include "parser/heredoc.h"
#include "parser/joined_text.h"

namespace parser {

// At white space, whatever the quotes; a heredoc start (offsets count from the
// text's start) is one word even with blanks in it.
std::vector<Word> split_at_space(Slice text,
                                 const std::vector<HeredocStart>& heredocs);

// At white space outside quotes, which with the escape character stay in the
// words. A quote without its mate runs to the end; expanding the word reports
// it.
std::vector<Slice> split_quoted(Slice text, char escape);

}  // namespace parser
