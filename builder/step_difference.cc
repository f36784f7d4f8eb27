#include "builder/step_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "builder/byte_text.h"
#include "builder/shown_text.h"
#include "parser/url.h"

namespace builder {
namespace {

using nlohmann::json;

json operation_in(const std::string& parts) {
  const json parsed = json::parse(parts, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return json::object();
  json operation = parsed.value("operation", json::object());
  return operation.is_object() ? operation : json::object();
}

// What members of an operation are called, in the order they are told.
struct MemberName {
  const char* member;
  const char* name;
  const char* unset;  // what no value means
};
constexpr std::array kMembers = {
    MemberName{"user", "USER", "root"},
    MemberName{"cwd", "WORKDIR", "/"},
    MemberName{"path", "WORKDIR", "/"},
    MemberName{"platform", "platform", "(default)"},
    MemberName{"network", "network", "default"},
    MemberName{"security", "security", "sandbox"},
    MemberName{"hostname", "host name", "(default)"},
    MemberName{"hosts", "hosts", "(none)"},
    MemberName{"dns", "DNS servers", "(default)"},
    MemberName{"dns_search", "DNS search domains", "(default)"},
    MemberName{"dns_options", "DNS options", "(default)"},
    MemberName{"shm_bytes", "size of /dev/shm", "(default)"},
    MemberName{"rlimits", "ulimits", "(default)"},
    MemberName{"capabilities", "capabilities", "(default)"},
    MemberName{"seccomp", "seccomp profile", "(default)"},
    MemberName{"no_new_privileges", "no-new-privileges", "false"},
    MemberName{"system_paths", "system paths", "masked"},
    MemberName{"devices", "devices", "(none)"},
    MemberName{"sources", "sources", "(none)"},
    MemberName{"destination", "destination", "(none)"},
    MemberName{"chown", "owner", "(none)"},
    MemberName{"chmod", "mode", "(none)"},
    MemberName{"excludes", "exclusions", "(none)"},
    MemberName{"checksum", "checksum", "(none)"},
    MemberName{"address", "address", "(none)"},
    MemberName{"remote", "repository", "(none)"},
    MemberName{"ref", "ref", "(default)"},
    MemberName{"subdir", "directory", "/"},
    MemberName{"image", "image", "(none)"},
};

// Those that the command line, or an instruction above, gives a step: they may
// change beside a change of what is written.
constexpr std::array<std::string_view, 16> kGiven = {
    "user",         "cwd",
    "platform",     "network",
    "hostname",     "hosts",
    "dns",          "dns_search",
    "dns_options",  "shm_bytes",
    "rlimits",      "capabilities",
    "seccomp",      "no_new_privileges",
    "system_paths", "env"};

bool is_given(std::string_view member) {
  return std::find(kGiven.begin(), kGiven.end(), member) != kGiven.end();
}

// What the instruction itself says.
json written_part(json operation) {
  for (const std::string_view member : kGiven) {
    operation.erase(std::string(member));
  }
  return operation;
}

// "a b", "name=address", "true".
std::string show(const json& value) {
  if (value.is_string()) {
    return narrow_bytes(value.get_ref<const std::string&>());
  }
  if (value.is_array()) {
    std::string out;
    for (const json& item : value) {
      out += fmt::format("{}{}", out.empty() ? "" : " ", show(item));
    }
    return out;
  }
  if (value.is_object()) {
    // One of a COPY's sources.
    if (const auto path = value.find("path"); path != value.end()) {
      const std::string from = show(value.value("from", json("context")));
      return from == "context" ? show(*path)
                               : fmt::format("{}:{}", from, show(*path));
    }
  }
  return value.dump();
}

std::string show_member(const json& operation, const MemberName& member) {
  const auto found = operation.find(member.member);
  if (found == operation.end()) return member.unset;
  if (found->is_array() && found->empty()) return "(none)";
  const std::string text = show(*found);
  return text.empty() ? member.unset : text;
}

// "+CAP_SYS_ADMIN -CAP_CHOWN" of lists of words too long to be shown as they
// are; empty for others.
std::string show_list_change(const json& was, const json& is) {
  constexpr std::size_t kMostWords = 4;
  if (!was.is_array() || !is.is_array()) return {};
  if (was.empty() || is.empty()) return {};
  if (std::max(was.size(), is.size()) <= kMostWords) return {};
  std::string text;
  const auto add_missing = [&text](const json& all, const json& in, char sign) {
    for (const json& word : all) {
      if (std::find(in.begin(), in.end(), word) != in.end()) continue;
      text += fmt::format("{}{}{}", text.empty() ? "" : " ", sign, show(word));
    }
  };
  add_missing(is, was, '+');
  add_missing(was, is, '-');
  return text.empty() ? text : cut_text(text, 100);
}

void compare_members(const json& was, const json& is, bool is_all,
                     std::vector<std::string>& parts) {
  for (const MemberName& member : kMembers) {
    if (!is_all && !is_given(member.member)) continue;
    const std::string old_text = show_member(was, member);
    const std::string new_text = show_member(is, member);
    if (old_text == new_text) continue;
    const std::string list = show_list_change(was.value(member.member, json()),
                                              is.value(member.member, json()));
    parts.push_back(
        fmt::format("{} {}", member.name,
                    list.empty() ? show_change(old_text, new_text) : list));
  }
}

std::map<std::string, json> by_target(const json& operation) {
  std::map<std::string, json> mounts;
  for (const json& mount : operation.value("mounts", json::array())) {
    mounts.emplace(show(mount.value("target", json(""))), mount);
  }
  return mounts;
}

// Of mounts at one place, what is not as it was: "mode 448 → 511".
void compare_mounts(const json& was, const json& is,
                    std::vector<std::string>& parts) {
  const auto old_mounts = by_target(was);
  auto new_mounts = by_target(is);
  for (const auto& [target, old_mount] : old_mounts) {
    const auto found = new_mounts.find(target);
    if (found == new_mounts.end()) {
      parts.push_back(fmt::format("mount {} is gone", target));
      continue;
    }
    json all = old_mount;
    all.update(found->second);
    for (const auto& [name, value] : all.items()) {
      const std::string old_text =
          old_mount.contains(name) ? show(old_mount[name]) : "(not set)";
      const std::string new_text = found->second.contains(name)
                                       ? show(found->second[name])
                                       : "(not set)";
      if (old_text == new_text) continue;
      parts.push_back(fmt::format("mount {}: {} {}", target, name,
                                  show_change(old_text, new_text)));
    }
  }
  for (const auto& [target, mount] : new_mounts) {
    if (!old_mounts.contains(target)) {
      parts.push_back(fmt::format("mount {} is new", target));
    }
  }
}

void compare_variables(const StepFacts& was, const StepFacts& is,
                       std::vector<std::string>& parts) {
  const auto find = [](const StepFacts& facts, const std::string& name) {
    const auto& all = facts.variables;
    const auto found =
        std::find_if(all.begin(), all.end(),
                     [&](const auto& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
  };
  const auto tell = [&](const StepVariable& variable, const StepVariable* old,
                        const StepVariable* now) {
    const std::string name = fmt::format(
        "{} {}", variable.kind == StepVariable::Kind::arg ? "ARG" : "ENV",
        variable.name);
    const auto value = [](const StepVariable* one) -> std::string {
      if (one == nullptr) return "(not set)";
      return one->value.empty() ? "\"\""
                                : parser::redact_credentials(one->value);
    };
    if (may_be_secret(variable.name)) {
      parts.push_back(old == nullptr   ? name + " is new"
                      : now == nullptr ? name + " is gone"
                                       : name + " changed");
    } else if (old != nullptr && now != nullptr && value(old) == value(now)) {
      parts.push_back(name + " changed (credentials)");
    } else {
      parts.push_back(
          fmt::format("{}: {}", name, show_change(value(old), value(now))));
    }
  };
  for (const StepVariable& now : is.variables) {
    const StepVariable* old = find(was, now.name);
    if (old == nullptr || old->value != now.value) tell(now, old, &now);
  }
  for (const StepVariable& old : was.variables) {
    if (find(is, old.name) == nullptr) tell(old, &old, nullptr);
  }
}

std::string_view first_line(const std::string& text) {
  return std::string_view(text).substr(0, text.find('\n'));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// All words of the shell but the command, which is the instruction's.
std::string shell_in(const json& operation) {
  json args = operation.value("args", json::array());
  if (!args.empty()) args.erase(args.size() - 1);
  return show(args);
}

}  // namespace

std::string compare_texts(const std::string& was, const std::string& is) {
  if (first_line(was) != first_line(is)) {
    return fmt::format("the instruction changed: {}",
                       show_change(first_line(was), first_line(is)));
  }
  const auto old_lines = lines_of(was);
  const auto new_lines = lines_of(is);
  std::size_t line = 0;
  while (line < std::min(old_lines.size(), new_lines.size()) &&
         old_lines[line] == new_lines[line]) {
    ++line;
  }
  const auto at = [line](const std::vector<std::string_view>& lines) {
    return line < lines.size() ? lines[line] : std::string_view("(end)");
  };
  return fmt::format("its heredoc changed in line {}: {}", line,
                     show_change(at(old_lines), at(new_lines)));
}

std::vector<std::string> compare_steps(const StepFacts& was,
                                       const StepFacts& is) {
  const json old_operation = operation_in(was.parts);
  const json new_operation = operation_in(is.parts);
  std::vector<std::string> parts;
  const bool is_written_anew = was.text != is.text;
  if (is_written_anew &&
      written_part(old_operation) != written_part(new_operation)) {
    parts.push_back(compare_texts(was.text, is.text));
  }
  compare_variables(was, is, parts);
  const bool has_variables = !parts.empty() && !is_written_anew;
  // What a variable changed has been said with the variable.
  compare_members(old_operation, new_operation,
                  !is_written_anew && !has_variables, parts);
  if (is_written_anew || has_variables) return parts;
  if (old_operation.contains("args") &&
      old_operation["args"] != new_operation.value("args", json())) {
    parts.push_back(fmt::format(
        "SHELL {}",
        show_change(shell_in(old_operation), shell_in(new_operation))));
  }
  compare_mounts(old_operation, new_operation, parts);
  if (parts.empty() && old_operation != new_operation) {
    parts.emplace_back(old_operation.value("env", json()) !=
                               new_operation.value("env", json())
                           ? "the order of ENV and ARG changed"
                           : "what it does changed");
  }
  return parts;
}

std::vector<std::pair<std::string, std::string>> inputs_in(
    const std::string& parts) {
  std::vector<std::pair<std::string, std::string>> inputs;
  const json parsed = json::parse(parts, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return inputs;
  for (const json& input : parsed.value("inputs", json::array())) {
    inputs.emplace_back(input.at(0).get<std::string>(),
                        input.at(1).get<std::string>());
  }
  return inputs;
}

std::string parent_in(const std::string& parts) {
  const json parsed = json::parse(parts, nullptr, /*allow_exceptions=*/false);
  return parsed.is_object() ? parsed.value("parent", "") : "";
}

bool has_same_operation(const StepFacts& was, const StepFacts& is) {
  return operation_in(was.parts) == operation_in(is.parts);
}

bool has_same_sources(const StepFacts& was, const StepFacts& is) {
  const json old_operation = operation_in(was.parts);
  const json new_operation = operation_in(is.parts);
  return old_operation.value("sources", json()) ==
             new_operation.value("sources", json()) &&
         old_operation.value("excludes", json()) ==
             new_operation.value("excludes", json());
}

}  // namespace builder
