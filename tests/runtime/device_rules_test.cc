// Which device nodes a process may make and open.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>

#include "busybox_step.h"
#include "runtime/cgroup.h"
#include "runtime/device_program.h"

using runtime::CgroupHierarchy;
using runtime::DeviceRule;
using tests::BusyboxStep;

namespace {

// Runs the program as the kernel would for one question.
bool is_allowed(const std::vector<DeviceRule>& rules, unsigned access,
                unsigned type, std::uint32_t major, std::uint32_t minor) {
  const std::vector<bpf_insn> program = runtime::compile_device_rules(rules);
  std::uint64_t registers[11] = {};
  const std::uint32_t context[3] = {access << 16U | type, major, minor};
  for (std::size_t at = 0; at < program.size(); ++at) {
    const bpf_insn& step = program[at];
    auto& to = registers[step.dst_reg];
    const auto value = static_cast<std::uint32_t>(step.imm);
    const auto low = static_cast<std::uint32_t>(to);
    bool jumps = false;
    switch (step.code) {
      case BPF_LDX | BPF_MEM | BPF_W:
        to = context[step.off / 4];
        break;
      case BPF_ALU | BPF_MOV | BPF_X:
        to = static_cast<std::uint32_t>(registers[step.src_reg]);
        break;
      case BPF_ALU64 | BPF_MOV | BPF_K:
        to = value;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        to = low & value;
        break;
      case BPF_ALU | BPF_RSH | BPF_K:
        to = low >> value;
        break;
      case BPF_JMP32 | BPF_JNE | BPF_K:
        jumps = low != value;
        break;
      case BPF_JMP32 | BPF_JEQ | BPF_K:
        jumps = low == value;
        break;
      case BPF_JMP | BPF_EXIT:
        return registers[0] != 0;
      default:
        FAIL("unknown instruction " << int{step.code});
    }
    if (jumps) at += static_cast<std::size_t>(step.off);
  }
  FAIL("the program has no end");
  return false;
}

const std::vector<DeviceRule> kRules = {{false},
                                        {true, 'c', {}, {}, "m"},
                                        {true, 'c', 1, 3, "r"},
                                        {true, 'c', 1, 9}};

// What a process in the group may do, one letter each.
std::string try_devices(const std::vector<CgroupHierarchy>& hierarchies) {
  const base::TempDir directory;
  runtime::Resources resources;
  resources.devices = kRules;
  const runtime::Cgroup cgroup(resources, hierarchies);
  CHECK(cgroup.device_fault().empty());
  std::vector<int> entrances(cgroup.entrances().begin(),
                             cgroup.entrances().end());
  if (cgroup.unified() >= 0) {
    entrances.push_back(
        ::openat(cgroup.unified(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
  }
  const std::string made = directory.path() / "made";
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said;
    const auto say = [&](char letter, bool is_good) {
      said += is_good ? letter : errno == EPERM ? '-' : '?';
    };
    for (const int entrance : entrances) {
      if (::write(entrance, "0", 1) != 1) ::_exit(1);
    }
    say('r', ::open("/dev/null", O_RDONLY) >= 0);
    say('w', ::open("/dev/null", O_WRONLY) >= 0);
    say('u', ::open("/dev/urandom", O_RDWR) >= 0);
    say('m', ::mknod(made.c_str(), S_IFCHR | 0600, ::makedev(1, 5)) == 0);
    say('z', ::open(made.c_str(), O_RDONLY) >= 0);
    say('b',
        ::mknod((made + "b").c_str(), S_IFBLK | 0600, ::makedev(8, 0)) == 0);
    if (::write(ends[1], said.data(), said.size()) < 0) ::_exit(1);
    ::_exit(0);
  }
  ::close(ends[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  char said[16] = {};
  if (::read(ends[0], said, sizeof said - 1) < 0) said[0] = '!';
  ::close(ends[0]);
  for (const int entrance : entrances) {
    if (cgroup.unified() >= 0) ::close(entrance);
  }
  return said;
}

std::vector<CgroupHierarchy> only(CgroupHierarchy::Version version) {
  auto all = runtime::find_cgroup_hierarchies();
  std::erase_if(all, [&](const auto& one) { return one.version != version; });
  return all;
}

}  // namespace

TEST_CASE("the last rule about a device decides", "[runtime]") {
  constexpr unsigned kBlock = BPF_DEVCG_DEV_BLOCK;
  constexpr unsigned kChar = BPF_DEVCG_DEV_CHAR;
  constexpr unsigned kMake = BPF_DEVCG_ACC_MKNOD;
  constexpr unsigned kRead = BPF_DEVCG_ACC_READ;
  constexpr unsigned kWrite = BPF_DEVCG_ACC_WRITE;
  CHECK(is_allowed(kRules, kMake, kChar, 9, 9));
  CHECK_FALSE(is_allowed(kRules, kMake, kBlock, 8, 0));
  CHECK(is_allowed(kRules, kRead, kChar, 1, 3));
  CHECK_FALSE(is_allowed(kRules, kRead | kWrite, kChar, 1, 3));
  CHECK_FALSE(is_allowed(kRules, kRead, kBlock, 1, 3));
  CHECK_FALSE(is_allowed(kRules, kRead, kChar, 3, 1));
  CHECK(is_allowed(kRules, kRead | kWrite, kChar, 1, 9));
  CHECK(is_allowed({}, kRead, kChar, 1, 3));
  CHECK(is_allowed({{false, 'c', 1, 3, "w"}}, kRead, kChar, 1, 3));
  CHECK_FALSE(
      is_allowed({{false, 'c', 1, 3, "w"}}, kRead | kWrite, kChar, 1, 3));
  // Nothing behind what decides about all devices.
  CHECK(is_allowed({{false}, {true, 'a'}}, kWrite, kBlock, 8, 0));
  // Minor numbers have 20 bits, majors 12; none is taken for negative.
  CHECK(is_allowed({{false}, {true, 'b', 4095, 1048575}}, kRead, kBlock, 4095,
                   1048575));
}

TEST_CASE("device rules hold in v2, where a program keeps them",
          "[root][runtime]") {
  CHECK(try_devices(only(CgroupHierarchy::Version::v2)) == "r-um--");
}

TEST_CASE("device rules hold in whatever version the machine has",
          "[root][runtime]") {
  CHECK(try_devices(runtime::find_cgroup_hierarchies()) == "r-um--");
}

TEST_CASE("a root step makes device nodes but opens its own alone",
          "[root][runtime]") {
  BusyboxStep step;
  const std::string script =
      "mknod /tmp/null c 1 3 && echo made > /tmp/null && echo opened; "
      "mknod /tmp/loop b 7 0 && (: < /tmp/loop) 2>&1; "
      "mknod /tmp/mem c 1 1 && (: < /tmp/mem) 2>&1; : < /dev/tty";
  const std::string output = step.shell(script).output;
  CHECK(output.find("opened\n") == 0);
  CHECK(output.find("can't open /tmp/loop: Operation not permitted") !=
        output.npos);
  CHECK(output.find("can't open /tmp/mem: Operation not permitted") !=
        output.npos);
}

TEST_CASE("a device that a step was given can be opened", "[root][runtime]") {
  BusyboxStep step;
  step.spec.linux.devices.push_back({"/dev/given", 'c', 10, 237});
  const std::string script = "(: < /dev/given) 2>&1 || true";
  CHECK(step.shell(script).output.find("not permitted") != std::string::npos);
  BusyboxStep given;
  given.spec.linux.devices = step.spec.linux.devices;
  given.spec.linux.resources.devices.push_back({true, 'c', 10, 237});
  CHECK(given.shell(script).output.find("not permitted") == std::string::npos);
}
