#include "runtime/setup_error.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/oci_error.h"

namespace runtime {
namespace {

std::string find_script_interpreter(const std::string& head) {
  const std::string line = head.substr(2, head.find('\n') - 2);
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string::npos) return {};
  const std::size_t end = line.find_first_of(" \t", start);
  return line.substr(start, end - start);
}

std::string find_elf_interpreter(const std::string& head) {
  Elf64_Ehdr header;
  if (head.size() < sizeof header || head[EI_CLASS] != ELFCLASS64) return {};
  std::memcpy(&header, head.data(), sizeof header);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const std::size_t at = header.e_phoff + i * sizeof segment;
    if (at > head.size() || head.size() - at < sizeof segment) break;
    std::memcpy(&segment, head.data() + at, sizeof segment);
    if (segment.p_type != PT_INTERP) continue;
    if (segment.p_offset >= head.size()) break;
    const std::string name = head.substr(
        segment.p_offset, std::min<std::size_t>(segment.p_filesz, 4096));
    return name.c_str();
  }
  return {};
}

// As shells and docker number it.
enum class Refusal { cannot_execute = 126, not_found = 127 };

base::Error not_started(Refusal refusal, std::string_view text) {
  const int code = static_cast<int>(refusal);
  return base::Error(base::ErrorKind::step_failed,
                     fmt::format("{}, exit code {}", text, code))
      .exit_code(code);
}

base::Error missing_command(const CommandPlan& command) {
  const std::string where =
      command.search_path.empty()
          ? "no such file"
          : fmt::format("no such command in PATH ({})", command.search_path);
  base::Error error = not_started(
      Refusal::not_found, fmt::format("\"{}\": {}", command.name, where));
  if (command.name == "/bin/sh") {
    error.hint(
        "the image has no shell, as scratch has none; use the exec form, "
        "RUN [\"program\", \"argument\"], or copy a shell in");
  }
  return error;
}

base::Error missing_interpreter(const CommandPlan& command,
                                const std::string& path,
                                const std::string& head) {
  const std::string interpreter = find_interpreter(head);
  const bool is_script = head.starts_with("#!");
  if (interpreter.empty()) {
    return not_started(
        Refusal::cannot_execute,
        fmt::format("\"{}\": {} exists, but what it needs to run does not",
                    command.name, path));
  }
  base::Error error = not_started(
      Refusal::cannot_execute,
      fmt::format("\"{}\": the {} of {} is missing: {}", command.name,
                  is_script ? "interpreter" : "dynamic loader", path,
                  interpreter));
  if (is_script && interpreter.ends_with('\r')) {
    error.hint("the script has Windows line ends; convert them to \\n");
  } else if (!is_script) {
    error.hint(
        "the program was linked against another C library than the image has; "
        "link it statically or use a matching base");
  }
  return error;
}

base::Error refused_command(const CommandPlan& command,
                            const Failure& failure) {
  const std::string& path = command.candidates.at(failure.item);
  std::string why;
  if (failure.error == EACCES) {
    why = "not executable for the step's user";
  } else if (failure.error == ELOOP) {
    why = "its links are a loop, or lead to a running program (/proc/self/exe)";
  } else if (failure.error == ENOEXEC) {
    why = "not a program for this machine, and no \"#!\" line";
  } else {
    why = std::strerror(failure.error);
  }
  return not_started(
      Refusal::cannot_execute,
      fmt::format("\"{}\": cannot execute {}: {}", command.name, path, why));
}

std::string describe_mount(const MountPlan& mount) {
  if (mount.kind == MountPlan::Kind::bind) {
    return fmt::format("mount of {} on {}", mount.source, mount.destination);
  }
  if (mount.kind == MountPlan::Kind::memory_file) {
    return fmt::format("mount of a file on {}", mount.destination);
  }
  return fmt::format("mount of {} on {}", mount.type, mount.destination);
}

struct StepText {
  SetupStep step;
  const char* text;
};

constexpr StepText kStepTexts[] = {
    {SetupStep::tie_to_parent, "tying the process to its parent"},
    {SetupStep::join_cgroup, "entering the control group"},
    {SetupStep::make_mounts_private, "making mounts private"},
    {SetupStep::join_network, "joining the network"},
    {SetupStep::bring_up_loopback, "bringing up the loopback interface"},
    {SetupStep::set_hostname, "setting the host name"},
    {SetupStep::make_stub, "making a mount point"},
    {SetupStep::open_overlay, "opening the overlay file system"},
    {SetupStep::configure_overlay, "configuring the overlay"},
    {SetupStep::overlay_too_long,
     "the layers' paths are too long for this kernel's overlay "
     "(\"lowerdir+\" needs Linux 6.8)"},
    {SetupStep::create_overlay, "mounting the overlay"},
    {SetupStep::attach_root, "attaching the root"},
    {SetupStep::open_bind_source, "opening the source"},
    {SetupStep::create_filesystem, "creating"},
    {SetupStep::make_memory_file, "making the file on memory"},
    {SetupStep::restrict_mount, "setting attributes"},
    {SetupStep::make_mount_point, "making the mount point"},
    {SetupStep::mount_over_root, "the target is the root"},
    {SetupStep::attach_mount, "attaching"},
    {SetupStep::make_device, "making a device"},
    {SetupStep::make_device_link, "making a link"},
    {SetupStep::mask_path, "masking"},
    {SetupStep::protect_path, "making read-only"},
    {SetupStep::make_terminal, "making the terminal"},
    {SetupStep::make_console, "making /dev/console"},
    {SetupStep::hand_over_terminal, "handing over the terminal"},
    {SetupStep::make_cwd, "making the working directory"},
    {SetupStep::record_traces, "reading back the mount points"},
    {SetupStep::protect_root, "making the root read-only"},
    {SetupStep::pivot_root, "changing to the new root"},
    {SetupStep::enter_cwd, "entering the working directory"},
    {SetupStep::connect_streams, "connecting input and output"},
    {SetupStep::filter_system_calls, "filtering system calls"},
    {SetupStep::set_rlimit, "setting a limit"},
    {SetupStep::drop_bounding, "dropping capabilities"},
    {SetupStep::set_groups, "setting the groups"},
    {SetupStep::set_user, "setting the user"},
    {SetupStep::set_capabilities, "setting capabilities"},
    {SetupStep::set_no_new_privileges, "forbidding new privileges"},
    {SetupStep::close_files, "closing inherited files"},
    {SetupStep::make_bundle, "making the runtime's bundle"},
    {SetupStep::hide_cgroups, "keeping control groups from the runtime"},
    {SetupStep::execute_runtime, "executing the runtime"},
    {SetupStep::read_pid, "reading which process the runtime made"},
    {SetupStep::receive_terminal, "taking the terminal from the runtime"},
    {SetupStep::await_command, "waiting for the command"},
};

// What the step was done to; empty when that goes without saying.
std::string describe_object(const Failure& failure, const SandboxPlan& plan) {
  const std::size_t item = failure.item;
  switch (failure.step) {
    case SetupStep::set_hostname:
      return plan.hostname;
    case SetupStep::make_stub:
      return plan.overlay.stubs.at(item).path;
    case SetupStep::configure_overlay:
      return plan.overlay.parameters.at(item).key + " " +
             plan.overlay.parameters.at(item).value;
    case SetupStep::attach_root:
      return plan.overlay.mount_point;
    case SetupStep::open_bind_source:
    case SetupStep::create_filesystem:
    case SetupStep::make_memory_file:
    case SetupStep::restrict_mount:
    case SetupStep::make_mount_point:
    case SetupStep::mount_over_root:
    case SetupStep::attach_mount:
      return describe_mount(plan.mounts.at(item));
    case SetupStep::make_device:
      return plan.devices.at(item).path;
    case SetupStep::make_device_link:
      return kDeviceLinks[item].path;
    case SetupStep::mask_path:
      return plan.masked_paths.at(item);
    case SetupStep::protect_path:
      return plan.readonly_paths.at(item);
    case SetupStep::make_cwd:
    case SetupStep::enter_cwd:
      return plan.command.cwd;
    case SetupStep::set_rlimit:
      return plan.identity.limits.at(item).name;
    case SetupStep::set_groups:
      return fmt::format("group {}", plan.identity.gid);
    case SetupStep::set_user:
      return fmt::format("user {}", plan.identity.uid);
    case SetupStep::execute_runtime:
    case SetupStep::read_pid:
    case SetupStep::receive_terminal:
      return plan.oci->program;
    default:
      return {};
  }
}

std::string describe(const Failure& failure, const SandboxPlan& plan) {
  const auto* const found =
      std::find_if(std::begin(kStepTexts), std::end(kStepTexts),
                   [&](const StepText& t) { return t.step == failure.step; });
  const std::string text = found == std::end(kStepTexts) ? "" : found->text;
  const std::string object = describe_object(failure, plan);
  return object.empty() ? text : object + ": " + text;
}

// The kernel prefixes its words with their weight: "e " for an error.
std::string trim_log(const std::string& log) {
  std::string text = log.size() > 2 && log[1] == ' ' ? log.substr(2) : log;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Who shows a masked /proc to a user namespace could not keep it masked, so the
// kernel refuses (fs_context's mount_too_revealing). Showing the outer one
// instead would let a step reach strake itself through /proc/PID/root.
bool is_hidden_proc(const Failure& failure, const SandboxPlan& plan) {
  return failure.step == SetupStep::create_filesystem &&
         failure.error == EPERM && plan.mounts.at(failure.item).type == "proc";
}

}  // namespace

std::string find_interpreter(const std::string& head) {
  if (head.starts_with("#!")) return find_script_interpreter(head);
  if (head.starts_with(ELFMAG)) return find_elf_interpreter(head);
  return {};
}

base::Error setup_error(const Failure& failure, const SandboxPlan& plan) {
  switch (failure.step) {
    case SetupStep::find_command:
      return missing_command(plan.command);
    case SetupStep::execute:
      return refused_command(plan.command, failure);
    case SetupStep::find_interpreter:
      return missing_interpreter(
          plan.command, plan.command.candidates.at(failure.item), failure.text);
    case SetupStep::create_container:
    case SetupStep::start_container:
      return oci_error(failure, *plan.oci);
    default:
      break;
  }
  std::string what = "sandbox: " + describe(failure, plan);
  if (!failure.text.empty()) what += " (" + trim_log(failure.text) + ")";
  base::Error error = base::system_error(failure.error, what);
  if (is_hidden_proc(failure, plan)) {
    error.hint(
        "the container that strake runs in hides parts of /proc, and then the "
        "kernel lets none of its user namespaces have one; start it with "
        "--security-opt systempaths=unconfined, in Kubernetes with procMount: "
        "Unmasked");
  }
  return error;
}

}  // namespace runtime
