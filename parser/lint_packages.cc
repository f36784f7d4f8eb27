// apt: package lists that are left in a layer, and an update whose layer is
// kept while the repositories move on.
#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>

#include "parser/lint_passes.h"
#include "parser/shell_commands.h"

namespace parser {

namespace {

// "install" of `apt-get -y -o X=Y install curl`; empty for another command.
std::string_view apt_action(const ShellCommand& command) {
  const std::string_view name = command.front();
  if (name != "apt-get" && name != "apt") return {};
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string_view word = command[i];
    if (!word.starts_with('-')) return word;
    // The options whose value is a word of its own.
    if (word == "-o" || word == "-t" || word == "-c") ++i;
  }
  return {};
}

bool is_install(std::string_view action) {
  for (const std::string_view name :
       {"install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep"}) {
    if (action == name) return true;
  }
  return false;
}

// Commands that go with an update and need no packages.
bool is_preparation(const ShellCommand& command) {
  constexpr std::array<std::string_view, 12> kNames = {
      "set", "echo", "true", ":",      "export", "rm",
      "sed", "cat",  "mv",   "printf", "sleep",  "mkdir"};
  if (std::find(kNames.begin(), kNames.end(), command.front()) !=
      kNames.end()) {
    return true;
  }
  const std::string_view action = apt_action(command);
  return action == "update" || action == "clean" || action == "autoclean" ||
         action == "autoremove";
}

// Removes the lists, or may: a script called clean-something is trusted.
bool removes_lists(const ShellCommand& command) {
  const std::string& name = command.front();
  const bool is_apt = name == "apt-get" || name == "apt";
  if (!is_apt && name.find("clean") != std::string::npos) return true;
  return std::any_of(command.begin() + 1, command.end(),
                     [](const std::string& word) {
                       return word.find("/var/lib") != std::string::npos &&
                              (word.find("apt") != std::string::npos ||
                               word.ends_with("lib/*"));
                     });
}

// A mount takes what is written there out of the layer.
bool mounts_lists(const Instruction& run) {
  return std::any_of(run.flags.begin(), run.flags.end(), [](const Flag& flag) {
    return flag.name == "mount" && flag.value &&
           flag.value->find("/var/lib/apt") != std::string::npos;
  });
}

// The last stage and those it is built FROM: what others leave behind is in no
// image.
std::set<std::size_t> shipped_stages(const Dockerfile& file) {
  std::set<std::size_t> shipped;
  std::optional<std::string_view> base;  // none yet: the last stage is shipped
  for (auto stage = file.stages.rbegin(); stage != file.stages.rend();
       ++stage) {
    if (base && stage->name != *base) continue;
    shipped.insert(stage->index);
    base = stage->base;
  }
  return shipped;
}

void lint_run(const Instruction& run, bool is_shipped, LintFindings& findings) {
  if (run.text.find("apt") == std::string::npos || mounts_lists(run)) return;
  const std::vector<ShellCommand> commands = shell_commands_of(run);
  bool updates = false;
  bool installs = false;
  bool cleans = false;
  bool only_prepares = true;
  for (const ShellCommand& command : commands) {
    const std::string_view action = apt_action(command);
    updates |= action == "update";
    installs |= is_install(action);
    cleans |= removes_lists(command);
    only_prepares &= is_preparation(command);
  }
  if (updates && only_prepares) {
    findings.push_back(
        {LintRule::apt_update_alone,
         "apt-get update in a RUN of its own: the cache keeps these lists, and "
         "a later install fails when they are old; write apt-get update && "
         "apt-get install … in one RUN",
         run.range,
         {},
         {}});
  } else if (updates && installs && !cleans && is_shipped) {
    findings.push_back(
        {LintRule::apt_lists_kept,
         "the package lists stay in the layer, tens of megabytes that nothing "
         "uses; add && rm -rf /var/lib/apt/lists/*, or "
         "--mount=type=cache,target=/var/lib/apt",
         run.range,
         {},
         {}});
  }
}

}  // namespace

void lint_packages(const Dockerfile& file, LintFindings& findings) {
  const std::set<std::size_t> shipped = shipped_stages(file);
  for (const Instruction& instruction : file.instructions) {
    if (instruction.keyword != Keyword::run) continue;
    lint_run(instruction, shipped.contains(*instruction.stage), findings);
  }
}

}  // namespace parser
