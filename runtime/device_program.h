// Device rules in version 2 of control groups: a program that the kernel runs
// whenever a process of the group makes or opens a device node
// (BPF_PROG_TYPE_CGROUP_DEVICE, linux/bpf.h). It stays with the group and goes
// with it. It adds to the programs of the groups above: all have to agree.
#pragma once

#include <linux/bpf.h>

#include <vector>

#include "base/fd.h"
#include "runtime/spec.h"

namespace runtime {

// The program: the last rule about a device decides, of none it is allowed.
// An allowing rule must cover all of what is asked; a denying one, any of it.
std::vector<bpf_insn> compile_device_rules(
    const std::vector<DeviceRule>& rules);

// Puts it on the v2 group that `directory` is open on. Returns 0 or an errno;
// EPERM without CAP_SYS_ADMIN or CAP_BPF.
int attach_device_program(const base::Fd& directory,
                          const std::vector<bpf_insn>& program);

}  // namespace runtime
