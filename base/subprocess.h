// A program of the machine's, run to its end: git, credential helpers. RUN
// steps are no business of this (runtime/).
//
// The program gets a session of its own, so that it has no terminal to ask a
// question on and a Ctrl-C reaches only its caller, who then says what ends;
// default signal handling; no input but what it is given; no open file but its
// output. It runs as who started us, also when we are root of a user namespace
// by now. It dies with the thread that runs it.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
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
  // What it reads on standard input: a file in memory that only it can open, so
  // a secret is safe there, and a program that reads none of it gets away.
  std::string input{};
  std::optional<std::chrono::milliseconds>
      time_limit{};  // else it may take any
  std::size_t most_output_bytes = std::size_t{64} << 20U;  // of each output
};

struct CommandResult {
  int status = 0;  // as wait4(2) gives it
  std::string output;
  std::string errors;  // what it said on standard error

  bool succeeded() const noexcept { return status == 0; }
};

// Told what the program writes to standard error, as it comes.
using OnErrors = std::function<void(std::string_view bytes)>;

// Throws, the last three after the program and its session were killed:
// not_found when there is no such program; system when it cannot be run;
// cancelled; unavailable when its time is over; invalid_input when it writes
// too much.
CommandResult run_command(const Command& command, const std::stop_token& stop,
                          const OnErrors& on_errors = {});

}  // namespace base
