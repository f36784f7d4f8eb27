// Word expansion: variables, quotes and escapes of an argument, by the rules of
// a shell word without splitting, globbing or command substitution.
//
// Errors are SyntaxErrors whose range counts from 1:1 at the word's start; the
// caller, which knows where the word stands, moves them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

// A variable's value, or nullopt when it is unset (which is not empty).
// Called for each use, so the caller can note what was used and what was unset.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// The word with variables expanded and quotes and escapes removed.
std::string expand_word(std::string_view word, char escape,
                        const Lookup& lookup);

// The same, then split on the white space that was not quoted (EXPOSE). There
// is no empty word among the result.
std::vector<std::string> expand_to_words(std::string_view word, char escape,
                                         const Lookup& lookup);

// All three refuse to take more than 1 MiB out of variables.
//
// An unquoted heredoc body: variables are expanded, quotes are text, and the
// backslash goes and makes the next character literal.
std::string expand_heredoc(std::string_view body, const Lookup& lookup);

}  // namespace parser
