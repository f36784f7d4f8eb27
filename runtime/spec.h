// What to run and how to isolate it: the configuration of the OCI runtime
// specification v1.1 (config.md, config-linux.md) as a type, so that the same
// value drives the native executor or becomes an OCI runtime's config.json.
//
// Field names are the specification's, in snake_case. Left out: what a build
// step never uses (hooks, Windows, VM). The root file system is apart, in
// Root, since the native executor mounts it itself.
#pragma once

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runtime {

struct User {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> additional_gids;
  std::uint32_t umask = 0022;
};

// Names as the specification writes them: "CAP_CHOWN".
struct Capabilities {
  std::vector<std::string> bounding;
  std::vector<std::string> effective;
  std::vector<std::string> permitted;
  std::vector<std::string> inheritable;
  std::vector<std::string> ambient;
};

struct Rlimit {
  std::string type;  // "RLIMIT_NOFILE"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

// In characters.
struct ConsoleSize {
  std::uint16_t height = 0;
  std::uint16_t width = 0;
};

struct Process {
  std::vector<std::string> args;  // args[0] is looked up in the PATH of `env`
  std::vector<std::string> env;   // "NAME=value"
  std::string cwd = "/";          // made with mode 0755 when missing
  User user;
  Capabilities capabilities;
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = false;
  // Its standard streams are one pseudo-terminal, which it controls.
  bool terminal = false;
  ConsoleSize console_size;  // of that terminal; 0: unknown
};

// config.md "Mounts". `options` as mount(8) writes them: "ro", "nosuid",
// "rbind", "size=64m", "mode=1777".
struct Mount {
  std::string destination;  // absolute, resolved inside the root
  std::string
      type;  // "proc", "sysfs", "tmpfs", "devpts", "mqueue", "bind", "overlay"
  std::string source;
  std::vector<std::string> options;
  // Type "file" only, which the specification does not have: a regular file on
  // memory with this content, for secrets. Options "mode=", "uid=", "gid=".
  std::string content{};
};

enum class Namespace { mount, pid, ipc, uts, network, cgroup, user, time };

struct Device {
  std::string path;  // "/dev/null"
  char type = 'c';   // 'c', 'b' or 'p'
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t file_mode = 0666;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

// config-linux.md "Allowed Device list": who may make a node of a device ("m"),
// open it for reading ("r") and for writing ("w"). The last rule about a device
// decides.
struct DeviceRule {
  bool allow = false;
  char type = 'a';  // 'a': of every type, whatever the numbers; 'b', 'c'
  std::optional<std::int64_t> major = {}, minor = {};  // none: any
  std::string access = "rwm";
  bool operator==(const DeviceRule&) const = default;
};

// config-linux.md "Control groups". Limits are made true or refused.
struct Resources {
  struct Memory {
    std::optional<std::int64_t> limit;  // bytes
    // Bytes of memory and swap together, -1: any. Unset: twice the limit.
    std::optional<std::int64_t> swap;
  };
  struct Cpu {
    // Microseconds of each period; -1: all of them.
    std::optional<std::int64_t> quota;
    std::uint64_t period = 100'000;
    // Of the time that others want too, 2 to 262144; who says nothing has 1024.
    std::optional<std::uint64_t> shares;
    // Which processors and memory nodes, "0-2,5"; empty: any.
    std::string cpus, mems;
  };
  // How much of a device may be read or written in a second.
  struct Throttle {
    std::int64_t major = 0, minor = 0;
    std::uint64_t rate = 0;  // bytes or operations
  };
  struct BlockIo {
    std::optional<std::uint16_t> weight;  // 10 to 1000
    std::vector<Throttle> read_bps, write_bps, read_iops, write_iops;
  };

  Memory memory;
  Cpu cpu;
  std::optional<std::int64_t> pids;  // processes and threads; -1: any number
  BlockIo block_io;
  // Where the control group goes: a path, of the hierarchy's root with a
  // leading slash, of our own group without; made when missing. Empty: our own.
  std::string cgroup_parent;
  // Which devices; empty: all. Not a limit: see is_limited().
  std::vector<DeviceRule> devices;

  // Whether somebody asked for a limit, so that a run that cannot have it is
  // refused.
  bool is_limited() const noexcept;
};

// config-linux.md "Seccomp": which system calls the process may make. The
// first rule that matches a call decides; of none, `default_action`.
struct Seccomp {
  // fail: with an errno; log: allow, and tell the kernel's log.
  enum class Action { allow, fail, kill_process, kill_thread, trap, log };

  // One argument of a call, compared with `value`, both without a sign. `mask`
  // is for `equal` and `not_equal`: what of the argument counts.
  struct Argument {
    enum class Operator {
      equal,
      not_equal,
      less,
      less_or_equal,
      greater_or_equal,
      greater
    };
    unsigned index = 0;  // 0 to 5
    Operator op = Operator::equal;
    std::uint64_t value = 0;
    std::uint64_t mask = ~std::uint64_t{0};
    bool operator==(const Argument&) const = default;
  };

  struct Rule {
    std::vector<std::string> names;  // those that nobody knows match nothing
    Action action = Action::allow;
    int error = EPERM;                  // of Action::fail
    std::vector<Argument> arguments{};  // all must hold
    bool operator==(const Rule&) const = default;
  };

  Action default_action = Action::fail;
  int default_error = EPERM;  // of Action::fail
  // "SCMP_ARCH_X86_64": whose calls may be made at all; a call of another kills
  // the process. Empty: those of the machine's own programs alone.
  std::vector<std::string> architectures;
  std::vector<Rule> rules;
  bool operator==(const Seccomp&) const = default;
};

struct Linux {
  std::vector<Namespace> namespaces;  // those made new; others are shared
  // A network namespace that exists, which the process joins: the path of
  // namespaces[] in the specification. Empty: as `namespaces` says.
  std::string network_path;
  std::vector<Device> devices;
  Resources resources;
  std::optional<Seccomp> seccomp;  // none: every call is allowed
  std::vector<std::string> masked_paths;
  std::vector<std::string> readonly_paths;
};

struct Spec {
  Process process;
  std::string hostname;
  std::vector<Mount> mounts;  // in the order they are made
  Linux linux;
  bool root_readonly = false;
};

// How the layers become one tree. Whichever it is, `upper` ends up in
// overlayfs's form: whiteouts are 0/0 devices, opaque directories are marked.
enum class RootForm {
  overlay,            // overlayfs, its marks in trusted.*: the machine's root
  overlay_userxattr,  // overlayfs, its marks in user.*: any user namespace
  fuse_overlay,       // fuse-overlayfs(1), a process for the time of the step
  copy,               // all files copied
};

// The root file system of a step: `lower` (topmost first) as one tree, with
// what changes written to `upper`.
struct Root {
  RootForm form = RootForm::overlay;
  std::vector<std::filesystem::path> lower;
  // Its own mode and owner are those of "/" in the step.
  std::filesystem::path upper;
  std::filesystem::path work;  // empty, on the file system of `upper`
  // Empty; the root is mounted here, in the step's own mount namespace, and
  // mount points that no layer has are made here. On the file system of the
  // layers, so that all files of the root have one device number.
  std::filesystem::path scratch;
};

// Docker's defaults for a step: the namespaces, /proc, /dev, /sys and their
// masked and read-only paths, devices, capabilities, the system calls that go
// with them, limits, umask. The caller adds
// args, env, user, cwd, its own mounts and, for a network of its own,
// Namespace::network.
Spec default_spec();

// Docker's default rules for a process that has these capabilities: what a
// program needs, without the calls that reach past its container. See
// default_seccomp.cc.
Seccomp default_seccomp(const std::vector<std::string>& capabilities);

// Takes the walls off a default_spec(): all capabilities, every system call,
// nothing masked or read-only, the host's devices. For who was trusted with the
// machine. The namespaces stay.
void unconfine(Spec& spec);

}  // namespace runtime
