// strake parse: the syntax tree as JSON, for editors and scripts.
#include <fcntl.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/report.h"
#include "parser/dockerfile.h"
#include "parser/syntax_error.h"

namespace cli {
namespace {

using nlohmann::json;

std::string_view render_form(parser::Form form) {
  switch (form) {
    case parser::Form::none:
      return "none";
    case parser::Form::shell:
      return "shell";
    case parser::Form::exec:
      return "exec";
    case parser::Form::list:
      return "list";
    case parser::Form::pairs:
      return "pairs";
  }
  return "none";
}

json render_position(const parser::Position& position) {
  return {position.line, position.column};
}

json render_range(const parser::Range& range) {
  return {{"start", render_position(range.start)},
          {"end", render_position(range.end)}};
}

json render_instruction(const parser::Instruction& instruction) {
  json out{{"keyword", parser::render_keyword(instruction.keyword)},
           {"form", render_form(instruction.form)},
           {"range", render_range(instruction.range)},
           {"flags", json::array()},
           {"args", json::array()},
           {"heredocs", json::array()},
           {"onbuild", nullptr},
           {"stage", nullptr}};
  for (const parser::Flag& flag : instruction.flags) {
    out["flags"].push_back(flag.text);
  }
  for (const parser::Word& word : instruction.args) {
    out["args"].push_back(word.text);
  }
  for (const parser::Heredoc& heredoc : instruction.heredocs) {
    out["heredocs"].push_back({{"name", heredoc.name},
                               {"expand", heredoc.expand},
                               {"chomp", heredoc.chomp},
                               {"content", heredoc.content}});
  }
  if (instruction.onbuild) {
    out["onbuild"] = render_instruction(*instruction.onbuild);
  }
  if (instruction.stage) out["stage"] = *instruction.stage;
  return out;
}

json render_tree(const parser::Dockerfile& tree) {
  json out{{"escape", std::string(1, tree.escape)},
           {"directives", tree.directives},
           {"stages", json::array()},
           {"instructions", json::array()}};
  for (const parser::Stage& stage : tree.stages) {
    json shown{{"index", stage.index},
               {"name", nullptr},
               {"base", stage.base},
               {"platform", nullptr}};
    if (stage.name) shown["name"] = *stage.name;
    if (stage.platform) shown["platform"] = *stage.platform;
    out["stages"].push_back(std::move(shown));
  }
  for (const parser::Instruction& instruction : tree.instructions) {
    out["instructions"].push_back(render_instruction(instruction));
  }
  return out;
}

std::string read_input(const std::string& file) {
  if (file != "-") return base::read_file(file);
  return base::read_all(base::Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)));
}

// Bytes that are not UTF-8 become U+FFFD: JSON holds nothing else.
void print(const json& value) {
  std::cout << value.dump(-1, ' ', false, json::error_handler_t::replace)
            << '\n';
}

}  // namespace

int run_parse_command(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> format;
  std::optional<std::string> file;
  Options options("parse [--format json] [FILE]",
                  "Shows a Dockerfile's syntax tree.",
                  "strake parse --format json Dockerfile | jq .stages");
  options.value("--format", format, "json, which is also the default");
  options.optional_operand("FILE", file, "The Dockerfile; \"-\" for stdin");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  if (format.value_or("json") != "json") {
    throw base::Error(base::ErrorKind::usage,
                      "--format of parse is json or nothing");
  }
  try {
    print(render_tree(
        parser::parse_dockerfile(read_input(file.value_or("Dockerfile")))));
    return 0;
  } catch (const parser::SyntaxError& error) {
    print({{"errors",
            {{{"line", error.range().start.line},
              {"column", error.range().start.column},
              {"message", error.message()},
              {"hint", error.hint()}}}}});
    return exit_code_of(base::ErrorKind::invalid_dockerfile);
  }
}

}  // namespace cli
