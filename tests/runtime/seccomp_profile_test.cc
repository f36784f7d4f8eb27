// Docker's seccomp profiles, and what of them goes wrong.
#include "runtime/seccomp_profile.h"

#include <catch2/catch.hpp>
#include <cerrno>

#include "base/error.h"

using Catch::Contains;
using runtime::Seccomp;
using Action = Seccomp::Action;
using Operator = Seccomp::Argument::Operator;

namespace {

Seccomp parse(const std::string& text,
              const std::vector<std::string>& capabilities = {}) {
  return runtime::parse_seccomp_profile(text, {capabilities, 5, 10}).value();
}

// A profile that fails everything but has these entries of "syscalls".
Seccomp parse_calls(const std::string& calls,
                    const std::vector<std::string>& capabilities = {}) {
  return parse(
      R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[)" + calls + "]}",
      capabilities);
}

std::string error_of(const std::string& text) {
  try {
    runtime::parse_seccomp_profile(text, {{}, 5, 10});
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::ErrorKind::invalid_input);
    return error.message();
  }
  return "no error";
}

std::string call_error(const std::string& call) {
  return error_of(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[)" + call +
                  "]}");
}

// The names of the calls that a condition lets a profile have.
std::size_t count_with(const std::string& condition,
                       const std::vector<std::string>& capabilities = {}) {
  return parse_calls(R"({"names":["mount"],"action":"SCMP_ACT_ALLOW",)" +
                         condition + "}",
                     capabilities)
      .rules.size();
}

}  // namespace

TEST_CASE("a profile's default and calls become rules", "[runtime][profile]") {
  const Seccomp seccomp = parse(R"({
    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
    "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [
      {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "args": null},
      {"name": "open", "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
      {"names": ["close"], "action": "SCMP_ACT_KILL"},
      {"names": ["dup"], "action": "SCMP_ACT_TRACE"}]})");
  CHECK(seccomp.default_action == Action::fail);
  CHECK(seccomp.default_error == ENOSYS);
  CHECK(seccomp.architectures == std::vector<std::string>{"SCMP_ARCH_X86_64"});
  // What only says the default again is left out.
  REQUIRE(seccomp.rules.size() == 3);
  CHECK(seccomp.rules[0].names == std::vector<std::string>{"read", "write"});
  CHECK(seccomp.rules[1].action == Action::fail);
  CHECK(seccomp.rules[1].error == EACCES);
  CHECK(seccomp.rules[2].action == Action::kill_thread);
}

TEST_CASE("a profile that says nothing asks for no filter",
          "[runtime][profile]") {
  CHECK_FALSE(runtime::parse_seccomp_profile("{}", {}));
  CHECK_FALSE(runtime::parse_seccomp_profile(R"({"syscalls":[]})", {}));
}

TEST_CASE("of an archMap the entry of this machine counts",
          "[runtime][profile]") {
  const Seccomp seccomp = parse(R"({"defaultAction": "SCMP_ACT_ALLOW",
    "archMap": [
      {"architecture": "SCMP_ARCH_S390X",
       "subArchitectures": ["SCMP_ARCH_S390"]},
      {"architecture": "SCMP_ARCH_X86_64",
       "subArchitectures": ["SCMP_ARCH_X86"]},
      {"architecture": "SCMP_ARCH_AARCH64",
       "subArchitectures": ["SCMP_ARCH_ARM"]}]})");
#if defined(__x86_64__)
  CHECK(seccomp.architectures ==
        std::vector<std::string>{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"});
#endif
}

TEST_CASE("calls come with a capability, a kernel or a machine",
          "[runtime][profile]") {
  const std::vector<std::string> admin = {"CAP_SYS_ADMIN"};
  CHECK(count_with(R"("includes":{"caps":["CAP_SYS_ADMIN"]})", admin) == 1);
  CHECK(count_with(R"("includes":{"caps":["CAP_SYS_ADMIN"]})") == 0);
  CHECK(count_with(R"("includes":{"caps":["CAP_SYS_ADMIN","CAP_BPF"]})",
                   admin) == 0);
  CHECK(count_with(R"("excludes":{"caps":["CAP_BPF","CAP_SYS_ADMIN"]})",
                   admin) == 0);
  CHECK(count_with(R"("excludes":{"caps":["CAP_SYS_ADMIN"]})") == 1);
  CHECK(count_with(R"("includes":{"minKernel":"5.10"})") == 1);
  CHECK(count_with(R"("includes":{"minKernel":"5.9"})") == 1);
  CHECK(count_with(R"("includes":{"minKernel":"6.0"})") == 0);
  CHECK(count_with(R"("excludes":{"minKernel":"4.8"})") == 0);
  CHECK(count_with(R"("includes":{"arches":["s390x"]})") == 0);
  CHECK(count_with(R"("includes":{"arches":["amd64","arm64"]})") == 1);
  CHECK(count_with(R"("excludes":{"arches":["amd64","arm64"]})") == 0);
  CHECK(count_with(R"("includes":{},"excludes":null)") == 1);
}

TEST_CASE("arguments are compared as the profile says", "[runtime][profile]") {
  const Seccomp seccomp = parse_calls(R"(
    {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [
      {"index": 0, "value": 2114060288, "valueTwo": 0,
       "op": "SCMP_CMP_MASKED_EQ"},
      {"index": 1, "value": 5, "op": "SCMP_CMP_GE"}]})");
  REQUIRE(seccomp.rules.size() == 1);
  REQUIRE(seccomp.rules[0].arguments.size() == 2);
  CHECK(seccomp.rules[0].arguments[0] ==
        Seccomp::Argument{0, Operator::equal, 0, 2114060288});
  CHECK(seccomp.rules[0].arguments[1] ==
        Seccomp::Argument{1, Operator::greater_or_equal, 5, ~std::uint64_t{0}});
}

TEST_CASE("comparisons of one argument are alternatives",
          "[runtime][profile]") {
  CHECK(parse_calls(R"({"names": ["dup"], "action": "SCMP_ACT_ALLOW", "args": [
      {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"},
      {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]})")
            .rules.size() == 2);
}

TEST_CASE("a rule without arguments has the last word, wherever it stands",
          "[runtime][profile]") {
  const Seccomp seccomp = parse_calls(R"(
    {"names": ["dup"], "action": "SCMP_ACT_LOG", "args": [
      {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]},
    {"names": ["dup"], "action": "SCMP_ACT_ALLOW"})");
  REQUIRE(seccomp.rules.size() == 2);
  CHECK(seccomp.rules[0].action == Action::allow);
}

TEST_CASE("podman's names of errors are read", "[runtime][profile]") {
  const Seccomp seccomp = parse(R"({"defaultAction": "SCMP_ACT_ERRNO",
    "defaultErrno": "ENOSYS", "syscalls": [
    {"names": ["dup"], "action": "SCMP_ACT_ERRNO", "errno": "EACCES"}]})");
  CHECK(seccomp.default_error == ENOSYS);
  CHECK(seccomp.rules.at(0).error == EACCES);
}

TEST_CASE("a broken profile is told with its place", "[runtime][profile]") {
  CHECK_THAT(error_of("{\n  \"defaultAction\": oops\n}"),
             Contains("not JSON: line 2, column 20"));
  CHECK_THAT(error_of(""), Contains("not JSON"));
  CHECK_THAT(error_of("[]"), Contains("profile: want an object"));
  CHECK_THAT(error_of(R"({"syscalls":[{"names":["dup"]}]})"),
             Contains("profile: it has no \"defaultAction\""));
  CHECK_THAT(error_of(R"({"defaultAction":"SCMP_ACT_ALOW"})"),
             Contains("defaultAction: unknown action \"SCMP_ACT_ALOW\""));
  CHECK_THAT(error_of(R"({"defaultAction":"SCMP_ACT_NOTIFY"})"),
             Contains("a program that answers"));
  CHECK_THAT(error_of(R"({"defaultAction":7})"),
             Contains("defaultAction: want a text, not 7"));
  CHECK_THAT(error_of(R"({"defaultAction":"SCMP_ACT_ERRNO",
                          "defaultErrnoRet":4096})"),
             Contains("defaultErrnoRet: want a number up to 4095, not 4096"));
  CHECK_THAT(error_of(R"({"defaultAction":"SCMP_ACT_ALLOW",
      "architectures":["SCMP_ARCH_X86"],"archMap":[{}]})"),
             Contains("archMap: \"architectures\" is there as well"));
  CHECK_THAT(call_error(R"({"names":["dup"]})"),
             Contains("syscalls[0]: it has no \"action\""));
  CHECK_THAT(call_error(R"({"names":"dup","action":"SCMP_ACT_ALLOW"})"),
             Contains("syscalls[0].names: want a list"));
  CHECK_THAT(call_error(R"({"names":["dup"],"name":"dup",
                            "action":"SCMP_ACT_ALLOW"})"),
             Contains("syscalls[0]: it has \"name\" and \"names\""));
  CHECK_THAT(call_error(R"({"names":["dup"],"action":"SCMP_ACT_LOG",
      "args":[{"index":6,"op":"SCMP_CMP_EQ"}]})"),
             Contains("syscalls[0].args[0].index: want a number up to 5"));
  CHECK_THAT(call_error(R"({"names":["dup"],"action":"SCMP_ACT_LOG",
      "args":[{"index":0,"op":"EQ"}]})"),
             Contains("syscalls[0].args[0].op: unknown comparison \"EQ\""));
  CHECK_THAT(call_error(R"({"names":["dup"],"action":"SCMP_ACT_LOG",
      "includes":{"minKernel":"new"}})"),
             Contains("syscalls[0].includes.minKernel: \"new\" is no version"));
  CHECK_THAT(call_error(R"({"names":["dup"],"action":"SCMP_ACT_ERRNO",
                            "errno":"EOOPS"})"),
             Contains("syscalls[0].errno: unknown error \"EOOPS\""));
}
