#include "parser/arguments.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "parser/argument_words.h"
#include "parser/ascii.h"
#include "parser/literal_checks.h"
#include "parser/syntax_error.h"

namespace parser {

namespace {

std::string name_of(const Instruction& instruction) {
  return std::string(render_keyword(instruction.keyword));
}

// Where to point when what is wrong is that something is missing.
Range whole_line(const Instruction& instruction) { return instruction.range; }

constexpr std::string_view kCommentHint =
    "a comment stands on a line of its own";

// Quotes as text processors make them, which the language has not.
bool has_curly_quote(std::string_view text) {
  constexpr std::array<std::string_view, 4> kQuotes = {"\u201c", "\u201d",
                                                       "\u2018", "\u2019"};
  return std::any_of(kQuotes.begin(), kQuotes.end(), [&](auto quote) {
    return text.find(quote) != std::string_view::npos;
  });
}

// The list's elements, or empty when the text is no JSON. Throws on a list that
// holds something else.
bool read_json(const JsonWords& json, Slice text, Instruction& instruction) {
  if (json.kind == JsonWords::Kind::not_json) return false;
  if (json.kind == JsonWords::Kind::mixed) {
    const JsonWords::Element& bad = json.elements.front();
    throw SyntaxError(text.sub(bad.begin, bad.end).range(),
                      "JSON list of " + name_of(instruction) +
                          " holds something other than a string: " + bad.text,
                      "write every element in double quotes");
  }
  instruction.form = Form::exec;
  for (const JsonWords::Element& element : json.elements) {
    instruction.args.push_back(
        Word{element.text, text.sub(element.begin, element.end).range()});
  }
  return true;
}

void read_command(const ArgumentSource& source, Instruction& instruction) {
  if (read_json(source.json, source.text, instruction)) {
    if (instruction.keyword == Keyword::run && instruction.args.empty()) {
      throw SyntaxError(source.text.range(), "RUN [] runs nothing",
                        "write a command");
    }
    return;
  }
  instruction.form = Form::shell;
  instruction.args.push_back(source.text.word());
}

void read_shell(const ArgumentSource& source, Instruction& instruction) {
  if (!read_json(source.json, source.text, instruction) ||
      instruction.args.empty()) {
    throw SyntaxError(
        source.text.empty() ? whole_line(instruction) : source.text.range(),
        "SHELL needs a JSON list of at least one string",
        "for example SHELL [\"/bin/bash\", \"-c\"]");
  }
}

void read_words(const ArgumentSource& source, Instruction& instruction) {
  if (takes_json(instruction.keyword) &&
      read_json(source.json, source.text, instruction)) {
    return;
  }
  instruction.form = Form::list;
  instruction.args = split_at_space(source.text, source.heredocs);
}

void read_from(const ArgumentSource& source, Instruction& instruction) {
  read_words(source, instruction);
  const std::vector<Word>& args = instruction.args;
  if (args.empty()) {
    throw SyntaxError(whole_line(instruction), "FROM names no image",
                      "write FROM image[:tag], or FROM scratch");
  }
  if (args.size() == 1) return;
  if (!equal_ignoring_case(args[1].text, "as")) {
    throw SyntaxError(
        args[1].range,
        "unexpected " + quote_word(args[1].text) + " behind the image of FROM",
        std::string(args[1].text.starts_with('#')
                        ? kCommentHint
                        : "write FROM image or FROM image AS name"));
  }
  if (args.size() != 3) {
    throw SyntaxError(args.size() == 2 ? args[1].range : args[3].range,
                      args.size() == 2
                          ? "AS is not followed by a stage name"
                          : "unexpected " + quote_word(args[3].text) +
                                " behind the stage name of FROM",
                      "write FROM image or FROM image AS name");
  }
}

void read_copy(const ArgumentSource& source, Instruction& instruction) {
  read_words(source, instruction);
  if (instruction.args.size() < 2) {
    throw SyntaxError(
        whole_line(instruction),
        name_of(instruction) + " needs at least one source and a destination",
        instruction.args.empty()
            ? "write " + name_of(instruction) + " source destination"
            : "the current directory is written \".\"");
  }
  if (!source.heredocs.empty() &&
      source.heredocs.back().end == source.text.size()) {
    throw SyntaxError(instruction.args.back().range,
                      "heredoc " + quote_word(instruction.args.back().text) +
                          " cannot be the destination of " +
                          name_of(instruction),
                      "write a path behind it");
  }
  check_copy_literals(instruction);
}

void read_some_words(const ArgumentSource& source, Instruction& instruction) {
  read_words(source, instruction);
  if (instruction.args.empty()) {
    throw SyntaxError(whole_line(instruction),
                      name_of(instruction) + " needs at least one argument",
                      instruction.keyword == Keyword::expose
                          ? "for example EXPOSE 8080 53/udp"
                          : "for example VOLUME /var/lib/data");
  }
  for (const Word& word : instruction.args) {
    if (word.text.empty()) {
      throw SyntaxError(word.range,
                        name_of(instruction) + " has an empty argument");
    }
  }
  if (instruction.keyword == Keyword::expose) {
    check_port_literals(instruction, source.escape);
  }
}

std::string find_example(Keyword keyword) {
  switch (keyword) {
    case Keyword::workdir:
      return "for example WORKDIR /app";
    case Keyword::user:
      return "for example USER nobody, or USER 1000:1000";
    case Keyword::stopsignal:
      return "for example STOPSIGNAL SIGTERM";
    default:
      return {};
  }
}

void read_rest_of_line(const ArgumentSource& source, Instruction& instruction) {
  if (source.text.empty()) {
    throw SyntaxError(whole_line(instruction),
                      name_of(instruction) + " needs an argument",
                      find_example(instruction.keyword));
  }
  instruction.form = Form::shell;
  instruction.args.push_back(source.text.word());
  if (instruction.keyword == Keyword::stopsignal) {
    check_signal_literal(instruction, source.escape);
  }
}

void read_arg(const ArgumentSource& source, Instruction& instruction) {
  instruction.form = Form::list;
  for (const Slice& word : split_quoted(source.text, source.escape)) {
    if (word[0] == '=') {
      throw SyntaxError(word.range(),
                        "ARG " + quote_word(word.text()) + " has no name",
                        "write ARG name=default, without blanks around \"=\"");
    }
    instruction.args.push_back(word.word());
  }
  if (instruction.args.empty()) {
    throw SyntaxError(whole_line(instruction), "ARG needs a name",
                      "write ARG name or ARG name=default");
  }
}

// `ENV key the rest`: one pair, from before there were equals signs.
void read_legacy_pair(const ArgumentSource& source, Slice key,
                      Instruction& instruction) {
  const std::string name = name_of(instruction);
  // The key ends at white space even inside a quote.
  std::size_t end = 0;
  while (end < source.text.size() && !is_space(source.text[end])) ++end;
  const Slice value = source.text.from(end).trimmed();
  if (value.empty()) {
    throw SyntaxError(key.range(),
                      name + " " + quote_word(key.text()) + " has no value",
                      "write " + name + " key=value");
  }
  instruction.args = {source.text.sub(0, end).word(), value.word()};
  instruction.is_legacy_pair = true;
}

std::string find_pair_hint(std::string_view text, std::string_view word) {
  if (word.starts_with('#')) return std::string(kCommentHint);
  if (has_curly_quote(text)) return "curly quotes are no quotes; write \"";
  return "write key=value, and quote a value that holds blanks";
}

void read_pairs(const ArgumentSource& source, Instruction& instruction) {
  const std::string name = name_of(instruction);
  const std::vector<Slice> words = split_quoted(source.text, source.escape);
  instruction.form = Form::pairs;
  if (words.empty()) {
    throw SyntaxError(whole_line(instruction), name + " needs a pair",
                      "write " + name + " key=value");
  }
  if (words.front().text().find('=') == std::string_view::npos) {
    read_legacy_pair(source, words.front(), instruction);
    return;
  }
  for (const Slice& word : words) {
    const std::size_t equals = word.text().find('=');
    if (equals == std::string_view::npos) {
      throw SyntaxError(
          word.range(),
          name + " word " + quote_word(word.text()) + " has no \"=\"",
          find_pair_hint(source.text.text(), word.text()));
    }
    const std::string_view key = word.text().substr(0, equals);
    if (key.find_first_not_of("\"' \t") == std::string_view::npos) {
      throw SyntaxError(word.range(), name + " " + quote_word(word.text()) +
                                          " has an empty name");
    }
    instruction.args.push_back(word.sub(0, equals).word());
    instruction.args.push_back(word.from(equals + 1).word());
  }
}

void read_healthcheck(const ArgumentSource& source, Instruction& instruction) {
  constexpr std::string_view kHint =
      "write HEALTHCHECK CMD command or HEALTHCHECK NONE";
  std::size_t end = 0;
  while (end < source.text.size() && !is_space(source.text[end])) ++end;
  const Slice kind = source.text.sub(0, end);
  const Slice rest = source.text.from(end).trimmed();
  if (kind.empty()) {
    throw SyntaxError(whole_line(instruction), "HEALTHCHECK has no check",
                      std::string(kHint));
  }
  if (equal_ignoring_case(kind.text(), "none")) {
    if (!rest.empty()) {
      throw SyntaxError(rest.range(), "HEALTHCHECK NONE takes no arguments");
    }
    instruction.form = Form::none;
    instruction.args.push_back(Word{"NONE", kind.range()});
    return;
  }
  if (!equal_ignoring_case(kind.text(), "cmd")) {
    throw SyntaxError(kind.range(),
                      "unknown HEALTHCHECK kind " + quote_word(kind.text()),
                      std::string(kHint));
  }
  check_healthcheck_flags(instruction);  // those before NONE mean nothing
  instruction.args.push_back(Word{"CMD", kind.range()});
  if (!read_json(read_json_words(rest.text()), rest, instruction)) {
    instruction.form = Form::shell;
    if (!rest.empty()) instruction.args.push_back(rest.word());
  }
  if (instruction.args.size() == 1) {
    throw SyntaxError(kind.range(), "HEALTHCHECK CMD has no command",
                      std::string(kHint));
  }
}

}  // namespace

bool takes_json(Keyword keyword) noexcept {
  switch (keyword) {
    case Keyword::run:
    case Keyword::cmd:
    case Keyword::entrypoint:
    case Keyword::shell:
    case Keyword::copy:
    case Keyword::add:
    case Keyword::volume:
      return true;
    default:
      return false;
  }
}

void read_arguments(const ArgumentSource& source, Instruction& instruction) {
  switch (instruction.keyword) {
    case Keyword::run:
      check_run_flags(instruction, source.escape);
      return read_command(source, instruction);
    case Keyword::cmd:
    case Keyword::entrypoint:
      return read_command(source, instruction);
    case Keyword::shell:
      return read_shell(source, instruction);
    case Keyword::copy:
    case Keyword::add:
      return read_copy(source, instruction);
    case Keyword::expose:
    case Keyword::volume:
      return read_some_words(source, instruction);
    case Keyword::from:
      return read_from(source, instruction);
    case Keyword::arg:
      return read_arg(source, instruction);
    case Keyword::env:
    case Keyword::label:
      return read_pairs(source, instruction);
    case Keyword::healthcheck:
      return read_healthcheck(source, instruction);
    case Keyword::maintainer:
    case Keyword::stopsignal:
    case Keyword::user:
    case Keyword::workdir:
      return read_rest_of_line(source, instruction);
    case Keyword::onbuild:
      return;
  }
}

}  // namespace parser
