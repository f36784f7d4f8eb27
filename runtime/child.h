// The child's side: from the return of clone3 to the command's first
// instruction. Nothing in child*.cc allocates, throws or takes a lock.
#pragma once

#include <span>

#include "runtime/report.h"
#include "runtime/sandbox_plan.h"

namespace runtime {

// Files the child inherits; all above 2, so that connecting them to 0, 1 and 2
// overwrites none of them.
struct ChildFiles {
  int report = -1;
  int parent = -1;          // pidfd of the process that made us
  int network = -1;         // namespace to join; -1: none
  int standard_input = -1;  // -1: left as it is
  int standard_output = -1;
  int standard_error = -1;
  int cgroup = -1;                          // v2 cgroup it is to start in
  std::span<const int> cgroup_entrances{};  // v1: see runtime/cgroup.h
  int terminal = -1;  // socket for its master; -1: there is none
};

// Sets up the sandbox and becomes the command, or reports why not and exits.
[[noreturn]] void run_child(const SandboxPlan& plan,
                            const ChildFiles& files) noexcept;

// The parts, in the order they are called.

// child_overlay.cc: mounts the root and returns an O_PATH file of it.
int mount_root(const OverlayPlan& plan, const Reporter& report) noexcept;

// child_mounts.cc: everything that is mounted or made inside the root.
// Creates and configures a file system; returns its detached mount.
int make_filesystem(const char* type, const std::vector<Parameter>& parameters,
                    std::uint64_t attributes, SetupStep step, std::size_t item,
                    const Reporter& report) noexcept;
// A detached copy of a bind's source, with the mount's attributes.
int clone_bind(const MountPlan& mount, std::size_t item,
               const Reporter& report) noexcept;
void fill_root(const SandboxPlan& plan, int root,
               const Reporter& report) noexcept;
// A new file with the content, owner and mode of a mount of type "file".
int make_memory_file(const MountPlan& mount, int directory, const char* name,
                     std::size_t item, const Reporter& report) noexcept;

// child.cc
// The working directory, which it makes when it is missing: an O_PATH file.
int make_cwd(const SandboxPlan& plan, int root,
             const Reporter& report) noexcept;
void connect_streams(const ChildFiles& files, const Reporter& report) noexcept;

// child_terminal.cc: makes the controlling terminal, sends its master over
// `channel` and returns the side that the command gets.
int make_terminal(const TerminalPlan& plan, int root, int channel,
                  const Reporter& report) noexcept;
// For a runtime that makes it: a socket named "console" in the working
// directory, and sending on what came there.
int listen_for_terminal(const Reporter& report) noexcept;
void pass_on_terminal(int listener, int channel,
                      const Reporter& report) noexcept;

// child_oci.cc: has an OCI runtime make the rest of the sandbox and start the
// command in it, waits for its end and reports that.
[[noreturn]] void supervise_runtime(const SandboxPlan& plan, int root,
                                    const ChildFiles& files,
                                    const Reporter& report) noexcept;

// child_identity.cc
// Lets go of what a caller's process hands on and a step has no business with:
// personality, session keyring, the promise not to be killed for memory.
void forget_caller() noexcept;
// All but the capabilities, every one of which is in effect afterwards.
void assume_identity(const IdentityPlan& plan, const Reporter& report) noexcept;
// The last of it: nothing can be taken back.
void set_capabilities(const CapabilitySets& sets,
                      const Reporter& report) noexcept;

// child_exec.cc
// The first candidate that leads to strake itself, or to a circle of links;
// their count when none does.
std::size_t find_own_program(const CommandPlan& plan) noexcept;
// Fails when none but `own` and what comes after it is left to execute.
[[noreturn]] void execute(const CommandPlan& plan, std::size_t own,
                          const Reporter& report) noexcept;

}  // namespace runtime
