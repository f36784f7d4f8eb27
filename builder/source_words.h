// The words of a Dockerfile cut smaller, each part with the place it stands at,
// so that an error can point into it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "parser/dockerfile.h"

namespace builder {

// Whether the word stands in the file just as its text has it: on one line, no
// quotes or escapes taken away. Only then do columns of the text say where a
// fault is.
bool is_verbatim(const parser::Word& word);

// `count` bytes of a word from `begin`; the place is that of the whole word
// when the word is not verbatim.
parser::Word part_of(const parser::Word& word, std::size_t begin,
                     std::size_t count = std::string::npos);

// Where a word uses the variable: "$name" or "${name…"; all of the word when
// that cannot be told.
parser::Range place_of_variable(const parser::Word& word,
                                std::string_view name);

// What stands behind the "=" of a flag; empty for a flag without a value.
parser::Word value_of(const parser::Flag& flag);

// Whether a flag that is on or off is on: alone, or with "true".
bool is_true(const parser::Flag& flag);

}  // namespace builder
