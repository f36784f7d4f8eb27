#include "runtime/inner_process.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

#include "base/file.h"

namespace runtime {
namespace {

// PF_FORKNOEXEC of the kernel's sched.h.
constexpr unsigned long kNeverExecuted = 0x40;

std::string read_if_there(const std::string& path) {
  const auto file = base::find_file(path, O_RDONLY);
  return file ? base::read_all(*file) : std::string();
}

// proc_pid_status(5): "NSpid:" and the numbers from our namespace inwards. The
// child has two, what it started one more.
pid_t second_number(const std::string& status) {
  constexpr std::string_view kKey = "\nNSpid:";
  const std::size_t at = status.find(kKey);
  if (at == std::string::npos) return -1;
  std::istringstream numbers(status.substr(at + kKey.size()));
  pid_t first = -1;
  pid_t second = -1;
  numbers >> first >> second;
  return second;
}

}  // namespace

// The name is last in parentheses, and may hold anything.
bool has_executed(const char* stat) noexcept {
  const char* at = std::strrchr(stat, ')');
  constexpr int kFieldsBetween = 7;  // from the name, field 2, to the flags
  for (int i = 0; at != nullptr && i < kFieldsBetween; ++i) {
    at = std::strchr(at + 1, ' ');
  }
  return at == nullptr || (std::strtoul(at, nullptr, 10) & kNeverExecuted) == 0;
}

std::optional<pid_t> find_command(const ChildProcess& child, pid_t number) {
  std::istringstream children(
      read_if_there(fmt::format("/proc/{0}/task/{0}/children", child.pid())));
  for (pid_t process = 0; children >> process;) {
    const std::string status =
        read_if_there(fmt::format("/proc/{}/status", process));
    if (second_number(status) != number) continue;
    const std::string stat =
        read_if_there(fmt::format("/proc/{}/stat", process));
    if (stat.empty() || !has_executed(stat.c_str())) break;
    return process;
  }
  return std::nullopt;
}

}  // namespace runtime
