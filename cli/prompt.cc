#include "cli/prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "cli/terminal.h"

namespace cli {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 10U;

class HiddenInput {
 public:
  HiddenInput() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) {
      throw base::system_error(errno, "reading the terminal's settings");
    }
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    if (::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0) {
      throw base::system_error(errno, "changing the terminal's settings");
    }
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;
  ~HiddenInput() {
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    // Nobody has seen the end of the line.
    write_to_stderr("\n");
  }

 private:
  termios before_{};
};

}  // namespace

std::string ask(std::string_view question, Echo echo,
                const std::stop_token& stop) {
  const base::Fd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!input) throw base::system_error(errno, "opening the terminal");
  std::optional<HiddenInput> hidden;
  // Before the question: who sees it may type.
  if (echo == Echo::hidden) hidden.emplace();
  write_to_stderr(question);
  std::string line;
  while (line.size() < kMostBytes) {
    base::wait_until(input, base::Ready::to_read, stop);
    std::byte byte{};
    if (base::read_some(input, &byte, 1) == 0) break;
    const char c = static_cast<char>(byte);
    if (c == '\n') break;
    line += c;
  }
  return line;
}

}  // namespace cli
