// WORKDIR, COPY and ADD.
#include <fmt/format.h>

#include <algorithm>

#include "builder/stage_planner.h"
#include "parser/values.h"
#include "parser/word.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;
using parser::Word;

bool is_heredoc_start(std::string_view word) {
  const std::size_t start = word.find_first_not_of("0123456789");
  if (start == std::string_view::npos) return false;
  word.remove_prefix(start);
  return word.starts_with("<<") && !word.starts_with("<<<");
}

bool is_remote(std::string_view source) {
  for (const std::string_view scheme :
       {"http://", "https://", "git://", "ssh://", "git@"}) {
    if (source.starts_with(scheme)) return true;
  }
  return false;
}

// Numbers need no passwd file: "1000", "1000:1000".
bool is_numeric_owner(std::string_view owner) {
  return owner.find_first_not_of("0123456789:") == std::string_view::npos;
}

}  // namespace

void StagePlanner::apply_workdir(const Instruction& instruction) {
  const std::string text = expand(instruction.args.at(0));
  store::ContainerConfig& config = state_.config.config;
  if (!text.empty()) {
    // An absolute path is kept as written, whatever it holds (D227).
    config.working_dir = text.starts_with('/') ? text : absolute(text);
  }
  const std::string path = working_dir();
  const std::string shown = "WORKDIR " + config.working_dir;
  if (path == "/") return add_history(shown);
  add_vertex(instruction, WorkDirOp{path, config.user}, shown);
}

void StagePlanner::apply_copy(const Instruction& instruction) {
  CopyOp op;
  read_copy_flags(instruction, op);
  read_copy_words(instruction, op);

  std::string shown(parser::render_keyword(instruction.keyword));
  for (const char* name : {"chown", "chmod"}) {
    if (const parser::Flag* flag = instruction.find_flag(name)) {
      shown += fmt::format(" --{}={}", name, expand(*flag->value, flag->range));
    }
  }
  for (const std::string& source : op.sources) shown += " " + source;
  for (const auto& file : op.inline_files) shown += " <<" + file.name;
  shown += fmt::format(" {} # buildkit", expand(instruction.args.back()));
  add_vertex(instruction, std::move(op), std::move(shown));
}

void StagePlanner::read_copy_flags(const Instruction& instruction, CopyOp& op) {
  op.is_unpacking = instruction.keyword == Keyword::add;
  for (const parser::Flag& flag : instruction.flags) {
    const bool is_on = !flag.value || *flag.value != "false";
    if (flag.name == "from") {
      if (flag.value->find('$') != std::string::npos) {
        throw error(flag.range, "--from takes no variables",
                    "name a stage with \"FROM image AS alias\" and use that");
      }
      op.from =
          context_.find_tree(*flag.value, stage_.index, place(flag.range));
    } else if (flag.name == "chown") {
      op.chown = expand(*flag.value, flag.range);
    } else if (flag.name == "chmod") {
      const std::string mode = expand(*flag.value, flag.range);
      if (mode.find_first_not_of("0123456789") != std::string::npos) {
        throw unsupported(flag.range, "a symbolic --chmod");
      }
      op.chmod = read_value(flag.range,
                            [&mode] { return parser::parse_octal_mode(mode); });
    } else if (flag.name == "link") {
      op.is_link = is_on;
    } else if (flag.name == "exclude") {
      op.excludes.push_back(*flag.value);
    } else if (flag.name == "unpack") {
      op.is_unpacking = is_on;
    } else if (is_on) {  // parents, checksum, keep-git-dir
      throw unsupported(flag.range, "--" + flag.name);
    }
  }
  if (op.is_link && op.chown && !is_numeric_owner(*op.chown)) {
    throw error(instruction.find_flag("chown")->range,
                "--link cannot look up names for --chown",
                "give the owner as numbers, or leave out --link");
  }
}

void StagePlanner::read_copy_words(const Instruction& instruction, CopyOp& op) {
  std::size_t heredoc = 0;
  for (std::size_t i = 0; i + 1 < instruction.args.size(); ++i) {
    const Word& word = instruction.args[i];
    if (heredoc < instruction.heredocs.size() && is_heredoc_start(word.text)) {
      const parser::Heredoc& body = instruction.heredocs[heredoc++];
      std::string content = body.content;
      if (body.expand) {
        content = read_value(body.range, [&] {
          return parser::expand_heredoc(body.content, [this](auto name) {
            return state_.scope.find(name);
          });
        });
      }
      op.inline_files.push_back({body.name, std::move(content)});
      continue;
    }
    std::string source = expand(word);
    if (is_remote(source)) {
      if (instruction.keyword == Keyword::add) {
        throw unsupported(word.range, "ADD from an address");
      }
      throw error(word.range,
                  fmt::format("COPY takes no address: \"{}\"", source),
                  "use ADD to download it");
    }
    op.sources.push_back(std::move(source));
  }
  const std::string destination = expand(instruction.args.back());
  op.destination = absolute(destination);
  op.destination_is_directory = destination.empty() || destination == "." ||
                                destination.ends_with('/') ||
                                destination.ends_with("/.");
  if (op.sources.size() + op.inline_files.size() > 1 &&
      !op.destination_is_directory && op.is_link) {
    throw error(instruction.args.back().range,
                "several sources need a directory as destination",
                fmt::format("write \"{}/\"", destination));
  }
}

}  // namespace builder
