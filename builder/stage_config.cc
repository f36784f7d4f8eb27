// The instructions that touch only the configuration.
#include <fmt/format.h>

#include <charconv>

#include "builder/environment.h"
#include "builder/history_text.h"
#include "builder/stage_planner.h"
#include "parser/stage_name.h"
#include "parser/values.h"
#include "parser/word.h"

namespace builder {
namespace {

using parser::Form;
using parser::Instruction;
using parser::Keyword;

// Far above all there are; each takes its place in history.
constexpr std::size_t kMostPorts = std::size_t{1} << 20U;

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

// --build-arg, else its own default, else the global or built-in value. The
// default is expanded only when it counts, so a fault in it does not surface
// otherwise; a later default sees the earlier pairs.
void StagePlanner::apply_arg(const Instruction& instruction) {
  std::string shown = "ARG";
  for (const parser::Word& word : instruction.args) {
    const std::size_t equals = word.text.find('=');
    const std::string name = word.text.substr(0, equals);
    context_.declared.insert(name);
    std::optional<std::string> value;
    const auto& given = context_.build_args;
    if (const auto it = given.find(name); it != given.end()) {
      value = it->second;
    } else if (equals != std::string::npos) {
      value = expand(part_of(word, equals + 1));
    } else if (const auto global = context_.globals.find(name);
               global != context_.globals.end()) {
      value = global->second;
    }
    shown += value ? fmt::format(" {}={}", name, *value) : " " + name;
    const bool is_global =
        equals == std::string::npos && !given.contains(name) && value;
    context_.arguments.push_back(
        {name, value.value_or(""), instruction.range,
         parser::find_description(instruction.comments, name), is_global});
    state_.scope.declare_arg(name, std::move(value));
  }
  add_history(std::move(shown));
}

std::vector<std::pair<std::string, std::string>> StagePlanner::expand_pairs(
    const Instruction& instruction) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i + 1 < instruction.args.size(); i += 2) {
    const parser::Word& key = instruction.args[i];
    pairs.emplace_back(expand(key), expand(instruction.args[i + 1]));
    if (pairs.back().first.find_first_not_of(" \t") == std::string::npos) {
      throw error(key.range,
                  fmt::format("{} name is empty",
                              parser::render_keyword(instruction.keyword)));
    }
  }
  return pairs;
}

// As set_variable() does, without a search: files with thousands of ENV lines
// are made by machines.
void StagePlanner::set_config_env(const std::string& name,
                                  const std::string& value) {
  std::vector<std::string>& env = state_.config.config.env;
  if (env_places_.empty()) {
    for (std::size_t i = 0; i < env.size(); ++i) {
      env_places_.try_emplace(env[i].substr(0, env[i].find('=')), i);
    }
  }
  const auto [place, is_new] = env_places_.try_emplace(name, env.size());
  if (is_new) env.emplace_back();
  env[place->second] = fmt::format("{}={}", name, value);
}

void StagePlanner::apply_env(const Instruction& instruction) {
  const auto pairs = expand_pairs(instruction);
  for (const auto& [name, value] : pairs) {
    set_config_env(name, value);
    state_.scope.set_env(name, value);
  }
  add_history(render_pairs("ENV", pairs));
}

void StagePlanner::apply_label(const Instruction& instruction) {
  const auto pairs = expand_pairs(instruction);
  for (const auto& [key, value] : pairs) {
    state_.config.config.labels[key] = value;
  }
  add_history(render_pairs("LABEL", pairs));
}

std::vector<std::string> StagePlanner::command(const Instruction& instruction,
                                               std::size_t first) const {
  std::vector<std::string> words;
  if (instruction.form != Form::exec) words = shell();
  for (std::size_t i = first; i < instruction.args.size(); ++i) {
    words.push_back(instruction.args[i].text);
  }
  if (instruction.form != Form::exec && instruction.args.size() <= first) {
    words.emplace_back();  // bare CMD: the shell on an empty text
  }
  return words;
}

void StagePlanner::apply_cmd(const Instruction& instruction) {
  store::ContainerConfig& config = state_.config.config;
  lint_shell_form(instruction);
  const std::vector<std::string> words = command(instruction, 0);
  config.cmd.reset();
  if (!words.empty()) config.cmd = words;
  config.args_escaped = true;
  has_cmd_ = true;
  add_history(render_command("CMD", words));
}

void StagePlanner::apply_entrypoint(const Instruction& instruction) {
  store::ContainerConfig& config = state_.config.config;
  lint_shell_form(instruction);
  const std::vector<std::string> words = command(instruction, 0);
  config.entrypoint.reset();
  if (!words.empty()) config.entrypoint = words;
  if (!has_cmd_) config.cmd.reset();
  add_history(render_command("ENTRYPOINT", words));
}

// History has the ports in the order they were written, each as often.
void StagePlanner::apply_expose(const Instruction& instruction) {
  std::vector<std::string> ports;
  for (const parser::Word& word : instruction.args) {
    read_value(word, [&] {
      for (const std::string& text : parser::expand_to_words(
               word.text, context_.file.tree.escape, lookup(word))) {
        for (std::string& port : parser::parse_ports(text)) {
          ports.push_back(std::move(port));
        }
        if (ports.size() <= kMostPorts) continue;
        throw error(word.range,
                    fmt::format("EXPOSE lists more than {} ports", kMostPorts));
      }
    });
  }
  state_.config.config.exposed_ports.insert(ports.begin(), ports.end());
  add_history(render_list("EXPOSE", ports));
}

// A word is trimmed as it was written; what a variable holds is not.
void StagePlanner::apply_volume(const Instruction& instruction) {
  std::vector<std::string> paths;
  for (const parser::Word& word : instruction.args) {
    std::string path = expand({std::string(trim(word.text)), word.range});
    if (path.empty()) throw error(word.range, "VOLUME path is empty");
    state_.config.config.volumes.insert(path);
    paths.push_back(std::move(path));
  }
  add_history(render_list("VOLUME", paths));
}

// The parser has checked what these flags hold; nothing in them is expanded.
void StagePlanner::read_healthcheck_flags(const Instruction& instruction,
                                          store::Healthcheck& check) {
  const auto duration = [&](const char* name) {
    const parser::Flag* flag = instruction.find_flag(name);
    if (flag == nullptr) return std::chrono::nanoseconds::zero();
    const parser::Word word = value_of(*flag);
    return read_value(word,
                      [&word] { return parser::parse_duration(word.text); });
  };
  check.interval = duration("interval");
  check.timeout = duration("timeout");
  check.start_period = duration("start-period");
  check.start_interval = duration("start-interval");
  if (const parser::Flag* flag = instruction.find_flag("retries")) {
    const std::string& text = *flag->value;
    std::from_chars(text.data(), text.data() + text.size(), check.retries);
  }
}

void StagePlanner::apply_healthcheck(const Instruction& instruction) {
  store::Healthcheck check;
  if (instruction.args.at(0).text == "NONE") {
    check.test = {"NONE"};  // flags before it mean nothing
  } else {
    check.test = {instruction.form == Form::exec ? "CMD" : "CMD-SHELL"};
    for (std::size_t i = 1; i < instruction.args.size(); ++i) {
      check.test.push_back(instruction.args[i].text);
    }
    read_healthcheck_flags(instruction, check);
  }
  add_history(render_healthcheck(check));
  state_.config.config.healthcheck = std::move(check);
}

void StagePlanner::apply_word(const Instruction& instruction) {
  store::ContainerConfig& config = state_.config.config;
  const std::string keyword(parser::render_keyword(instruction.keyword));
  switch (instruction.keyword) {
    case Keyword::user:
      config.user = expand(instruction.args.at(0));
      return add_history("USER " + config.user);
    case Keyword::stopsignal: {
      const parser::Word& word = instruction.args.at(0);
      config.stop_signal = expand(word);
      read_value({config.stop_signal, word.range},
                 [&config] { parser::parse_signal(config.stop_signal); });
      return add_history("STOPSIGNAL " + config.stop_signal);
    }
    case Keyword::maintainer:
      state_.config.author = instruction.args.at(0).text;
      return add_history("MAINTAINER " + state_.config.author);
    case Keyword::shell:
      config.shell = command(instruction, 0);
      return add_history(render_list("SHELL", config.shell));
    default:  // ONBUILD, which runs when a child is built and makes no history
      config.on_build.push_back(instruction.text);
  }
}

}  // namespace builder
