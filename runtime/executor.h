// Runs one process in an isolated root file system and waits for its end.
//
// An executor knows nothing of images, layers or Dockerfiles. Whatever happens
// (a setup failure, a cancelled build, an exception), when run() returns no
// process of the step lives and nothing it mounted is mounted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "runtime/spec.h"

namespace runtime {

enum class Stream { standard_output, standard_error };

// Where the process's standard streams lead.
struct Streams {
  // Called on the thread of run() with output as it arrives, in order; a chunk
  // may end anywhere. When empty, the process inherits our stdout and stderr.
  // All output of a Process::terminal is standard output.
  std::function<void(Stream, std::string_view)> on_output;
  // Whether the process inherits our standard input; otherwise it is empty. A
  // Process::terminal is typed into from there, and takes our terminal's size.
  bool inherit_input = false;
  // A signalfd(2) whose signals, blocked in all our threads, are meant for the
  // process; it outlives run(). A signal that the process neither catches nor
  // ignores does what it does by default, which is to end it; so does a third
  // SIGINT within seconds, whatever the process made of the others.
  const base::Fd* signals = nullptr;
};

// What the process used, of its own and its waited-for children.
struct Usage {
  std::chrono::microseconds wall{};
  std::chrono::microseconds user_cpu{};
  std::chrono::microseconds system_cpu{};
  // Of all its processes together where a control group counts it, else of the
  // largest.
  std::uint64_t peak_memory_bytes = 0;
  // Processes killed for want of memory: at the limit, or the machine's end.
  std::uint64_t oom_kills = 0;
};

// How the process ended. A status is a value, not an error.
struct Outcome {
  int exit_code = 0;          // 128 + signal when it was killed by one
  std::optional<int> signal;  // set when it was
  Usage usage;
  // Whether it was killed by us, for one of Streams::signals.
  bool was_interrupted = false;
  // What the sandbox lacks on this machine, for the user; empty mostly. Told
  // once by each executor.
  std::string warning = {};

  bool succeeded() const noexcept { return exit_code == 0; }
};

class Executor {
 public:
  virtual ~Executor() = default;

  // Throws what run() would for limits that cannot be set, before anything has
  // run. Cheap where there are none.
  virtual void check_limits(const Resources& resources) { (void)resources; }

  // Blocks until the process ended. A request to stop kills it with all its
  // children, and run() then throws cancelled.
  // Throws: step_failed when the command is missing or cannot be executed (the
  // text names it and says why), system or denied when the sandbox cannot be
  // set up (the text names the setup step), cancelled.
  // Threads: may be called at once for different roots.
  virtual Outcome run(const Spec& spec, const Root& root,
                      const Streams& streams, std::stop_token stop) = 0;
};

}  // namespace runtime
