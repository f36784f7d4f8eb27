// RUN: its flags and command.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "builder/stage_planner.h"
#include "store/entry.h"

namespace builder {
namespace {

using parser::Instruction;

// The bodies and delimiters as written, behind the command line.
std::string_view heredoc_tail(const Instruction& instruction) {
  const std::string_view text = instruction.text;
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? "" : text.substr(end);
}

// The kernel's limit, sethostname(2).
constexpr std::size_t kMaxHostnameBytes = 64;

std::string read_hostname(const std::string& name) {
  if (name.size() <= kMaxHostnameBytes) return name;
  throw base::Error(
      base::ErrorKind::usage,
      fmt::format("--build-arg BUILDKIT_SANDBOX_HOSTNAME: a host name has at "
                  "most {} bytes, this one {}",
                  kMaxHostnameBytes, name.size()));
}

}  // namespace

void StagePlanner::apply_run(const Instruction& instruction) {
  if (state_.config.os == "windows") {
    throw unsupported(instruction.range, "RUN in a Windows image");
  }
  ExecOp op;
  op.env = state_.scope.environment();
  op.user = state_.config.config.user;
  op.working_dir = working_dir();
  op.network = context_.options.network;
  const store::ImageConfig& config = state_.config;
  op.platform =
      normalize_platform({config.os, config.architecture, config.variant});
  op.settings = context_.options.run;
  const auto& build_args = context_.options.build_args;
  if (const auto name = build_args.find("BUILDKIT_SANDBOX_HOSTNAME");
      name != build_args.end()) {
    op.settings.hostname = read_hostname(name->second);
  }

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
    if (flag.name == "mount") {
      add_mount(flag, op);
    } else if (flag.name == "network") {
      op.network = read_network(flag);
    } else if (flag.name == "security") {
      op.security = read_security(flag);
    } else {
      add_devices(flag, op);
    }
  }
  set_agent_variable(op);
  // Parents first, so that one mount may lie inside another.
  std::stable_sort(op.mounts.begin(), op.mounts.end(),
                   [](const ExecMount& left, const ExecMount& right) {
                     return store::path_less(left.target, right.target);
                   });
}

base::Error StagePlanner::no_consent(const parser::Flag& flag,
                                     std::string_view entitlement) const {
  return error_at(
      context_.file, place(flag.range),
      about(fmt::format("RUN {} needs the user's consent", flag.text)),
      fmt::format("build with --allow {} if you trust this Dockerfile",
                  entitlement),
      base::ErrorKind::denied);
}

// "default" is what the command line says.
NetworkMode StagePlanner::read_network(const parser::Flag& flag) const {
  const NetworkMode standard = context_.options.network;
  if (flag.value == "none") return NetworkMode::none;
  if (flag.value != "host") return standard;
  if (standard != NetworkMode::host && !context_.options.allowed.host_network) {
    throw no_consent(flag, "network.host");
  }
  return NetworkMode::host;
}

SecurityMode StagePlanner::read_security(const parser::Flag& flag) const {
  if (flag.value != "insecure") return SecurityMode::sandbox;
  if (!context_.options.allowed.insecure) {
    throw no_consent(flag, "security.insecure");
  }
  return SecurityMode::insecure;
}

}  // namespace builder
