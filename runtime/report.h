// What the child tells the parent before it becomes the command, over a
// close-on-exec pipe.
//
// Wire form: records, each one write(2) of at most PIPE_BUF bytes and so never
// torn: a Record followed by `text_size` bytes of text. Both ends are the same
// program, so the struct's own layout is the format.
//
// Kinds of record: a failure, after which the child exits; traces, one for each
// path that setting up had to change in the upper directory (see
// trace_sweep.h); and, from a child that has an OCI runtime start the command
// (child_oci.cc), that it runs and how it ended.
#pragma once

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runtime {

// In the order in which the child takes them.
enum class SetupStep : std::uint32_t {
  tie_to_parent,
  join_cgroup,
  make_mounts_private,
  join_network,
  bring_up_loopback,
  set_hostname,
  make_stub,
  open_overlay,
  configure_overlay,
  overlay_too_long,
  create_overlay,
  attach_root,
  open_bind_source,
  create_filesystem,
  make_memory_file,
  restrict_mount,
  make_mount_point,
  mount_over_root,
  attach_mount,
  make_device,
  make_device_link,
  mask_path,
  protect_path,
  make_terminal,
  make_console,
  hand_over_terminal,
  make_cwd,
  record_traces,
  protect_root,
  pivot_root,
  enter_cwd,
  connect_streams,
  filter_system_calls,
  set_rlimit,
  drop_bounding,
  set_groups,
  set_user,
  set_capabilities,
  set_no_new_privileges,
  close_files,
  make_bundle,
  hide_cgroups,
  execute_runtime,
  create_container,
  read_pid,
  receive_terminal,
  start_container,
  await_command,
  find_command,
  execute,
  find_interpreter,
};

enum class RecordKind : std::uint32_t { failure, trace, started, ended };

// How a process ended, as wait4(2) gives it.
struct Ending {
  int status = 0;
  rusage usage{};
};

struct Record {
  RecordKind kind = RecordKind::failure;
  SetupStep step{};        // failure
  std::int32_t error = 0;  // failure: errno
  // failure: which mount, device, path or candidate of the plan.
  // trace: 1 for what was made, 0 for a parent that was only copied up.
  // started: the command's process, in the child's pid namespace.
  std::uint32_t item = 0;
  struct stat status {};  // trace
  std::uint32_t text_size = 0;
};

inline constexpr std::size_t kMaxRecordText = 4096 - sizeof(Record);

// The child's end. Allocates nothing, throws nothing.
class Reporter {
 public:
  explicit Reporter(int fd) noexcept : fd_(fd) {}

  int file() const noexcept { return fd_; }

  [[noreturn]] void fail(SetupStep step, int error, std::size_t item = 0,
                         std::string_view text = {}) const noexcept;

  // Returns `result`, the value of a system call, unless it is negative.
  int check(long result, SetupStep step, std::size_t item = 0) const noexcept;

  void trace(const char* path, const struct stat& status,
             std::uint32_t made) const noexcept;

  void started(pid_t command) const noexcept;
  void ended(const Ending& ending) const noexcept;

 private:
  void send(const Record& record, std::string_view text) const noexcept;
  int fd_;
};

struct Failure {
  SetupStep step{};
  int error = 0;
  std::size_t item = 0;
  std::string text;
};

struct Trace {
  std::string path;  // from the root, without symbolic links or leading slash
  struct stat status {};
  bool made = false;
};

// The parent's end: takes bytes as they arrive.
class ReportReader {
 public:
  void append(std::string_view bytes);

  // The first there was: what follows comes of it.
  const std::optional<Failure>& failure() const noexcept { return failure_; }
  const std::vector<Trace>& traces() const noexcept { return traces_; }
  const std::optional<pid_t>& started() const noexcept { return started_; }
  const std::optional<Ending>& ended() const noexcept { return ended_; }

 private:
  void take(const Record& record, std::string text);

  std::string pending_;
  std::optional<Failure> failure_;
  std::vector<Trace> traces_;
  std::optional<pid_t> started_;
  std::optional<Ending> ended_;
};

}  // namespace runtime
