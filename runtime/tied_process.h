// A program of the machine's that serves us as long as we live: pasta,
// slirp4netns. One that runs to its end is base::run_command's affair.
//
// It runs in a pid namespace of its own, below a process of ours that dies with
// the thread that made it: then the kernel kills all in there, wherever the
// program has forked itself to.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"

namespace runtime {

struct TiedCommand {
  std::string program;            // absolute
  std::vector<std::string> args;  // without the program's name
  // What the program inherits besides /dev/null, under the same number, which
  // is none of the three standard streams'.
  const base::Fd& inherited;
  // The argument behind which the program gets the number of a file to write to
  // when it is ready; empty: it is when it has gone to the background.
  std::string ready_flag;
};

class TiedProcess {
 public:
  // Waits until it is ready. Throws: unavailable when it is not within 10 s, or
  // ends instead, with what it said last; system, denied.
  explicit TiedProcess(const TiedCommand& command);
  TiedProcess(const TiedProcess&) = delete;
  TiedProcess& operator=(const TiedProcess&) = delete;
  // Kills it with all it has started, and waits for their end.
  ~TiedProcess();

 private:
  void end() noexcept;

  pid_t pid_ = -1;
};

// `name` in PATH or where such programs are; empty when there is none.
std::string find_program(const std::string& name);

}  // namespace runtime
