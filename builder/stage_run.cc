// RUN: its flags, mounts and command.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "builder/stage_planner.h"
#include "parser/csv_record.h"
#include "store/entry.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::MountType;

// The bodies and delimiters as written, behind the command line.
std::string_view heredoc_tail(const Instruction& instruction) {
  const std::string_view text = instruction.text;
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? "" : text.substr(end);
}

// A field as one of a comma-separated record, whatever it holds.
std::string quote_field(std::string_view field) {
  if (field.find_first_of(",\"\n") == field.npos) return std::string(field);
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

// What sets the cache mounts of this build apart from those of others.
std::string cache_prefix(const BuildArgs& build_args) {
  const auto name = build_args.find("BUILDKIT_CACHE_MOUNT_NS");
  if (name == build_args.end() || name->second.empty()) return {};
  return name->second + "/";
}

}  // namespace

void StagePlanner::apply_run(const Instruction& instruction) {
  ExecOp op;
  op.env = state_.scope.environment();
  op.user = state_.config.config.user;
  op.working_dir = working_dir();
  op.network = context_.options.network;
  const store::ImageConfig& config = state_.config;
  op.platform =
      normalize_platform({config.os, config.architecture, config.variant});

  std::set<std::string> declared;
  std::string shown = "RUN ";
  const auto arguments = state_.scope.arguments();
  if (!arguments.empty()) shown += fmt::format("|{} ", arguments.size());
  for (const auto& [name, value] : arguments) {
    shown += fmt::format("{}={} ", name, value);
  }
  // What the file itself sets counts as usual, and is not set twice.
  for (const std::string& pair : op.env) {
    declared.insert(pair.substr(0, pair.find('=')));
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
  if (instruction.is_sole_heredoc()) {
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
      ExecMount mount = read_mount(flag);
      for (const ExecMount& other : op.mounts) {
        // A secret that is only a variable has no target.
        if (other.target != mount.target || mount.target.empty()) continue;
        throw error(flag.range, fmt::format("two mounts have the target \"{}\"",
                                            mount.target));
      }
      op.mounts.push_back(std::move(mount));
    } else if (flag.name == "network") {
      if (value == "none") {
        op.network = NetworkMode::none;
      } else if (value == "host") {
        if (context_.options.network != NetworkMode::host) {
          throw error(flag.range, "RUN --network=host needs the user's consent",
                      "build with --network host");
        }
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
}

// Variables are expanded field by field, so that a comma in a value stays in
// its field. The parser lets none into `from`.
parser::MountOption StagePlanner::read_mount_option(const parser::Flag& flag) {
  const parser::Word word = value_of(flag);
  std::vector<parser::CsvField> fields =
      read_value(word, [&word] { return parser::read_csv_record(word.text); });
  std::string record;
  for (const parser::CsvField& field : fields) {
    const parser::Word part =
        part_of(word, field.begin, field.end - field.begin);
    const std::size_t equals = field.text.find('=');
    std::string text = field.text;
    if (equals != std::string::npos) {
      text.erase(equals + 1);
      text += expand({field.text.substr(equals + 1), part.range});
    }
    if (!record.empty()) record += ',';
    record += quote_field(text);
  }
  // Columns of an expanded record are not those of the file.
  const parser::Word whole{"", flag.range};
  return read_value(record == word.text ? word : whole,
                    [&record] { return parser::parse_mount_option(record); });
}

ExecMount StagePlanner::read_mount(const parser::Flag& flag) {
  ExecMount mount;
  mount.option = read_mount_option(flag);
  parser::MountOption& option = mount.option;
  switch (option.type) {
    case MountType::ssh:
      throw unsupported(flag.range, "RUN --mount=type=ssh");
    case MountType::secret: {
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
      option.id = cache_prefix(context_.options.build_args) + *option.id;
      break;
    case MountType::bind:
      if (option.from) {
        mount.source =
            find_tree(*option.from, flag.range, /*takes_numbers=*/false);
      }
      break;
    case MountType::tmpfs:
      break;
  }
  mount.target = absolute(option.target.value_or(""));
  if (mount.target == "/") {
    throw error(flag.range, "mount target \"/\" would hide the whole image",
                "mount on a directory below it");
  }
  return mount;
}

}  // namespace builder
