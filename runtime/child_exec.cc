// The last step: finding the program and becoming it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/child.h"

namespace runtime {
namespace {

// execve(2) says ENOENT for a missing program and for a missing interpreter
// alike. When the file is there its beginning, which names the interpreter,
// goes to the parent: nobody can read it once we are gone.
void report_missing_interpreter(const CommandPlan& plan, std::size_t candidate,
                                const Reporter& report) noexcept {
  const int file =
      ::open(plan.candidates[candidate].c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return;
    report.fail(SetupStep::find_interpreter, ENOENT, candidate);
  }
  std::array<char, kMaxRecordText> head;
  const ssize_t size = ::read(file, head.data(), head.size());
  report.fail(SetupStep::find_interpreter, ENOENT, candidate,
              {head.data(), size > 0 ? static_cast<std::size_t>(size) : 0});
}

bool is_missing(int error) noexcept {
  return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
}

}  // namespace

void execute(const CommandPlan& plan, const Reporter& report) noexcept {
  constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t refused = kNone;
  for (std::size_t i = 0; i < plan.candidates.size(); ++i) {
    ::execve(plan.candidates[i].c_str(), plan.argv.data(), plan.envp.data());
    const int error = errno;
    if (error == ENOENT) {
      report_missing_interpreter(plan, i, report);
    } else if (error == EACCES) {
      if (refused == kNone) refused = i;
    } else if (!is_missing(error)) {
      report.fail(SetupStep::execute, error, i);
    }
  }
  if (refused != kNone) report.fail(SetupStep::execute, EACCES, refused);
  report.fail(SetupStep::find_command, ENOENT);
}

}  // namespace runtime
