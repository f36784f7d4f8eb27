#include "cli/raw_terminal.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "runtime/terminal_relay.h"

namespace cli {

bool is_input_terminal() { return ::isatty(STDIN_FILENO) == 1; }

builder::ContainerTerminal describe_terminal() {
  const char* type = std::getenv("TERM");
  return {type == nullptr || *type == '\0' ? "xterm" : type,
          runtime::find_terminal_size().value_or(runtime::ConsoleSize())};
}

RawTerminal::RawTerminal() {
  termios raw{};
  if (::tcgetattr(STDIN_FILENO, &before_) != 0) {
    throw base::system_error(errno, "reading the terminal's settings");
  }
  raw = before_;
  ::cfmakeraw(&raw);
  if (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0) {
    throw base::system_error(errno, "changing the terminal's settings");
  }
}

RawTerminal::~RawTerminal() { ::tcsetattr(STDIN_FILENO, TCSANOW, &before_); }

}  // namespace cli
