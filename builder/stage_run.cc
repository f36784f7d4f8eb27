// RUN: its flags, mounts and command.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "builder/stage_planner.h"
#include "store/entry.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::MountType;

// Whether the command line is a heredoc's start and nothing else: `<<EOF`.
bool is_sole_heredoc(const Instruction& instruction) {
  if (instruction.heredocs.size() != 1 || instruction.args.size() != 1) {
    return false;
  }
  std::string bare;
  for (const char c : instruction.args[0].text) {
    if (c != '"' && c != '\'' && c != '\\') bare += c;
  }
  std::string_view text = bare;
  text.remove_prefix(
      std::min(text.find_first_not_of("0123456789"), text.size()));
  if (!text.starts_with("<<")) return false;
  text.remove_prefix(2);
  if (text.starts_with('-')) text.remove_prefix(1);
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text == instruction.heredocs[0].name;
}

// The bodies and delimiters as written, behind the command line.
std::string_view heredoc_tail(const Instruction& instruction) {
  const std::string_view text = instruction.text;
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? "" : text.substr(end);
}

bool has_variable_in_from(std::string_view value) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const std::string_view field = value.substr(0, comma);
    if (field.starts_with("from=") && field.find('$') != field.npos) {
      return true;
    }
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

void StagePlanner::apply_run(const Instruction& instruction) {
  ExecOp op;
  op.env = state_.scope.environment();
  op.user = state_.config.config.user;
  op.working_dir = working_dir();
  op.network = context_.options.network;

  std::set<std::string> declared;
  std::string shown = "RUN ";
  const auto arguments = state_.scope.arguments();
  if (!arguments.empty()) shown += fmt::format("|{} ", arguments.size());
  for (const auto& [name, value] : arguments) {
    shown += fmt::format("{}={} ", name, value);
    declared.insert(name);
  }
  op.proxy_env = proxy_environment(context_.options.build_args, declared);

  read_run_flags(instruction, op);
  read_run_command(instruction, op, shown);
  add_vertex(instruction, std::move(op), shown + " # buildkit");
}

void StagePlanner::read_run_command(const Instruction& instruction, ExecOp& op,
                                    std::string& shown) {
  if (instruction.form == parser::Form::exec) {
    op.args = command(instruction, 0);
    shown += fmt::format("{}", fmt::join(op.args, " "));
    return;
  }
  op.args = shell();
  std::string text =
      instruction.args.empty() ? std::string() : instruction.args[0].text;
  if (is_sole_heredoc(instruction)) {
    const parser::Heredoc& body = instruction.heredocs[0];
    text = body.content;
    if (body.content.starts_with("#!")) {
      op.script = ExecOp::Script{body.name, body.content};
      text = "/dev/pipes/" + body.name;
    }
  } else {
    text += heredoc_tail(instruction);
  }
  shown += fmt::format("{} {}", fmt::join(op.args, " "), text);
  op.args.push_back(std::move(text));
}

void StagePlanner::read_run_flags(const Instruction& instruction, ExecOp& op) {
  for (const parser::Flag& flag : instruction.flags) {
    const std::string value = flag.value.value_or("");
    if (flag.name == "mount") {
      op.mounts.push_back(read_mount(flag));
    } else if (flag.name == "network") {
      if (value == "none") {
        op.network = NetworkMode::none;
      } else if (value == "host") {
        if (context_.options.network != NetworkMode::host) {
          throw error(flag.range, "RUN --network=host needs the user's consent",
                      "build with --network host");
        }
      } else if (value != "default") {
        throw error(flag.range,
                    fmt::format("unknown network mode \"{}\"", value),
                    "it is one of default, none, host");
      }
    } else if (flag.name == "security" && value == "sandbox") {
      continue;
    } else {
      throw unsupported(flag.range,
                        fmt::format("RUN --{}={}", flag.name, value));
    }
  }
  // Parents first, so that one mount may lie inside another.
  std::stable_sort(op.mounts.begin(), op.mounts.end(),
                   [](const ExecMount& left, const ExecMount& right) {
                     return store::path_less(left.target, right.target);
                   });
  for (std::size_t i = 1; i < op.mounts.size(); ++i) {
    if (op.mounts[i].target == op.mounts[i - 1].target &&
        !op.mounts[i].target.empty()) {
      throw error(instruction.range,
                  fmt::format("two mounts have the target \"{}\"",
                              op.mounts[i].target));
    }
  }
}

ExecMount StagePlanner::read_mount(const parser::Flag& flag) {
  const std::string raw = flag.value.value_or("");
  if (has_variable_in_from(raw)) {
    throw error(flag.range, "from= takes no variables",
                "name a stage with \"FROM image AS alias\" and use that");
  }
  ExecMount mount;
  const std::string value = expand(raw, flag.range);
  mount.option = read_value(
      flag.range, [&value] { return parser::parse_mount_option(value); });
  parser::MountOption& option = mount.option;
  switch (option.type) {
    case MountType::ssh:
      throw unsupported(flag.range, "RUN --mount=type=ssh");
    case MountType::secret: {
      if (!option.id) option.id = option.source;
      if (!option.id) option.id = store::base_name(*option.target);
      const bool has_file = option.target || !option.env;
      if (has_file) {
        mount.target = clean_path(
            "/" + option.target.value_or(fmt::format(
                      "run/secrets/{}", store::base_name(*option.id))));
      }
      return mount;
    }
    case MountType::cache:
      if (option.from || option.source) {
        throw unsupported(flag.range, "a cache mount with from or source");
      }
      if (!option.id) option.id = clean_path(option.target.value_or(""));
      break;
    case MountType::bind:
      if (option.from) {
        mount.source =
            context_.find_tree(*option.from, stage_.index, place(flag.range));
      }
      break;
    case MountType::tmpfs:
      break;
  }
  mount.target = absolute(option.target.value_or(""));
  if (mount.target == "/") {
    throw error(flag.range, "a mount cannot replace the root directory",
                "give it a target= below \"/\"");
  }
  return mount;
}

}  // namespace builder
