// The program, from the last rule to the first; r1 is the context that the
// kernel hands in, struct bpf_cgroup_dev_ctx:
//
//   r2 = access_type & 0xffff      the type: block or character
//   r3 = access_type >> 16         what is asked: make, read, write
//   r4 = major, r5 = minor
//   for each rule:
//     if the type, major or minor is another: go to the next rule
//     allow: r6 = r3 & ~access; if r6 != 0: go to the next rule
//     deny:  r6 = r3 & access;  if r6 == 0: go to the next rule
//     return whether it is allowed
//   return 1
//
// With 32-bit comparisons, so that a number above 2^31 is not taken for a
// negative one.
#include "runtime/device_program.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace runtime {
namespace {

using Program = std::vector<bpf_insn>;

constexpr int kNext = -1;  // the offset of a jump until the next rule is known

bpf_insn instruction(int code, int to, int from, int offset,
                     std::int64_t value) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = static_cast<__u8>(to & 0xf);
  made.src_reg = static_cast<__u8>(from & 0xf);
  made.off = static_cast<__s16>(offset);
  made.imm = static_cast<__s32>(value);
  return made;
}

bpf_insn load_word(int to, std::size_t offset) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, to, BPF_REG_1,
                     static_cast<int>(offset), 0);
}

bpf_insn jump_unless_equal(int reg, std::int64_t value) {
  return instruction(BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, kNext, value);
}

std::int64_t access_bits(const std::string& access) {
  std::int64_t bits = 0;
  for (const char c : access) {
    if (c == 'm') bits |= BPF_DEVCG_ACC_MKNOD;
    if (c == 'r') bits |= BPF_DEVCG_ACC_READ;
    if (c == 'w') bits |= BPF_DEVCG_ACC_WRITE;
  }
  return bits;
}

void add_return(bool is_allowed, Program& program) {
  program.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0,
                                is_allowed ? 1 : 0));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

void add_rule(const DeviceRule& rule, Program& program) {
  const std::size_t start = program.size();
  if (rule.type != 'a') {
    program.push_back(jump_unless_equal(BPF_REG_2, rule.type == 'b'
                                                       ? BPF_DEVCG_DEV_BLOCK
                                                       : BPF_DEVCG_DEV_CHAR));
    if (rule.major) {
      program.push_back(jump_unless_equal(BPF_REG_4, *rule.major));
    }
    if (rule.minor) {
      program.push_back(jump_unless_equal(BPF_REG_5, *rule.minor));
    }
    const std::int64_t access = access_bits(rule.access);
    program.push_back(
        instruction(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_3, 0, 0));
    program.push_back(instruction(BPF_ALU | BPF_AND | BPF_K, BPF_REG_6, 0, 0,
                                  rule.allow ? ~access : access));
    program.push_back(
        instruction(BPF_JMP32 | (rule.allow ? BPF_JNE : BPF_JEQ) | BPF_K,
                    BPF_REG_6, 0, kNext, 0));
  }
  add_return(rule.allow, program);
  for (std::size_t i = start; i < program.size(); ++i) {
    if (program[i].off != kNext) continue;
    program[i].off = static_cast<__s16>(program.size() - i - 1);
  }
}

long bpf(int command, bpf_attr& attributes) {
  return ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
}

}  // namespace

Program compile_device_rules(const std::vector<DeviceRule>& rules) {
  Program program = {
      load_word(BPF_REG_2, offsetof(bpf_cgroup_dev_ctx, access_type)),
      instruction(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0),
      instruction(BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff),
      instruction(BPF_ALU | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16),
      load_word(BPF_REG_4, offsetof(bpf_cgroup_dev_ctx, major)),
      load_word(BPF_REG_5, offsetof(bpf_cgroup_dev_ctx, minor)),
  };
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    add_rule(*rule, program);
    // The kernel refuses a program with a part that nothing leads to.
    if (rule->type == 'a') return program;
  }
  add_return(true, program);
  return program;
}

int attach_device_program(const base::Fd& directory, const Program& program) {
  static constexpr char kLicense[] = "Apache-2.0";
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insn_cnt = static_cast<__u32>(program.size());
  load.insns = reinterpret_cast<std::uintptr_t>(program.data());
  load.license = reinterpret_cast<std::uintptr_t>(&kLicense[0]);
  const base::Fd loaded(static_cast<int>(bpf(BPF_PROG_LOAD, load)));
  if (!loaded) return errno;
  bpf_attr attach{};
  attach.target_fd = static_cast<__u32>(directory.get());
  attach.attach_bpf_fd = static_cast<__u32>(loaded.get());
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  return bpf(BPF_PROG_ATTACH, attach) == 0 ? 0 : errno;
}

}  // namespace runtime
