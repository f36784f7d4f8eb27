// What COPY brings in, seen from the RUNs behind it: dependencies installed
// only after the whole tree was copied, so that every edit installs them again;
// and owners or modes changed afterwards, which stores every file twice.
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "parser/lint_passes.h"
#include "parser/shell_commands.h"

namespace parser {

namespace {

bool has_word(const ShellCommand& command, std::string_view word) {
  return std::find(command.begin(), command.end(), word) != command.end();
}

// The words that are no options, from the second on.
std::vector<std::string_view> operands(const ShellCommand& command) {
  std::vector<std::string_view> words;
  for (std::size_t i = 1; i < command.size(); ++i) {
    if (!command[i].starts_with('-')) words.push_back(command[i]);
  }
  return words;
}

// A command that installs what a manifest lists and reads nothing else.
struct Installer {
  std::string_view tool;
  std::string_view manifests;
};

std::optional<Installer> find_node_installer(const ShellCommand& command) {
  const std::string_view name = command.front();
  const std::vector<std::string_view> words = operands(command);
  const std::string_view action = words.empty() ? "" : words.front();
  if (name == "npm" && words.size() == 1 &&
      (action == "ci" || action == "install" || action == "i")) {
    return Installer{"npm", "package.json package-lock.json"};
  }
  if (name == "yarn" &&
      (words.empty()
           ? command.size() == 1 || has_word(command, "--immutable") ||
                 has_word(command, "--frozen-lockfile")
           : words.size() == 1 && action == "install")) {
    return Installer{"yarn", "package.json yarn.lock"};
  }
  if (name == "pnpm" && words.size() == 1 &&
      (action == "install" || action == "i")) {
    return Installer{"pnpm", "package.json pnpm-lock.yaml"};
  }
  if (name == "bun" && words.size() == 1 && action == "install") {
    return Installer{"bun", "package.json bun.lock*"};
  }
  return std::nullopt;
}

std::optional<Installer> find_python_installer(const ShellCommand& command) {
  const std::string_view name = command.front();
  if (has_word(command, "install") &&
      (name == "pip" || name == "pip3" || has_word(command, "pip")) &&
      (has_word(command, "-r") || has_word(command, "--requirement")) &&
      !has_word(command, ".") && !has_word(command, "-e")) {
    return Installer{"pip", "requirements.txt"};
  }
  if (name == "poetry" && has_word(command, "install") &&
      has_word(command, "--no-root")) {
    return Installer{"poetry", "pyproject.toml poetry.lock"};
  }
  if (name == "pipenv" && has_word(command, "install")) {
    return Installer{"pipenv", "Pipfile Pipfile.lock"};
  }
  if (name == "uv" && has_word(command, "sync") &&
      has_word(command, "--no-install-project")) {
    return Installer{"uv", "pyproject.toml uv.lock"};
  }
  return std::nullopt;
}

std::optional<Installer> find_installer(const ShellCommand& command) {
  if (const auto found = find_node_installer(command)) return found;
  if (const auto found = find_python_installer(command)) return found;
  const std::string_view name = command.front();
  const auto calls = [&](std::string_view tool, std::string_view action) {
    return name == tool && has_word(command, action);
  };
  if (calls("go", "mod") && has_word(command, "download")) {
    return Installer{"go", "go.mod go.sum"};
  }
  if (calls("cargo", "fetch"))
    return Installer{"cargo", "Cargo.toml Cargo.lock"};
  if (calls("bundle", "install"))
    return Installer{"bundle", "Gemfile Gemfile.lock"};
  if (calls("composer", "install")) {
    return Installer{"composer", "composer.json composer.lock"};
  }
  if (calls("mvn", "dependency:go-offline") ||
      calls("mvn", "dependency:resolve")) {
    return Installer{"mvn", "pom.xml"};
  }
  if (calls("dotnet", "restore")) return Installer{"dotnet", "*.csproj"};
  if (calls("mix", "deps.get")) return Installer{"mix", "mix.exs mix.lock"};
  return std::nullopt;
}

// COPY of all of the build context.
bool copies_whole_tree(const Instruction& copy) {
  if (copy.find_flag("from") != nullptr ||
      copy.find_flag("exclude") != nullptr ||
      copy.find_flag("parents") != nullptr || copy.args.size() != 2) {
    return false;
  }
  const std::string& source = copy.args.front().text;
  return source == "." || source == "./" || source == "/" || source == "./.";
}

bool has_cache_mount(const Instruction& run) {
  return std::any_of(run.flags.begin(), run.flags.end(), [](const Flag& flag) {
    return flag.name == "mount" && flag.value &&
           flag.value->find("type=cache") != std::string::npos;
  });
}

// An absolute path without ".", ".." or a "/" too many; nullopt when it cannot
// be told from the text.
std::optional<std::string> absolute_path(
    std::string_view path, const std::optional<std::string>& directory) {
  if (path.find_first_of("$*?[~") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string joined(path);
  if (!path.starts_with('/')) {
    if (!directory) return std::nullopt;
    joined = *directory + "/" + joined;
  }
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < joined.size();) {
    const std::size_t end = std::min(joined.find('/', at), joined.size());
    std::string part = joined.substr(at, end - at);
    at = end + 1;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(std::move(part));
    }
  }
  std::string clean;
  for (const std::string& part : parts) clean += "/" + part;
  return clean.empty() ? "/" : clean;
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return path == directory ||
         (path.starts_with(directory) && path[directory.size()] == '/');
}

// chown -R or chmod -R, and on what.
struct RecursiveChange {
  std::string_view flag;  // "chown", "chmod"
  std::string value;
  std::vector<std::string> paths;
};

std::optional<RecursiveChange> find_change(const ShellCommand& command) {
  const std::string& name = command.front();
  if (name != "chown" && name != "chmod") return std::nullopt;
  bool is_recursive = false;
  std::vector<std::string> words;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    // "-x" is a mode to chmod, not an option.
    const bool is_option =
        word == "--recursive" || word.starts_with("--") ||
        (word.size() > 1 && word[0] == '-' &&
         word.find_first_not_of("RfvchHLP", 1) == std::string::npos);
    is_recursive |= word == "--recursive" ||
                    (is_option && word.find('R') != std::string::npos);
    if (!is_option) words.push_back(word);
  }
  if (!is_recursive || words.size() < 2) return std::nullopt;
  RecursiveChange change;
  change.flag = name == "chown" ? "chown" : "chmod";
  change.value = words.front();
  change.paths.assign(words.begin() + 1, words.end());
  return change;
}

// More than any stage has; each is compared with each change behind it.
constexpr std::size_t kMostCopies = 64;

// One stage, instruction by instruction.
class StageCopies {
 public:
  explicit StageCopies(LintFindings& findings) : findings_(findings) {}

  void see(const Instruction& instruction) {
    switch (instruction.keyword) {
      case Keyword::workdir:
        directory_ = absolute_path(instruction.args.front().text, directory_);
        return;
      case Keyword::copy:
      case Keyword::add:
        return see_copy(instruction);
      case Keyword::run:
        return see_run(instruction);
      default:
        return;
    }
  }

 private:
  struct Copied {
    std::string path;
    const Instruction* by;
  };

  void see_copy(const Instruction& copy) {
    if (tree_ == nullptr && copies_whole_tree(copy)) tree_ = &copy;
    if (auto path = absolute_path(copy.args.back().text, directory_)) {
      copied_.push_back({std::move(*path), &copy});
      if (copied_.size() > kMostCopies) copied_.pop_front();
    }
  }

  void see_run(const Instruction& run) {
    std::optional<std::string> directory = directory_;
    std::set<const Instruction*> told;
    for (const ShellCommand& command : shell_commands_of(run)) {
      if (command.front() == "cd") directory.reset();
      if (const auto installer = find_installer(command)) {
        see_installer(run, *installer);
      }
      if (const auto change = find_change(command)) {
        see_change(run, *change, directory, told);
      }
    }
  }

  void see_installer(const Instruction& run, const Installer& installer) {
    if (!installed_.insert(installer.tool).second) return;
    if (tree_ == nullptr || has_cache_mount(run)) return;
    const std::string tool(installer.tool);
    findings_.push_back(
        {LintRule::tree_before_dependencies,
         "the COPY on line " + std::to_string(tree_->range.start.line) +
             " brings in every file, so any edit makes " + tool +
             " install everything again; before it, write COPY " +
             std::string(installer.manifests) + " ./ and install there",
         run.range,
         {},
         tree_->range});
  }

  void see_change(const Instruction& run, const RecursiveChange& change,
                  const std::optional<std::string>& directory,
                  std::set<const Instruction*>& told) {
    for (std::string path : change.paths) {
      if (path.ends_with("/*")) path.resize(path.size() - 2);
      const std::optional<std::string> changed = absolute_path(path, directory);
      if (!changed || *changed == "/") continue;
      for (const Copied& copied : copied_) {
        if (!is_at_or_below(copied.path, *changed)) continue;
        if (!told.insert(copied.by).second) continue;
        const std::string flag(change.flag);
        findings_.push_back(
            {LintRule::recursive_change,
             flag + " -R stores what line " +
                 std::to_string(copied.by->range.start.line) +
                 " copied a second time; write " +
                 std::string(render_keyword(copied.by->keyword)) + " --" +
                 flag + "=" + change.value + " there",
             run.range,
             {},
             copied.by->range});
      }
    }
  }

  LintFindings& findings_;
  std::optional<std::string> directory_;  // none: the base decides
  const Instruction* tree_ = nullptr;     // the first COPY of everything
  std::set<std::string_view> installed_;
  std::deque<Copied> copied_;  // the last few
};

}  // namespace

void lint_copies(const Dockerfile& file, LintFindings& findings) {
  std::map<std::size_t, StageCopies> stages;
  for (const Instruction& instruction : file.instructions) {
    if (!instruction.stage) continue;
    stages.try_emplace(*instruction.stage, findings)
        .first->second.see(instruction);
  }
}

}  // namespace parser
