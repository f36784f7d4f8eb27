// WORKDIR, COPY and ADD.
#include <fmt/format.h>

#include <algorithm>

#include "builder/stage_planner.h"
#include "parser/ignore_file.h"
#include "parser/word.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;
using parser::Word;

// Numbers need no passwd file: "1000", "1000:1000".
bool is_numeric_owner(std::string_view owner) {
  return owner.find_first_not_of("0123456789:") == std::string_view::npos;
}

}  // namespace

void StagePlanner::apply_workdir(const Instruction& instruction) {
  const std::string text = expand(instruction.args.at(0));
  lint_workdir(instruction.args.at(0), text);
  std::string& current = state_.config.config.working_dir;
  // An absolute path is kept as written, whatever it holds.
  if (!text.empty()) current = text.starts_with('/') ? text : absolute(text);
  if (current.empty()) current.push_back('/');
  const std::string path = working_dir();
  const std::string shown = fmt::format("WORKDIR {}", current);
  if (path == "/") return add_history(shown);
  add_vertex(instruction, WorkDirOp{path, state_.config.config.user}, shown);
}

void StagePlanner::apply_copy(const Instruction& instruction) {
  CopyOp op;
  read_copy_flags(instruction, op);
  read_copy_words(instruction, op);

  std::string shown(parser::render_keyword(instruction.keyword));
  for (const char* name : {"chown", "chmod"}) {
    if (const parser::Flag* flag = instruction.find_flag(name)) {
      shown += fmt::format(" --{}={}", name, expand(value_of(*flag)));
    }
  }
  for (const CopySource& source : op.sources) {
    shown +=
        fmt::format(" {}", source.shown.empty() ? source.path : source.shown);
  }
  for (const auto& file : op.inline_files)
    shown += fmt::format(" <<{}", file.name);
  shown += fmt::format(" {} # buildkit", expand(instruction.args.back()));
  add_vertex(instruction, std::move(op), std::move(shown));
}

void StagePlanner::read_copy_flags(const Instruction& instruction, CopyOp& op) {
  op.is_unpacking = instruction.keyword == Keyword::add;
  for (const parser::Flag& flag : instruction.flags) {
    const bool is_on = is_true(flag);
    const Word value = value_of(flag);
    if (flag.name == "from" || flag.name == "checksum" ||
        flag.name == "keep-git-dir") {
      continue;  // each source has it
    } else if (flag.name == "chown") {
      op.chown = expand(value);
    } else if (flag.name == "chmod") {
      const std::string mode = expand(value);
      if (mode.empty()) continue;
      op.chmod = read_value({mode, value.range},
                            [&mode] { return parser::FileMode::parse(mode); });
    } else if (flag.name == "link") {
      op.is_link = is_on;
    } else if (flag.name == "parents") {
      op.keeps_parents = is_on;
    } else if (flag.name == "exclude") {
      read_value(value, [&] { parser::IgnoreFile::of_patterns({value.text}); });
      op.excludes.push_back(value.text);
    } else if (flag.name == "unpack") {
      op.is_unpacking = is_on;
    }
  }
  if (op.is_link && op.chown && !is_numeric_owner(*op.chown)) {
    throw error(instruction.find_flag("chown")->range,
                "--link cannot look up names for --chown",
                "give the owner as numbers, or leave out --link");
  }
}

std::string StagePlanner::read_heredoc(const parser::Heredoc& heredoc) {
  if (!heredoc.expand) return heredoc.content;
  // The range of a body has more than the body, so a fault shows all of it.
  const Word body{heredoc.content, heredoc.range};
  return read_value(body, [&] {
    return parser::expand_heredoc(heredoc.content, lookup(body));
  });
}

// --from, else the build context.
TreeSource StagePlanner::read_from(const Instruction& instruction) {
  const parser::Flag* flag = instruction.find_flag("from");
  if (flag == nullptr) return {};
  const Word value = value_of(*flag);
  return find_tree(value.text, value.range, /*takes_numbers=*/true);
}

void StagePlanner::read_copy_words(const Instruction& instruction, CopyOp& op) {
  const TreeSource from = read_from(instruction);
  for (std::size_t i = 0; i + 1 < instruction.args.size(); ++i) {
    const Word& word = instruction.args[i];
    if (const parser::Heredoc* heredoc = instruction.find_heredoc(word)) {
      op.inline_files.push_back({heredoc->name, read_heredoc(*heredoc)});
      continue;
    }
    std::string source = expand(word);
    if (auto remote = find_remote(instruction, {source, word.range})) {
      op.sources.push_back(std::move(*remote));
      continue;
    }
    read_value({source, word.range}, [&source] {
      parser::PathPattern(source, parser::DoubleStar::one_part);
    });
    if (from.kind == TreeSource::Kind::context && from.context == 0) {
      lint_source(word, source);
    }
    op.sources.push_back({from, std::move(source), place(word.range)});
  }
  check_checksum(instruction, op);
  const std::string destination = expand(instruction.args.back());
  op.destination = absolute(destination);
  op.destination_is_directory =
      op.keeps_parents || destination.empty() || destination == "." ||
      destination.ends_with('/') || destination.ends_with("/.");
}

}  // namespace builder
