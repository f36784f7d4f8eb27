#include "runtime/inner_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace runtime {
namespace {

// PF_FORKNOEXEC of the kernel's sched.h.
constexpr unsigned long kNeverExecuted = 0x40;

bool is_gone(int error) { return error == ENOENT || error == ESRCH; }

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

// It may go at any time: then there is no such file, or its content fails.
std::string read_of_process(pid_t process, std::string_view name) {
  const std::string path = fmt::format("/proc/{}/{}", process, name);
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t size = file ? 1 : -1;
  while (size > 0) {
    size = ::read(file.get(), buffer.data(), buffer.size());
    if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  if (size == 0) return text;
  if (is_gone(errno)) return {};
  throw base::system_error(errno, fmt::format("reading {}", path));
}

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
  std::istringstream children(read_of_process(
      child.pid(), fmt::format("task/{}/children", child.pid())));
  for (pid_t process = 0; children >> process;) {
    const std::string status = read_of_process(process, "status");
    if (second_number(status) != number) continue;
    const std::string stat = read_of_process(process, "stat");
    if (stat.empty() || !has_executed(stat.c_str())) break;
    return process;
  }
  return std::nullopt;
}

}  // namespace runtime
