// A Dockerfile as a tree: directives, stages and instructions, each with the
// place it was written at. Nothing here is expanded or given a meaning; that is
// the builder's part.
//
// Positions are lines and columns from 1; a column counts bytes. A range ends
// one column behind its last byte, so an empty range has start == end.
// Values own their text and do not refer to the source. Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

class SyntaxError;  // parser/syntax_error.h

struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  auto operator<=>(const Position&) const = default;
};

struct Range {
  Position start;
  Position end;
  bool operator==(const Range&) const = default;
};

enum class Keyword {
  add,
  arg,
  cmd,
  copy,
  entrypoint,
  env,
  expose,
  from,
  healthcheck,
  label,
  maintainer,
  onbuild,
  run,
  shell,
  stopsignal,
  user,
  volume,
  workdir,
};
// Capitals, as documents and messages write it: "RUN".
std::string_view render_keyword(Keyword keyword);

// The shape of an instruction's arguments, which says how to read `args`.
enum class Form {
  none,   // no arguments of its own: ONBUILD, HEALTHCHECK NONE
  shell,  // one string for a shell, or the rest of the line as one argument
  exec,   // the elements of a JSON list
  list,   // words split on white space
  pairs,  // KEY value KEY value …, flattened
};

// A word as written, quotes, escapes and `$` kept; line joins removed.
struct Word {
  std::string text;
  Range range;
};

// `--name` or `--name=value`. Quotes and escapes inside the word are already
// processed (they may hold spaces); variables are not.
struct Flag {
  std::string name;
  std::optional<std::string> value;
  std::string text;  // as written
  Range range;
};

struct Heredoc {
  Word start;            // "<<-EOF" where it stands on the command line
  std::string name;      // the delimiter without its quotes
  std::uint32_t fd = 0;  // the number before "<<", 0 when there is none
  bool expand = true;    // false when the delimiter is quoted
  bool chomp = false;    // "<<-": `content` is already without its tabs
  std::string content;   // whole lines, each with its line end
  Range range;           // the body with its closing line
};

struct Instruction {
  Keyword keyword = Keyword::run;
  std::string keyword_text;  // as written, for lint
  std::vector<Flag> flags;
  Form form = Form::none;

  // By keyword:
  //   RUN CMD ENTRYPOINT SHELL   shell: [text]; exec: the elements
  //   COPY ADD VOLUME EXPOSE     list or exec: the words; a heredoc start is
  //                              one word, see find_heredoc()
  //   ARG                        list: "name" or "name=default"
  //   ENV LABEL                  pairs
  //   FROM                       list: image [AS name]
  //   HEALTHCHECK                "CMD", then as CMD; or "NONE"; in capitals
  //   WORKDIR USER STOPSIGNAL MAINTAINER   shell: the rest of the line
  //   ONBUILD                    empty, see `onbuild`
  std::vector<Word> args;
  std::vector<Heredoc> heredocs;

  // The triggered instruction of ONBUILD, checked as far as an instruction can
  // be without its stage.
  std::unique_ptr<Instruction> onbuild;

  // The instruction behind its keyword: joined lines, trimmed; then, for each
  // heredoc, a line end, the body as written and the delimiter, which is what a
  // shell is given and ONBUILD stores. "<keyword> <text>" parses back to the
  // same instruction.
  std::string text;

  Range range;  // from the keyword to the last line, heredocs included
  std::optional<std::size_t> stage;  // none for ARGs before the first FROM

  // What lint asks of how it was written.
  bool is_legacy_pair = false;  // "ENV key the rest", without an equals sign
  std::optional<std::uint32_t> blank_line;  // the first one inside it

  // The comment lines above it, without their "#", since the last instruction
  // or empty comment: descriptions, and `check=skip=…` for this one alone.
  std::vector<std::string> comments;

  // The flag of that name (the first, where it repeats), or nullptr.
  const Flag* find_flag(std::string_view name) const;
  // The heredoc that starts at this word of `args`, or nullptr.
  const Heredoc* find_heredoc(const Word& arg) const;
  // Whether a heredoc is all there is behind RUN's flags.
  bool is_sole_heredoc() const;
};

struct Stage {
  std::size_t index = 0;
  std::optional<std::string> name;      // lower case
  std::string base;                     // the image word as written
  std::optional<std::string> platform;  // the flag's value as written
  std::size_t from = 0;     // where its FROM is in Dockerfile::instructions
  std::string description;  // of a comment right above: see "# name text"
};

struct Dockerfile {
  char escape = '\\';
  std::map<std::string, std::string> directives;  // names in lower case
  std::vector<Stage> stages;
  std::vector<Instruction> instructions;  // all, in file order
  std::vector<std::string> lines;         // physical lines, for excerpts
};

// Parses a whole file. Linear in its size. Throws: SyntaxError
// (parser/syntax_error.h), at the first fault.
Dockerfile parse_dockerfile(std::string_view text);

// The same as far as it goes: a fault ends the reading and is handed over; the
// tree then holds the whole instructions before it, and all lines. For lint and
// for editors, which have something to say about a file that is not right yet.
Dockerfile parse_until_fault(std::string_view text,
                             std::optional<SyntaxError>& fault);

// Parses one instruction out of a base image's OnBuild list. Line 1 is its
// first line. Throws: SyntaxError.
Instruction parse_trigger(std::string_view text);

}  // namespace parser
