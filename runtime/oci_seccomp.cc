// Rules for system calls in the specification's words, which are libseccomp's.
//
// libseccomp compares whole 64-bit arguments, but for SCMP_CMP_MASKED_EQ. That
// an argument differs in one of some bits is said by a rule for each bit that
// allows the other value there: any of them holding is enough.
#include <cerrno>
#include <nlohmann/json.hpp>

#include "runtime/oci_config.h"

namespace runtime {
namespace {

using Json = nlohmann::json;
using Argument = Seccomp::Argument;

constexpr std::uint64_t kWhole = ~std::uint64_t{0};

Json render_architectures(const std::vector<std::string>& names) {
  if (!names.empty()) return names;
#if defined(__x86_64__)
  return {"SCMP_ARCH_X86_64"};
#elif defined(__aarch64__)
  return {"SCMP_ARCH_AARCH64"};
#else
#error "whose system calls does this architecture make?"
#endif
}

const char* render_action(Seccomp::Action action) {
  switch (action) {
    case Seccomp::Action::allow:
      return "SCMP_ACT_ALLOW";
    case Seccomp::Action::kill_process:
      return "SCMP_ACT_KILL_PROCESS";
    case Seccomp::Action::kill_thread:
      return "SCMP_ACT_KILL_THREAD";
    case Seccomp::Action::trap:
      return "SCMP_ACT_TRAP";
    case Seccomp::Action::log:
      return "SCMP_ACT_LOG";
    case Seccomp::Action::fail:
      break;
  }
  return "SCMP_ACT_ERRNO";
}

const char* render_operator(Argument::Operator op) {
  switch (op) {
    case Argument::Operator::not_equal:
      return "SCMP_CMP_NE";
    case Argument::Operator::less:
      return "SCMP_CMP_LT";
    case Argument::Operator::less_or_equal:
      return "SCMP_CMP_LE";
    case Argument::Operator::greater_or_equal:
      return "SCMP_CMP_GE";
    case Argument::Operator::greater:
      return "SCMP_CMP_GT";
    case Argument::Operator::equal:
      break;
  }
  return "SCMP_CMP_EQ";
}

Json render_argument(const Argument& argument) {
  Json json = {{"index", argument.index}};
  if (argument.op == Argument::Operator::equal && argument.mask != kWhole) {
    json["op"] = "SCMP_CMP_MASKED_EQ";
    json["value"] = argument.mask;
    json["valueTwo"] = argument.value;
    return json;
  }
  json["op"] = render_operator(argument.op);
  json["value"] = argument.value;
  return json;
}

// The ways in which one argument can be as asked, as comparisons that the
// specification has.
std::vector<Argument> alternatives(const Argument& argument) {
  if (argument.op != Argument::Operator::not_equal || argument.mask == kWhole) {
    return {argument};
  }
  std::vector<Argument> bits;
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t mask = std::uint64_t{1} << bit;
    if ((argument.mask & mask) == 0) continue;
    bits.push_back({argument.index, Argument::Operator::equal,
                    ~argument.value & mask, mask});
  }
  return bits;
}

// All combinations of the alternatives, each a list of arguments that all hold.
std::vector<Json> render_arguments(const std::vector<Argument>& arguments) {
  std::vector<Json> lists = {Json::array()};
  for (const Argument& argument : arguments) {
    std::vector<Json> longer;
    for (const Json& list : lists) {
      for (const Argument& alternative : alternatives(argument)) {
        longer.push_back(list);
        longer.back().push_back(render_argument(alternative));
      }
    }
    lists = std::move(longer);
  }
  return lists;
}

}  // namespace

Json render_oci_seccomp(const Seccomp& seccomp) {
  Json calls = Json::array();
  for (const Seccomp::Rule& rule : seccomp.rules) {
    Json call = {{"names", rule.names}, {"action", render_action(rule.action)}};
    if (rule.action == Seccomp::Action::fail) call["errnoRet"] = rule.error;
    for (Json& arguments : render_arguments(rule.arguments)) {
      Json& added = calls.emplace_back(call);
      if (!arguments.empty()) added["args"] = std::move(arguments);
    }
  }
  Json json = {{"defaultAction", render_action(seccomp.default_action)},
               {"architectures", render_architectures(seccomp.architectures)},
               {"syscalls", std::move(calls)}};
  if (seccomp.default_action == Seccomp::Action::fail) {
    json["defaultErrnoRet"] = seccomp.default_error;
  }
  return json;
}

}  // namespace runtime
