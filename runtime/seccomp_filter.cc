#include "runtime/seccomp_filter.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <iterator>
#include <map>
#include <span>

#include "base/error.h"
#include "runtime/syscall_names.h"

namespace runtime {
namespace {

std::uint32_t failure(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

std::uint32_t answer(Seccomp::Action action, int error) {
  switch (action) {
    case Seccomp::Action::allow:
      return SECCOMP_RET_ALLOW;
    case Seccomp::Action::fail:
      return failure(error);
    case Seccomp::Action::kill_process:
      return SECCOMP_RET_KILL_PROCESS;
    case Seccomp::Action::kill_thread:
      return SECCOMP_RET_KILL_THREAD;
    case Seccomp::Action::trap:
      return SECCOMP_RET_TRAP;
    case Seccomp::Action::log:
      return SECCOMP_RET_LOG;
  }
  return SECCOMP_RET_KILL_PROCESS;
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

// Of an argument: where it is, and what is compared there.
struct Half {
  std::uint32_t offset, mask, value;
};

Half half_of(const Seccomp::Argument& argument, unsigned shift) {
  const auto at = static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                             argument.index * 8);
  constexpr bool kIsLittle = std::endian::native == std::endian::little;
  return {at + ((shift == 0) == kIsLittle ? 0U : 4U),
          static_cast<std::uint32_t>(argument.mask >> shift),
          static_cast<std::uint32_t>(argument.value >> shift)};
}

// The tests below fall through to what follows when the argument is as asked;
// else they jump over `skipped` instructions that follow. Halves that the mask
// hides, or that the machine's arguments do not have, always are as asked.
SeccompProgram test_equality(const Seccomp::Argument& argument, unsigned bits,
                             std::size_t skipped) {
  std::vector<Half> halves;
  for (unsigned shift = 0; shift < bits; shift += 32) {
    const Half half = half_of(argument, shift);
    if (half.mask != 0) halves.push_back(half);
  }
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

// The upper halves decide unless they are equal. "Less" is what is not
// "greater or equal".
SeccompProgram test_order(const Seccomp::Argument& argument, unsigned bits,
                          std::size_t skipped) {
  using Operator = Seccomp::Argument::Operator;
  const bool wants_greater = argument.op == Operator::greater ||
                             argument.op == Operator::greater_or_equal;
  const bool is_strict = argument.op == Operator::greater ||
                         argument.op == Operator::less_or_equal;
  const std::size_t if_greater = wants_greater ? 0 : skipped;
  const std::size_t if_less = wants_greater ? skipped : 0;
  SeccompProgram program;
  if (bits > 32) {
    const Half upper = half_of(argument, 32);
    program.push_back(statement(BPF_LD | BPF_W | BPF_ABS, upper.offset));
    program.push_back(jump(BPF_JGT, upper.value, 3 + if_greater, 0));
    program.push_back(jump(BPF_JEQ, upper.value, 0, 2 + if_less));
  }
  const Half lower = half_of(argument, 0);
  program.push_back(statement(BPF_LD | BPF_W | BPF_ABS, lower.offset));
  program.push_back(
      jump(is_strict ? BPF_JGT : BPF_JGE, lower.value, if_greater, if_less));
  return program;
}

SeccompProgram test(const Seccomp::Argument& argument, unsigned bits,
                    std::size_t skipped) {
  using Operator = Seccomp::Argument::Operator;
  const bool is_equality =
      argument.op == Operator::equal || argument.op == Operator::not_equal;
  return is_equality ? test_equality(argument, bits, skipped)
                     : test_order(argument, bits, skipped);
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
  explicit Compiler(const Seccomp& seccomp) : seccomp_(seccomp) {
    for (const Seccomp::Rule& rule : seccomp.rules) {
      for (const std::string& name : rule.names) rules_[name].push_back(&rule);
    }
  }

  SeccompProgram compile(const Machine& machine) const {
    RunList runs;
    for (const NumberRange& range : machine.ranges) {
      add_range(range, machine.argument_bits, runs);
    }
    SeccompProgram program = {
        statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    append(program, runs.search());
    return program;
  }

 private:
  bool may_call(const NumberRange& range) const {
    const std::vector<std::string>& allowed = seccomp_.architectures;
    return allowed.empty()
               ? range.architecture == machines().front().ranges[0].architecture
               : std::find(allowed.begin(), allowed.end(), range.name) !=
                     allowed.end();
  }

  void add_range(const NumberRange& range, unsigned bits, RunList& runs) const {
    if (!may_call(range)) {
      return runs.add(range.first, {give(SECCOMP_RET_KILL_PROCESS)});
    }
    for (std::uint32_t i = 0; i < range.count; ++i) {
      const std::uint32_t number = range.first + i;
      const auto known = rules_.find(names_.find(range.architecture, number));
      runs.add(number, known == rules_.end()
                           ? SeccompProgram{give(of_unnamed(number))}
                           : decide(known->second, bits));
    }
    const std::uint32_t behind = range.first + range.count;
    runs.add(behind, {give(of_unnamed(behind))});
  }

  // A call that no rule names.
  std::uint32_t of_unnamed(std::uint32_t number) const {
    if (is_new_call(number) &&
        seccomp_.default_action == Seccomp::Action::fail) {
      return failure(ENOSYS);
    }
    return answer(seccomp_.default_action, seccomp_.default_error);
  }

  // The first rule that holds decides.
  SeccompProgram decide(const std::vector<const Seccomp::Rule*>& rules,
                        unsigned bits) const {
    SeccompProgram program;
    for (const Seccomp::Rule* rule : rules) {
      SeccompProgram part = {give(answer(rule->action, rule->error))};
      for (const Seccomp::Argument& argument : rule->arguments) {
        SeccompProgram tested = test(argument, bits, part.size());
        append(tested, part);
        part = std::move(tested);
      }
      append(program, part);
      if (rule->arguments.empty()) return program;
    }
    program.push_back(
        give(answer(seccomp_.default_action, seccomp_.default_error)));
    return program;
  }

  const Seccomp& seccomp_;
  std::map<std::string, std::vector<const Seccomp::Rule*>> rules_;
  SyscallNames names_;
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

std::vector<std::string> find_unknown_calls(const Seccomp& seccomp) {
  const SyscallNames known;
  std::vector<std::string> unknown;
  for (const Seccomp::Rule& rule : seccomp.rules) {
    std::copy_if(
        rule.names.begin(), rule.names.end(), std::back_inserter(unknown),
        [&](const std::string& name) { return !known.is_known(name); });
  }
  return unknown;
}

}  // namespace runtime
