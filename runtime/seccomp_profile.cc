#include "runtime/seccomp_profile.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"

namespace runtime {
namespace {

using nlohmann::json;
using Action = Seccomp::Action;
using Operator = Seccomp::Argument::Operator;

#if defined(__x86_64__)
constexpr std::string_view kOwnArchitecture = "SCMP_ARCH_X86_64";
constexpr std::string_view kOwnMachine = "amd64";
#elif defined(__aarch64__)
constexpr std::string_view kOwnArchitecture = "SCMP_ARCH_AARCH64";
constexpr std::string_view kOwnMachine = "arm64";
#else
#error "what do seccomp profiles call this machine?"
#endif

constexpr int kMaxError = 4095;  // the kernel's, for a filter's errno
constexpr unsigned kArguments = 6;

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw base::Error(base::ErrorKind::invalid_input,
                    fmt::format("{}: {}", where, what));
}

std::string quote(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A value of the profile and the path that leads to it.
class Node {
 public:
  Node(const json& value, std::string path)
      : value_(value), path_(std::move(path)) {}

  // Absent and null are the same, as for docker.
  std::optional<Node> find(const char* key) const {
    if (!value_.is_object()) refuse(where(), "want an object");
    const auto member = value_.find(key);
    if (member == value_.end() || member->is_null()) return std::nullopt;
    return Node(*member, path_.empty() ? key : path_ + "." + key);
  }

  std::vector<Node> items(const char* key) const {
    const auto list = find(key);
    std::vector<Node> nodes;
    if (!list) return nodes;
    if (!list->value_.is_array()) refuse(list->path_, "want a list");
    for (std::size_t i = 0; i < list->value_.size(); ++i) {
      nodes.emplace_back(list->value_[i],
                         fmt::format("{}[{}]", list->path_, i));
    }
    return nodes;
  }

  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> words;
    for (const Node& node : items(key)) words.push_back(node.text());
    return words;
  }

  std::string text() const {
    if (!value_.is_string() || value_.get_ref<const std::string&>().empty()) {
      refuse(path_, "want a text, not " + quote(value_));
    }
    return value_.get<std::string>();
  }

  std::uint64_t number(std::uint64_t most) const {
    if (!value_.is_number_unsigned() || value_.get<std::uint64_t>() > most) {
      refuse(path_, fmt::format("want a number up to {}, not {}", most,
                                quote(value_)));
    }
    return value_.get<std::uint64_t>();
  }

  std::string where() const { return path_.empty() ? "profile" : path_; }

 private:
  const json& value_;
  std::string path_;
};

std::uint64_t number_or_zero(const std::optional<Node>& node) {
  return node ? node->number(~std::uint64_t{0}) : 0;
}

struct Answer {
  Action action = Action::allow;
  std::optional<int> error;  // where the action settles it
  bool operator==(const Answer&) const = default;
};

// SCMP_ACT_TRACE asks a tracer; where there is none, the call is ENOSYS.
Answer read_action(const Node& node) {
  static const std::map<std::string_view, Answer> actions = {
      {"SCMP_ACT_ALLOW", {Action::allow, {}}},
      {"SCMP_ACT_ERRNO", {Action::fail, {}}},
      {"SCMP_ACT_KILL", {Action::kill_thread, {}}},
      {"SCMP_ACT_KILL_THREAD", {Action::kill_thread, {}}},
      {"SCMP_ACT_KILL_PROCESS", {Action::kill_process, {}}},
      {"SCMP_ACT_TRAP", {Action::trap, {}}},
      {"SCMP_ACT_LOG", {Action::log, {}}},
      {"SCMP_ACT_TRACE", {Action::fail, ENOSYS}}};
  const std::string name = node.text();
  const auto known = actions.find(name);
  if (known != actions.end()) return known->second;
  if (name == "SCMP_ACT_NOTIFY") {
    refuse(node.where(), "SCMP_ACT_NOTIFY needs a program that answers");
  }
  refuse(node.where(),
         fmt::format("unknown action \"{}\"; known are SCMP_ACT_ALLOW, ERRNO, "
                     "KILL, KILL_THREAD, KILL_PROCESS, TRAP, LOG and TRACE",
                     name));
}

int find_errno(const Node& node) {
  const std::string name = node.text();
  for (int number = 1; number < 256; ++number) {
    const char* known = ::strerrorname_np(number);
    if (known != nullptr && name == known) return number;
  }
  refuse(node.where(), fmt::format("unknown error \"{}\"", name));
}

int read_error(const Node& object, const char* number, const char* name) {
  if (const auto node = object.find(number)) {
    return static_cast<int>(node->number(kMaxError));
  }
  if (const auto node = object.find(name)) return find_errno(*node);
  return EPERM;
}

Operator read_operator(const Node& node) {
  static const std::map<std::string_view, Operator> operators = {
      {"SCMP_CMP_NE", Operator::not_equal},
      {"SCMP_CMP_LT", Operator::less},
      {"SCMP_CMP_LE", Operator::less_or_equal},
      {"SCMP_CMP_EQ", Operator::equal},
      {"SCMP_CMP_GE", Operator::greater_or_equal},
      {"SCMP_CMP_GT", Operator::greater},
      {"SCMP_CMP_MASKED_EQ", Operator::equal}};
  const std::string name = node.text();
  const auto known = operators.find(name);
  if (known != operators.end()) return known->second;
  refuse(
      node.where(),
      fmt::format("unknown comparison \"{}\"; known are SCMP_CMP_NE, LT, LE, "
                  "EQ, GE, GT and MASKED_EQ",
                  name));
}

Seccomp::Argument read_argument(const Node& node) {
  Seccomp::Argument argument;
  const auto index = node.find("index");
  const auto op = node.find("op");
  if (!op) refuse(node.where(), "it has no \"op\"");
  argument.index =
      index ? static_cast<unsigned>(index->number(kArguments - 1)) : 0;
  argument.op = read_operator(*op);
  argument.value = number_or_zero(node.find("value"));
  if (op->text() == "SCMP_CMP_MASKED_EQ") {
    argument.mask = argument.value;
    argument.value = number_or_zero(node.find("valueTwo")) & argument.mask;
  }
  return argument;
}

// Whether the machine's kernel is at least the one that is written there.
bool has_kernel(const Node& node, const ProfileGround& ground) {
  const std::string text = node.text();
  unsigned major = 0;
  unsigned minor = 0;
  if (std::sscanf(text.c_str(), "%u.%u", &major, &minor) != 2) {
    refuse(node.where(),
           fmt::format("\"{}\" is no version of a kernel, as in 4.8", text));
  }
  return std::pair(ground.kernel_major, ground.kernel_minor) >=
         std::pair(major, minor);
}

bool has_word(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_excluded(const Node& call, const ProfileGround& ground) {
  const auto node = call.find("excludes");
  if (!node) return false;
  const auto caps = node->texts("caps");
  const auto kernel = node->find("minKernel");
  return has_word(node->texts("arches"), kOwnMachine) ||
         std::any_of(caps.begin(), caps.end(),
                     [&](const auto& name) {
                       return has_word(ground.capabilities, name);
                     }) ||
         (kernel && has_kernel(*kernel, ground));
}

bool is_included(const Node& call, const ProfileGround& ground) {
  const auto node = call.find("includes");
  if (!node) return true;
  const auto arches = node->texts("arches");
  const auto caps = node->texts("caps");
  const auto kernel = node->find("minKernel");
  return (arches.empty() || has_word(arches, kOwnMachine)) &&
         std::all_of(caps.begin(), caps.end(),
                     [&](const auto& name) {
                       return has_word(ground.capabilities, name);
                     }) &&
         (!kernel || has_kernel(*kernel, ground));
}

std::vector<std::string> read_names(const Node& call) {
  std::vector<std::string> names = call.texts("names");
  if (const auto name = call.find("name")) {
    if (!names.empty()) {
      refuse(call.where(), "it has \"name\" and \"names\"; use one of them");
    }
    names.push_back(name->text());
  }
  return names;
}

std::vector<std::string> read_architectures(const Node& profile) {
  std::vector<std::string> names = profile.texts("architectures");
  for (const Node& entry : profile.items("archMap")) {
    if (profile.find("architectures")) {
      refuse("archMap", "\"architectures\" is there as well; use one of them");
    }
    const auto own = entry.find("architecture");
    if (!own) refuse(entry.where(), "it has no \"architecture\"");
    if (own->text() != kOwnArchitecture || !names.empty()) continue;
    names = entry.texts("subArchitectures");
    names.insert(names.begin(), own->text());
  }
  return names;
}

// One entry of "syscalls": a rule, or one for each comparison.
void read_call(const Node& call, const ProfileGround& ground,
               std::vector<Seccomp::Rule>& rules) {
  const auto action = call.find("action");
  if (!action) refuse(call.where(), "it has no \"action\"");
  const Answer answer = read_action(*action);
  Seccomp::Rule rule;
  rule.names = read_names(call);
  rule.action = answer.action;
  rule.error = answer.error.value_or(read_error(call, "errnoRet", "errno"));
  std::set<unsigned> indexes;
  for (const Node& node : call.items("args")) {
    rule.arguments.push_back(read_argument(node));
    indexes.insert(rule.arguments.back().index);
  }
  if (is_excluded(call, ground) || !is_included(call, ground)) return;
  if (indexes.size() == rule.arguments.size()) {
    rules.push_back(std::move(rule));
    return;
  }
  for (const Seccomp::Argument& argument : rule.arguments) {
    rules.push_back({rule.names, rule.action, rule.error, {argument}});
  }
}

bool is_default(const Seccomp::Rule& rule, const Seccomp& seccomp) {
  return rule.action == seccomp.default_action &&
         (rule.action != Action::fail || rule.error == seccomp.default_error);
}

// From a set of rules to a list where the first that holds decides.
void put_in_order(Seccomp& seccomp) {
  std::erase_if(seccomp.rules, [&](const Seccomp::Rule& rule) {
    return is_default(rule, seccomp);
  });
  std::stable_partition(
      seccomp.rules.begin(), seccomp.rules.end(),
      [](const Seccomp::Rule& rule) { return rule.arguments.empty(); });
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
json parse_json(std::string_view text) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    std::string why = error.what();
    if (const std::size_t at = why.find("at line "); at != why.npos) {
      why.erase(0, at + 3);
    }
    refuse("not JSON", why);
  }
}

}  // namespace

ProfileGround profile_ground(std::vector<std::string> capabilities) {
  ProfileGround ground{std::move(capabilities)};
  utsname machine{};
  if (::uname(&machine) == 0) {
    std::sscanf(machine.release, "%u.%u", &ground.kernel_major,
                &ground.kernel_minor);
  }
  return ground;
}

std::optional<Seccomp> parse_seccomp_profile(std::string_view text,
                                             const ProfileGround& ground) {
  const json document = parse_json(text);
  const Node profile(document, "");
  const auto action = profile.find("defaultAction");
  const std::vector<Node> calls = profile.items("syscalls");
  if (!action) {
    if (calls.empty()) return std::nullopt;
    refuse("profile", "it has no \"defaultAction\"");
  }
  Seccomp seccomp;
  const Answer answer = read_action(*action);
  seccomp.default_action = answer.action;
  seccomp.default_error = answer.error.value_or(
      read_error(profile, "defaultErrnoRet", "defaultErrno"));
  seccomp.architectures = read_architectures(profile);
  for (const Node& call : calls) read_call(call, ground, seccomp.rules);
  put_in_order(seccomp);
  return seccomp;
}

}  // namespace runtime
