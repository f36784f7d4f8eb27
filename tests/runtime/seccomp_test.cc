// Which system calls a step may make. Programs are run by an interpreter here:
// no single machine makes the calls of all architectures.
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/dynamic_library.h"
#include "busybox_step.h"
#include "runtime/seccomp_filter.h"

using runtime::SeccompProgram;
using tests::BusyboxStep;

namespace {

constexpr std::uint32_t kArchitectures[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386};
constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;

std::uint32_t fails_with(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

// What the kernel would do; classic BPF as seccomp(2) allows it.
std::uint32_t run(const SeccompProgram& program, const seccomp_data& data) {
  std::uint32_t a = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& i = program[at];
    switch (i.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&a, reinterpret_cast<const char*>(&data) + i.k, sizeof a);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= i.k;
        break;
      case BPF_JMP | BPF_JA:
        at += i.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += a == i.k ? i.jt : i.jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += a >= i.k ? i.jt : i.jf;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        at += a > i.k ? i.jt : i.jf;
        break;
      case BPF_RET | BPF_K:
        return i.k;
      default:
        FAIL("instruction " << i.code);
    }
  }
  FAIL("ran past the end");
  return 0;
}

std::uint32_t run(const SeccompProgram& program, std::uint32_t architecture,
                  long number, std::uint64_t first = 0) {
  seccomp_data data{};
  data.arch = architecture;
  data.nr = static_cast<int>(number);
  data.args[0] = first;
  return run(program, data);
}

SeccompProgram standard_program() {
  return runtime::compile_seccomp(*runtime::default_spec().linux.seccomp);
}

}  // namespace

#if defined(__x86_64__)

namespace {

scmp_arg_cmp reference_argument(const runtime::Seccomp::Argument& argument) {
  using Operator = runtime::Seccomp::Argument::Operator;
  const unsigned index = argument.index;
  switch (argument.op) {
    case Operator::equal:
      return {index, SCMP_CMP_MASKED_EQ, argument.mask, argument.value};
    case Operator::not_equal:
      return {index, SCMP_CMP_NE, argument.value, 0};
    case Operator::less:
      return {index, SCMP_CMP_LT, argument.value, 0};
    case Operator::less_or_equal:
      return {index, SCMP_CMP_LE, argument.value, 0};
    case Operator::greater_or_equal:
      return {index, SCMP_CMP_GE, argument.value, 0};
    case Operator::greater:
      return {index, SCMP_CMP_GT, argument.value, 0};
  }
  return {};
}

std::uint32_t reference_action(const runtime::Seccomp::Rule& rule) {
  using Action = runtime::Seccomp::Action;
  switch (rule.action) {
    case Action::allow:
      return SCMP_ACT_ALLOW;
    case Action::fail:
      return SCMP_ACT_ERRNO(static_cast<std::uint32_t>(rule.error));
    case Action::kill_process:
      return SCMP_ACT_KILL_PROCESS;
    case Action::kill_thread:
      return SCMP_ACT_KILL_THREAD;
    case Action::trap:
      return SCMP_ACT_TRAP;
    case Action::log:
      return SCMP_ACT_LOG;
  }
  return SCMP_ACT_ALLOW;
}

// The same rules by libseccomp's own compiler.
SeccompProgram reference_program(const runtime::Seccomp& rules) {
  const base::DynamicLibrary library("libseccomp.so.2");
  decltype(&seccomp_init) init = nullptr;
  decltype(&seccomp_arch_add) arch_add = nullptr;
  decltype(&seccomp_syscall_resolve_name) resolve = nullptr;
  decltype(&seccomp_rule_add_array) rule_add = nullptr;
  decltype(&seccomp_export_bpf) export_bpf = nullptr;
  decltype(&seccomp_release) release = nullptr;
  library.load(init, "seccomp_init");
  library.load(arch_add, "seccomp_arch_add");
  library.load(resolve, "seccomp_syscall_resolve_name");
  library.load(rule_add, "seccomp_rule_add_array");
  library.load(export_bpf, "seccomp_export_bpf");
  library.load(release, "seccomp_release");
  const scmp_filter_ctx context = init(SCMP_ACT_ERRNO(EPERM));
  REQUIRE(arch_add(context, SCMP_ARCH_X86) == 0);
  for (const auto& rule : rules.rules) {
    std::vector<scmp_arg_cmp> arguments;
    for (const auto& argument : rule.arguments) {
      arguments.push_back(reference_argument(argument));
    }
    const std::uint32_t action = reference_action(rule);
    for (const std::string& name : rule.names) {
      const int number = resolve(name.c_str());
      if (number == __NR_SCMP_ERROR) continue;
      REQUIRE(rule_add(context, action, number,
                       static_cast<unsigned>(arguments.size()),
                       arguments.data()) == 0);
    }
  }
  const int file = ::memfd_create("reference", 0);
  REQUIRE(export_bpf(context, file) == 0);
  release(context);
  SeccompProgram program(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)) /
                         sizeof(sock_filter));
  const std::size_t size = program.size() * sizeof(sock_filter);
  REQUIRE(::pread(file, program.data(), size, 0) == static_cast<ssize_t>(size));
  ::close(file);
  return program;
}

}  // namespace

TEST_CASE("a filter answers as libseccomp's own would",
          "[runtime][seccomp][D309]") {
  const runtime::Seccomp rules = *runtime::default_spec().linux.seccomp;
  const SeccompProgram ours = runtime::compile_seccomp(rules);
  const SeccompProgram theirs = reference_program(rules);
  for (const std::uint32_t architecture : kArchitectures) {
    for (int number = 0; number < 451; ++number) {
      for (const std::uint64_t first :
           {0x0UL, 0x1UL, 0x8UL, 0x28UL, 0x20000UL, 0x20008UL, 0x20009UL,
            0x10000000UL, 0x10000011UL, 0x1200011UL, 0xffffffffUL}) {
        INFO(architecture << " " << number << " " << first);
        CHECK(run(ours, architecture, number, first) ==
              run(theirs, architecture, number, first));
      }
    }
  }
}

TEST_CASE("every comparison and every action is libseccomp's",
          "[runtime][seccomp]") {
  using Operator = runtime::Seccomp::Argument::Operator;
  using Action = runtime::Seccomp::Action;
  runtime::Seccomp rules;
  rules.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"};
  constexpr std::uint64_t kLow = 0x80000005;
  constexpr std::uint64_t kHigh = 0x300000005;
  const struct {
    const char* name;
    Operator op;
    std::uint64_t value;
    Action action;
  } rows[] = {{"read", Operator::less, kLow, Action::allow},
              {"write", Operator::less_or_equal, kLow, Action::log},
              {"close", Operator::greater, kLow, Action::trap},
              {"dup", Operator::greater_or_equal, kLow, Action::kill_thread},
              {"dup2", Operator::not_equal, kLow, Action::kill_process},
              {"fork", Operator::less, kHigh, Action::allow},
              {"pipe", Operator::less_or_equal, kHigh, Action::allow},
              {"getpid", Operator::greater, kHigh, Action::allow},
              {"getuid", Operator::greater_or_equal, kHigh, Action::fail},
              {"access", Operator::not_equal, kHigh, Action::allow}};
  for (const auto& row : rows) {
    rules.rules.push_back(
        {{row.name}, row.action, ENOTTY, {{0, row.op, row.value}}});
  }
  rules.rules.push_back({{"open"},
                         Action::allow,
                         0,
                         {{0, Operator::greater, 4}, {1, Operator::less, 9}}});
  const SeccompProgram ours = runtime::compile_seccomp(rules);
  // Its arguments of 32 bits are compared with those that fit.
  const SeccompProgram theirs = reference_program(rules);
  for (int number = 0; number < 451; ++number) {
    for (const std::uint64_t first :
         {0x0UL, 0x4UL, 0x5UL, 0x8UL, 0x9UL, 0x80000004UL, 0x80000005UL,
          0x80000006UL, 0x200000006UL, 0x300000004UL, 0x300000005UL,
          0x300000006UL, 0x400000000UL, ~0x0UL}) {
      INFO(number << " " << first);
      CHECK(run(ours, AUDIT_ARCH_X86_64, number, first) ==
            run(theirs, AUDIT_ARCH_X86_64, number, first));
      const std::uint64_t half = first & 0xffffffff;
      CHECK(run(ours, AUDIT_ARCH_I386, number, half) ==
            run(theirs, AUDIT_ARCH_I386, number, half));
    }
  }
}

TEST_CASE("calls of architectures that are not named kill",
          "[runtime][seccomp]") {
  runtime::Seccomp rules;
  rules.default_action = runtime::Seccomp::Action::allow;
  const auto of = [&](std::uint32_t architecture, long number) {
    return run(runtime::compile_seccomp(rules), architecture, number);
  };
  constexpr long kX32Read = 0x40000000;
  CHECK(of(AUDIT_ARCH_X86_64, SYS_read) == kAllow);
  CHECK(of(AUDIT_ARCH_I386, 3) == SECCOMP_RET_KILL_PROCESS);
  CHECK(of(AUDIT_ARCH_X86_64, kX32Read) == SECCOMP_RET_KILL_PROCESS);
  rules.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"};
  CHECK(of(AUDIT_ARCH_I386, 3) == kAllow);
  CHECK(of(AUDIT_ARCH_X86_64, 9999) == kAllow);
  CHECK(of(AUDIT_ARCH_X86_64, kX32Read) == SECCOMP_RET_KILL_PROCESS);
  rules.architectures = {"SCMP_ARCH_X86"};
  CHECK(of(AUDIT_ARCH_X86_64, SYS_read) == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE(
    "what is new and not named fails as unknown, where failing is the rule",
    "[runtime][seccomp]") {
  runtime::Seccomp rules;
  const auto statmount = [&] {
    return run(runtime::compile_seccomp(rules), AUDIT_ARCH_X86_64, 457);
  };
  CHECK(statmount() == fails_with(ENOSYS));
  rules.default_action = runtime::Seccomp::Action::kill_process;
  CHECK(statmount() == SECCOMP_RET_KILL_PROCESS);
  rules.rules = {{{"statmount"}}};
  CHECK(statmount() == kAllow);
  CHECK(runtime::find_unknown_calls(rules).empty());
  rules.rules.push_back({{"open", "oepn"}});
  CHECK(runtime::find_unknown_calls(rules) == std::vector<std::string>{"oepn"});
}

TEST_CASE("a step makes ordinary calls, and none that reach past it",
          "[runtime][seccomp][D309]") {
  const SeccompProgram program = standard_program();
  const auto of = [&](long number, std::uint64_t first = 0) {
    return run(program, AUDIT_ARCH_X86_64, number, first);
  };
  for (const long number :
       {SYS_read, SYS_execve, SYS_openat, SYS_ptrace, SYS_mknodat, SYS_chroot,
        SYS_setuid, SYS_seccomp, SYS_personality, SYS_clone, SYS_socket}) {
    INFO(number);
    CHECK(of(number) == kAllow);
  }
  for (const long number :
       {SYS_mount, SYS_unshare, SYS_setns, SYS_bpf, SYS_keyctl, SYS_add_key,
        SYS_reboot, SYS_kexec_load, SYS_init_module, SYS_open_by_handle_at,
        SYS_userfaultfd, SYS_io_uring_setup, SYS_clock_settime, SYS_swapon}) {
    INFO(number);
    CHECK(of(number) == fails_with(EPERM));
  }
  CHECK(of(SYS_clone, CLONE_NEWUSER | SIGCHLD) == fails_with(EPERM));
  CHECK(of(SYS_clone, CLONE_VM | CLONE_THREAD) == kAllow);
  CHECK(of(SYS_clone3) == fails_with(ENOSYS));
  CHECK(of(SYS_socket, AF_INET6) == kAllow);
  CHECK(of(SYS_socket, AF_VSOCK) == fails_with(EPERM));
  CHECK(of(SYS_socket, 0xffffffff00000000 | AF_VSOCK) == fails_with(EPERM));
  CHECK(of(SYS_personality, PER_LINUX32) == kAllow);
  CHECK(of(SYS_personality, ADDR_NO_RANDOMIZE) == fails_with(EPERM));
  CHECK(of(SYS_personality, 0xffffffff) == kAllow);
  CHECK(of(SYS_personality, 0x100000000) == fails_with(EPERM));
}

TEST_CASE("calls newer than libseccomp are allowed by number or unknown",
          "[runtime][seccomp][D309]") {
  const SeccompProgram program = standard_program();
  for (const std::uint32_t architecture : kArchitectures) {
    CHECK(run(program, architecture, 452) == kAllow);              // fchmodat2
    CHECK(run(program, architecture, 457) == fails_with(ENOSYS));  // statmount
    CHECK(run(program, architecture, 466) == kAllow);  // removexattrat
    CHECK(run(program, architecture, 9999) == fails_with(ENOSYS));
  }
  CHECK(run(program, AUDIT_ARCH_X86_64, 0x40000000) == kAllow);  // x32's read
  CHECK(run(program, AUDIT_ARCH_X86_64, 0x40000000 + 9999) ==
        fails_with(ENOSYS));
}

TEST_CASE("a program of an unknown architecture is killed",
          "[runtime][seccomp][D309]") {
  CHECK(run(standard_program(), AUDIT_ARCH_S390X, 0) ==
        SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("a capability brings the calls that need it",
          "[runtime][seccomp][D309]") {
  const auto allowed = [](const std::vector<std::string>& capabilities,
                          long number, std::uint64_t first = 0) {
    return run(runtime::compile_seccomp(runtime::default_seccomp(capabilities)),
               AUDIT_ARCH_X86_64, number, first) == kAllow;
  };
  CHECK_FALSE(allowed({}, SYS_chroot));
  CHECK(allowed({"CAP_SYS_CHROOT"}, SYS_chroot));
  CHECK_FALSE(allowed({"CAP_SYS_CHROOT"}, SYS_mount));
  CHECK(allowed({"CAP_SYS_ADMIN"}, SYS_mount));
  CHECK(allowed({"CAP_SYS_ADMIN"}, SYS_clone, CLONE_NEWNS));
  CHECK(allowed({"CAP_SYS_ADMIN"}, SYS_clone3));
  CHECK(allowed({"CAP_SYS_TIME"}, SYS_clock_settime));
}

#endif

TEST_CASE("the filter is loaded, without forbidding new privileges",
          "[root][runtime][seccomp][D309]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const tests::StepResult result =
      step.shell("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status");
  CHECK(result.output == "NoNewPrivs:\t0\nSeccomp:\t2\n");
  step.spec.linux.seccomp.reset();
  CHECK(step.shell("grep -E '^Seccomp:' /proc/self/status").output ==
        "Seccomp:\t0\n");
}

TEST_CASE("a step cannot make a user namespace", "[root][runtime][D309]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const char* const kTry = "unshare -U true 2>&1";
  CHECK_THAT(step.shell(kTry).output, Catch::Contains("not permitted"));
  step.spec.linux.seccomp.reset();
  CHECK(step.shell(kTry).outcome.succeeded());
}
