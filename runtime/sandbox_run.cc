#include "runtime/sandbox_run.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "runtime/assembled_root.h"
#include "runtime/cgroup.h"
#include "runtime/child_process.h"
#include "runtime/inheritance.h"
#include "runtime/output_pump.h"
#include "runtime/setup_error.h"
#include "runtime/signal_forwarder.h"
#include "runtime/syscalls.h"
#include "runtime/terminal_relay.h"
#include "runtime/trace_sweep.h"

namespace runtime {
namespace {

using Clock = std::chrono::steady_clock;

base::Pipe open_high_pipe() {
  base::Pipe pipe = base::open_pipe();
  return {std::move(pipe.read_end), above_streams(std::move(pipe.write_end))};
}

struct Channel {
  base::Fd ours;
  base::Fd childs;
};

Channel open_channel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    throw base::system_error(errno, "preparing a terminal");
  }
  return {base::Fd(ends[0]), above_streams(base::Fd(ends[1]))};
}

base::Fd open_self() {
  base::Fd self(pidfd_open(::getpid()));
  if (!self) throw base::system_error(errno, "opening our own process");
  return above_streams(std::move(self));
}

// All files of one run; those of the child are closed here once it has them.
struct RunFiles {
  RunFiles(const Spec& spec, const Streams& streams) {
    const Process& process = spec.process;
    if (const std::string& path = spec.linux.network_path; !path.empty()) {
      network = above_streams(base::open_file(path, O_RDONLY));
    }
    base::Pipe report = open_high_pipe();
    ends.report = std::move(report.read_end);
    report_end = std::move(report.write_end);
    if (process.terminal) {
      Channel channel = open_channel();
      terminal.emplace(std::move(channel.ours), streams);
      terminal_end = std::move(channel.childs);
      return;
    }
    if (!streams.inherit_input) {
      input = above_streams(base::open_file("/dev/null", O_RDONLY));
    }
    if (!streams.on_output) return;
    base::Pipe out = open_high_pipe();
    base::Pipe err = open_high_pipe();
    ends.output = std::move(out.read_end);
    ends.error = std::move(err.read_end);
    output_end = std::move(out.write_end);
    error_end = std::move(err.write_end);
  }

  ChildFiles child_files() const {
    ChildFiles files;
    files.report = report_end.get();
    files.parent = self.get();
    files.network = network.get();
    files.standard_input = input.get();
    files.standard_output = output_end.get();
    files.standard_error = error_end.get();
    files.terminal = terminal_end.get();
    return files;
  }

  void close_child_ends() {
    report_end.reset();
    output_end.reset();
    error_end.reset();
    terminal_end.reset();
  }

  PumpEnds ends;
  std::optional<TerminalRelay> terminal;
  base::Fd report_end;
  base::Fd self = open_self();
  base::Fd network;
  base::Fd input;
  base::Fd output_end;
  base::Fd error_end;
  base::Fd terminal_end;
};

std::chrono::microseconds to_duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::microseconds(time.tv_usec);
}

Outcome render_outcome(const Ending& ending, std::optional<int> interrupt,
                       Clock::time_point start) {
  Outcome outcome;
  if (WIFSIGNALED(ending.status)) {
    // It may have died of its own before our SIGKILL came.
    outcome.was_interrupted = interrupt && WTERMSIG(ending.status) == SIGKILL;
    outcome.signal =
        outcome.was_interrupted ? *interrupt : WTERMSIG(ending.status);
    outcome.exit_code = 128 + *outcome.signal;
  } else {
    outcome.exit_code = WEXITSTATUS(ending.status);
  }
  outcome.usage.wall = std::chrono::duration_cast<std::chrono::microseconds>(
      Clock::now() - start);
  outcome.usage.user_cpu = to_duration(ending.usage.ru_utime);
  outcome.usage.system_cpu = to_duration(ending.usage.ru_stime);
  outcome.usage.peak_memory_bytes =
      static_cast<std::uint64_t>(ending.usage.ru_maxrss) * 1024;
  return outcome;
}

// What the run leaves in the caller's directories goes with this, also when
// run() throws. An overlay leaves work/work/incompat/volatile; if the step was
// killed while it moved a file, there is more, and that is looked for.
class Leftovers {
 public:
  Leftovers(const Root& root, const SandboxPlan& plan) noexcept
      : root_(root), plan_(plan) {}
  Leftovers(const Leftovers&) = delete;
  Leftovers& operator=(const Leftovers&) = delete;
  ~Leftovers() {
    const std::filesystem::path work = root_.work / "work";
    ::rmdir((work / "incompat/volatile").c_str());
    ::rmdir((work / "incompat").c_str());
    if (::rmdir(work.c_str()) != 0 && errno != ENOENT) {
      std::error_code ignored;
      std::filesystem::remove_all(work, ignored);
    }
    const std::vector<StubPlan>& stubs = plan_.overlay.stubs;
    for (auto stub = stubs.rbegin(); stub != stubs.rend(); ++stub) {
      ::remove(stub->path.c_str());
    }
  }

 private:
  const Root& root_;
  const SandboxPlan& plan_;
};

}  // namespace

void throw_if_stopped(const std::stop_token& stop) {
  if (!stop.stop_requested()) return;
  throw base::Error(base::ErrorKind::cancelled, "the step was stopped");
}

Outcome run_sandbox(const SandboxPlan& plan, const Spec& spec, const Root& root,
                    const RunMeans& means, const Streams& streams,
                    const std::stop_token& stop) {
  const base::Fd upper = base::open_file(root.upper, O_PATH | O_DIRECTORY);
  const UpperBefore before = look_at_upper(upper);
  RunFiles files(spec, streams);
  const Leftovers leftovers(root, plan);
  const std::unique_ptr<AssembledRoot> assembled =
      assemble_root(root, plan.overlay, plan.mounts, stop);
  ChildFiles child_files = files.child_files();
  child_files.cgroup = means.cgroup.unified();
  child_files.cgroup_entrances = means.cgroup.entrances();

  const Clock::time_point start = Clock::now();
  ReportReader report;
  Ending ending;
  std::optional<int> interrupt;
  {
    ChildProcess child(plan, child_files);
    files.close_child_ends();
    means.watch.add(child.pidfd());  // it would inherit them
    {
      const std::stop_callback kill_child(stop, [&] { child.kill(); });
      TerminalRelay* terminal = files.terminal ? &*files.terminal : nullptr;
      SignalForwarder signals(streams.signals, child, terminal);
      pump(child, files.ends, streams, report, signals, terminal);
      interrupt = signals.carried_out();
    }
    ending = child.wait();
    if (report.ended()) ending = *report.ended();
  }
  if (assembled) {
    throw_if_stopped(stop);  // nobody wants its changes
    assembled->finish();
  }
  sweep_traces(upper, before, report.traces());
  throw_if_stopped(stop);
  if (report.failure()) throw setup_error(*report.failure(), plan);
  Outcome outcome = render_outcome(ending, interrupt, start);
  outcome.usage.oom_kills = means.cgroup.count_oom_kills();
  outcome.usage.peak_memory_bytes =
      means.cgroup.find_peak_memory_bytes().value_or(
          outcome.usage.peak_memory_bytes);
  return outcome;
}

}  // namespace runtime
