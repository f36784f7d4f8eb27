#include "runtime/command_plan.h"

#include "base/error.h"
#include "runtime/mount_plan.h"

namespace runtime {
namespace {

// Docker's, for a Process without PATH.
constexpr const char* kDefaultSearchPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string find_search_path(const std::vector<std::string>& env) {
  for (const std::string& variable : env) {
    if (variable.starts_with("PATH=")) return variable.substr(5);
  }
  return kDefaultSearchPath;
}

}  // namespace

std::vector<char*> exec_words(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  // execve(2) takes char* for history's sake; it writes nothing.
  for (const std::string& word : words) {
    result.push_back(const_cast<char*>(word.c_str()));
  }
  result.push_back(nullptr);
  return result;
}

CommandPlan::CommandPlan(const Process& process)
    : cwd(clean_path(process.cwd)),
      argv(exec_words(process.args)),
      envp(exec_words(process.env)) {
  if (process.args.empty()) {
    throw base::Error(base::ErrorKind::invalid_input, "no command to run");
  }
  name = process.args.front();
  if (name.empty() || name.find('/') != std::string::npos) {
    candidates.push_back(name);
    return;
  }
  search_path = find_search_path(process.env);
  std::size_t at = 0;
  while (at <= search_path.size()) {
    const std::size_t end =
        std::min(search_path.find(':', at), search_path.size());
    // An empty entry is the working directory, as POSIX has it.
    const std::string directory =
        end == at ? "." : search_path.substr(at, end - at);
    candidates.push_back(directory + "/" + name);
    at = end + 1;
  }
}

}  // namespace runtime
