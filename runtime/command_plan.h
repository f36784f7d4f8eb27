// The command as execve(2) wants it: words, environment, and the paths at
// which the program may be found.
#pragma once

#include <string>
#include <vector>

#include "runtime/spec.h"

namespace runtime {

// As execve(2) takes a list of words: terminated by a null pointer, pointing
// into `words`.
std::vector<char*> exec_words(const std::vector<std::string>& words);

struct CommandPlan {
  explicit CommandPlan(const Process& process);
  CommandPlan(const CommandPlan&) = delete;
  CommandPlan& operator=(const CommandPlan&) = delete;

  std::string name;                     // args[0]
  std::string search_path;              // PATH, empty when `name` has a slash
  std::vector<std::string> candidates;  // in the order they are tried
  std::string cwd;
  // They point into the Process, which outlives the plan.
  std::vector<char*> argv;
  std::vector<char*> envp;
};

}  // namespace runtime
