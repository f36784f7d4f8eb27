// A program of the machine's, run to its end: git, credential helpers. RUN
// steps are no business of this (runtime/).
//
// The program gets a session of its own, so that it has no terminal to ask a
// question on and a Ctrl-C reaches only its caller, who then says what ends;
// default signal handling; /dev/null as its input; no open file but its output.
// It runs as who started us, also when we are root of a user namespace by now.
// It dies with the thread that runs it.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace base {

struct Command {
  std::vector<std::string> args;  // args[0] is looked up in the caller's PATH
  std::vector<std::string> env;   // "NAME=value", all of it
  std::filesystem::path directory = "/";
  unsigned umask = 022;
};

struct CommandResult {
  int status = 0;  // as wait4(2) gives it
  std::string output;
  std::string errors;  // what it said on standard error

  bool succeeded() const noexcept { return status == 0; }
};

// Told what the program writes to standard error, as it comes.
using OnErrors = std::function<void(std::string_view bytes)>;

// Throws: not_found when there is no such program; cancelled, after the program
// and its session were killed; invalid_input when it writes more than 64 MiB;
// system.
CommandResult run_command(const Command& command, const std::stop_token& stop,
                          const OnErrors& on_errors = {});

}  // namespace base
