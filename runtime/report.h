// What the child tells the parent before it becomes the command, over a
// close-on-exec pipe.
//
// Wire form: records, each one write(2) of at most PIPE_BUF bytes and so never
// torn: a Record followed by `text_size` bytes of text. Both ends are the same
// program, so the struct's own layout is the format.
//
// Two kinds of record: at most one failure, after which the child exits; and
// traces, one for each path that setting up had to change in the upper
// directory (see trace_sweep.h).
#pragma once

#include <sys/stat.h>

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
  find_command,
  execute,
  find_interpreter,
};

enum class RecordKind : std::uint32_t { failure, trace };

struct Record {
  RecordKind kind = RecordKind::failure;
  SetupStep step{};        // failure
  std::int32_t error = 0;  // failure: errno
  // failure: which mount, device, path or candidate of the plan.
  // trace: 1 for what was made, 0 for a parent that was only copied up.
  std::uint32_t item = 0;
  struct stat status {};  // trace
  std::uint32_t text_size = 0;
};

inline constexpr std::size_t kMaxRecordText = 4096 - sizeof(Record);

// The child's end. Allocates nothing, throws nothing.
class Reporter {
 public:
  explicit Reporter(int fd) noexcept : fd_(fd) {}

  [[noreturn]] void fail(SetupStep step, int error, std::size_t item = 0,
                         std::string_view text = {}) const noexcept;

  // Returns `result`, the value of a system call, unless it is negative.
  int check(long result, SetupStep step, std::size_t item = 0) const noexcept;

  void trace(const char* path, const struct stat& status,
             std::uint32_t made) const noexcept;

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

  const std::optional<Failure>& failure() const noexcept { return failure_; }
  const std::vector<Trace>& traces() const noexcept { return traces_; }

 private:
  std::string pending_;
  std::optional<Failure> failure_;
  std::vector<Trace> traces_;
};

}  // namespace runtime
