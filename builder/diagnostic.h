// Errors that point into a Dockerfile: file, line, caret, reason, hint.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "parser/dockerfile.h"
#include "parser/syntax_error.h"

namespace builder {

// A parsed Dockerfile under the name it is shown by.
struct SourceFile {
  std::string name;  // "Dockerfile", "docker/web.Dockerfile", "-"
  parser::Dockerfile tree;
};

// Parses, turning the parser's SyntaxError into an error of this kind:
//
//   Dockerfile:3:1: unknown instruction "RUNN"
//     3 | RUNN make
//       | ^~~~
//
// Throws: invalid_dockerfile.
SourceFile parse_source(std::string name, std::string_view text);

// The error for a text that did not parse, under the name it is shown by.
base::Error error_in(std::string_view name, std::string_view text,
                     const parser::SyntaxError& error);

// The same as far as it goes: what stands before the first fault, and the
// fault, for those who have something to say about the rest.
struct PartialSource {
  SourceFile file;
  std::optional<base::Error> fault;
};
PartialSource parse_until_fault(std::string name, std::string_view text);

// The line that the range begins in, and a caret under the range's part of it;
// empty when the file has no such line.
std::string render_excerpt(const SourceFile& file, const parser::Range& range);

// An error about `range` of the file.
base::Error error_at(
    const SourceFile& file, const parser::Range& range,
    std::string_view message, std::string hint = {},
    base::ErrorKind kind = base::ErrorKind::invalid_dockerfile);

// The same from a SyntaxError whose range counts from the start of `word`: it
// points into the word where that is possible (source_words.h), else at all of
// it.
base::Error error_at(const SourceFile& file, const parser::Word& word,
                     const parser::SyntaxError& error);

// Where an error that error_at() made points; none for other errors.
std::optional<parser::Position> find_place(const SourceFile& file,
                                           const base::Error& error);

}  // namespace builder
