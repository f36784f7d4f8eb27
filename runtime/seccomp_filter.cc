#include "runtime/seccomp_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <memory>
#include <span>
#include <string_view>

#include "base/dynamic_library.h"
#include "base/error.h"

namespace runtime {
namespace {

// Numbers of one architecture that have names.
struct NumberRange {
  std::uint32_t architecture;  // SCMP_ARCH_*
  std::uint32_t first;
  std::uint32_t count;
};

// What the kernel tells apart, with all the calls that are made there.
struct Machine {
  std::uint32_t architecture;  // AUDIT_ARCH_*
  std::vector<NumberRange> ranges;
};

// From here on a number is the same call on every architecture.
constexpr std::uint32_t kFirstNewCall = 451;
constexpr std::uint32_t kNewCalls[] = {
    451,  // cachestat
    452,  // fchmodat2
    453,  // map_shadow_stack
    454,  // futex_wake
    455,  // futex_wait
    456,  // futex_requeue
    462,  // mseal
    463,  // setxattrat
    464,  // getxattrat
    465,  // listxattrat
    466,  // removexattrat
};

const std::vector<Machine>& machines() {
#if defined(__x86_64__)
  // x32 is x86-64 with a bit set in the number (asm/unistd.h).
  constexpr std::uint32_t kX32Bit = 0x40000000;
  static const std::vector<Machine> kMachines = {
      {AUDIT_ARCH_X86_64,
       {{SCMP_ARCH_X86_64, 0, kFirstNewCall},
        {SCMP_ARCH_X32, kX32Bit, kFirstNewCall + 100}}},
      {AUDIT_ARCH_I386, {{SCMP_ARCH_X86, 0, kFirstNewCall}}}};
#elif defined(__aarch64__)
  constexpr std::uint32_t kArmPrivate = 0xf0000;
  static const std::vector<Machine> kMachines = {
      {AUDIT_ARCH_AARCH64, {{SCMP_ARCH_AARCH64, 0, kFirstNewCall}}},
      {AUDIT_ARCH_ARM,
       {{SCMP_ARCH_ARM, 0, kFirstNewCall}, {SCMP_ARCH_ARM, kArmPrivate, 8}}}};
#else
#error "which system calls does this architecture have?"
#endif
  return kMachines;
}

using Names = std::map<std::string_view, std::vector<const Seccomp::Rule*>>;

std::uint32_t failure(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

sock_filter statement(unsigned code, std::uint32_t operand) {
  return {static_cast<std::uint16_t>(code), 0, 0, operand};
}

sock_filter give(std::uint32_t answer) {
  return statement(BPF_RET | BPF_K, answer);
}

sock_filter jump(unsigned code, std::uint32_t operand, std::size_t if_true,
                 std::size_t if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | BPF_K | code),
          static_cast<std::uint8_t>(if_true),
          static_cast<std::uint8_t>(if_false), operand};
}

void append(SeccompProgram& program, const SeccompProgram& part) {
  program.insert(program.end(), part.begin(), part.end());
}

// `then` when A is at least `least`, else `otherwise`; both end in answers.
SeccompProgram branch(std::uint32_t least, const SeccompProgram& otherwise,
                      const SeccompProgram& then) {
  constexpr std::size_t kFarthest = 255;  // of a conditional jump
  SeccompProgram program;
  if (otherwise.size() <= kFarthest) {
    program.push_back(jump(BPF_JGE, least, otherwise.size(), 0));
  } else {
    program.push_back(jump(BPF_JGE, least, 0, 1));
    program.push_back(statement(BPF_JMP | BPF_JA,
                                static_cast<std::uint32_t>(otherwise.size())));
  }
  append(program, otherwise);
  append(program, then);
  return program;
}

// Gives `answer` when half an argument is as asked, else goes on behind.
// Halves that the mask hides always are.
struct Half {
  std::uint32_t offset, mask, value;
};

std::vector<Half> halves_of(const Seccomp::Argument& argument) {
  const auto at = static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                             argument.index * 8);
  constexpr bool kIsLittle = std::endian::native == std::endian::little;
  std::vector<Half> halves;
  for (const unsigned shift : {0U, 32U}) {
    const Half half{at + ((shift == 0) == kIsLittle ? 0U : 4U),
                    static_cast<std::uint32_t>(argument.mask >> shift),
                    static_cast<std::uint32_t>(argument.value >> shift)};
    if (half.mask != 0) halves.push_back(half);
  }
  return halves;
}

// Falls through to what follows when the argument is as asked; else jumps over
// `skipped` instructions that follow.
SeccompProgram test(const Seccomp::Argument& argument, std::size_t skipped) {
  const std::vector<Half> halves = halves_of(argument);
  const bool is_equal = argument.op == Seccomp::Argument::Operator::equal;
  constexpr std::size_t kPerHalf = 3;
  SeccompProgram program;
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const std::size_t behind = (halves.size() - 1 - i) * kPerHalf;
    const bool is_last = behind == 0;
    program.push_back(statement(BPF_LD | BPF_W | BPF_ABS, halves[i].offset));
    program.push_back(statement(BPF_ALU | BPF_AND | BPF_K, halves[i].mask));
    // Unequal as soon as one half is; equal when the last one is as well.
    program.push_back(
        is_equal
            ? jump(BPF_JEQ, halves[i].value, 0, behind + skipped)
            : jump(BPF_JEQ, halves[i].value, is_last ? skipped : 0, behind));
  }
  return program;
}

// The first rule that holds decides.
SeccompProgram decide(const std::vector<const Seccomp::Rule*>& rules) {
  SeccompProgram program;
  for (const Seccomp::Rule* rule : rules) {
    SeccompProgram part = {give(rule->action == Seccomp::Action::allow
                                    ? SECCOMP_RET_ALLOW
                                    : failure(rule->error))};
    for (const Seccomp::Argument& argument : rule->arguments) {
      SeccompProgram tested = test(argument, part.size());
      append(tested, part);
      part = std::move(tested);
    }
    append(program, part);
    if (rule->arguments.empty()) return program;
  }
  program.push_back(give(failure(EPERM)));
  return program;
}

bool is_same(const SeccompProgram& a, const SeccompProgram& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const sock_filter& x, const sock_filter& y) {
                      return x.code == y.code && x.jt == y.jt && x.jf == y.jf &&
                             x.k == y.k;
                    });
}

// Calls from `first` to the next run fare alike.
struct Run {
  std::uint32_t first;
  SeccompProgram decision;
};

class RunList {
 public:
  void add(std::uint32_t first, SeccompProgram decision) {
    if (!runs_.empty() && is_same(runs_.back().decision, decision)) return;
    runs_.push_back({first, std::move(decision)});
  }
  SeccompProgram search() const { return search(runs_); }

 private:
  static SeccompProgram search(std::span<const Run> runs) {
    if (runs.size() == 1) return runs.front().decision;
    const std::span<const Run> right = runs.subspan(runs.size() / 2);
    return branch(right.front().first, search(runs.first(runs.size() / 2)),
                  search(right));
  }
  std::vector<Run> runs_;
};

class Compiler {
 public:
  explicit Compiler(const Seccomp& seccomp) {
    for (const Seccomp::Rule& rule : seccomp.rules) {
      for (const std::string_view name : rule.names) {
        rules_[name].push_back(&rule);
      }
    }
    const base::DynamicLibrary library("libseccomp.so.2");
    library.load(name_of_, "seccomp_syscall_resolve_num_arch");
  }

  SeccompProgram compile(const Machine& machine) const {
    RunList runs;
    for (const NumberRange& range : machine.ranges) add_range(range, runs);
    SeccompProgram program = {
        statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    append(program, runs.search());
    return program;
  }

 private:
  void add_range(const NumberRange& range, RunList& runs) const {
    for (std::uint32_t i = 0; i < range.count; ++i) {
      const std::uint32_t number = range.first + i;
      const std::unique_ptr<char, decltype(&std::free)> name(
          name_of_(range.architecture, static_cast<int>(number)), &std::free);
      const auto known = name ? rules_.find(name.get()) : rules_.end();
      runs.add(number,
               known == rules_.end() ? decide({}) : decide(known->second));
    }
    if (range.first == 0) {
      for (const std::uint32_t number : kNewCalls) {
        runs.add(number, {give(SECCOMP_RET_ALLOW)});
        const bool is_last_of_run =
            std::find(std::begin(kNewCalls), std::end(kNewCalls), number + 1) ==
            std::end(kNewCalls);
        if (is_last_of_run) runs.add(number + 1, {give(failure(ENOSYS))});
      }
    } else {
      runs.add(range.first + range.count, {give(failure(ENOSYS))});
    }
  }

  Names rules_;
  decltype(&seccomp_syscall_resolve_num_arch) name_of_ = nullptr;
};

}  // namespace

SeccompProgram compile_seccomp(const Seccomp& seccomp) {
  const Compiler compiler(seccomp);
  SeccompProgram program = {
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch))};
  for (const Machine& machine : machines()) {
    const SeccompProgram part = compiler.compile(machine);
    program.push_back(jump(BPF_JEQ, machine.architecture, 1, 0));
    program.push_back(
        statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(part.size())));
    append(program, part);
  }
  program.push_back(give(SECCOMP_RET_KILL_PROCESS));
  if (program.size() > BPF_MAXINSNS) {
    throw base::Error(base::ErrorKind::unsupported,
                      "too many rules for a system call filter");
  }
  return program;
}

}  // namespace runtime
