// The last step: finding the program and becoming it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/child.h"
#include "runtime/syscalls.h"

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
    // The last two: a filter that lets nobody look.
    if (errno == ENOENT || errno == ENOTDIR || errno == EPERM ||
        errno == ENOSYS) {
      return;
    }
    report.fail(SetupStep::find_interpreter, ENOENT, candidate);
  }
  std::array<char, kMaxRecordText> head;
  const ssize_t size = ::read(file, head.data(), head.size());
  report.fail(SetupStep::find_interpreter, ENOENT, candidate,
              {head.data(), size > 0 ? static_cast<std::size_t>(size) : 0});
}

// What a script names behind "#!", as the kernel reads it. Cuts it off in
// place; null where there is none.
const char* find_script_interpreter(char* head) noexcept {
  if (head[0] != '#' || head[1] != '!') return nullptr;
  char* name = head + 2;
  while (*name == ' ' || *name == '\t') ++name;
  char* end = name;
  while (*end != '\0' && *end != ' ' && *end != '\t' && *end != '\n') ++end;
  *end = '\0';
  return *name == '\0' ? nullptr : name;
}

// Whether a program's path, or that of a script's interpreter, goes through a
// link of /proc to a file that is in use. Until execve(2) that is strake.
bool leads_to_us(const char* path) noexcept {
  constexpr int kMostScripts = 5;  // that the kernel goes through
  std::array<char, 257> head;      // the kernel reads 256 bytes of a script
  for (int depth = 0; depth <= kMostScripts; ++depth) {
    const int file = openat2(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
                             RESOLVE_NO_MAGICLINKS);
    if (file < 0) return errno == ELOOP;
    const ssize_t size = ::read(file, head.data(), head.size() - 1);
    ::close(file);
    if (size <= 0) return false;
    head[static_cast<std::size_t>(size)] = '\0';
    path = find_script_interpreter(head.data());
    if (path == nullptr) return false;
  }
  return false;
}

bool is_missing(int error) noexcept {
  return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
}

}  // namespace

// An image whose program is "/proc/self/exe", or a script of it, would have
// strake executed inside, with the image's libraries: from there its file on
// the host can be opened (CVE-2019-5736). The kernel lets nobody write to it
// while we run, but versions have gone without that.
//
// Looked for while we have all rights: a command may have none to read what
// the kernel will, or a filter that lets nobody look.
std::size_t find_own_program(const CommandPlan& plan) noexcept {
  std::size_t i = 0;
  while (i < plan.candidates.size() &&
         !leads_to_us(plan.candidates[i].c_str())) {
    ++i;
  }
  return i;
}

void execute(const CommandPlan& plan, std::size_t own,
             const Reporter& report) noexcept {
  constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t refused = kNone;
  for (std::size_t i = 0; i < plan.candidates.size(); ++i) {
    if (i == own) report.fail(SetupStep::execute, ELOOP, i);
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
