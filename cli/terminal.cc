#include "cli/terminal.h"

#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// By the variable that setlocale(3) would look at first.
bool is_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    const std::size_t dot = value.find('.');
    if (dot == std::string_view::npos) return false;
    const char* codeset = value.data() + dot + 1;
    return ::strncasecmp(codeset, "utf-8", 5) == 0 ||
           ::strncasecmp(codeset, "utf8", 4) == 0;
  }
  return false;
}

}  // namespace

Terminal::Terminal()
    : has_color_(environment("NO_COLOR").empty() &&
                 environment("TERM") != "dumb"),
      has_utf8_(is_utf8_locale()) {}

bool Terminal::can_rewrite() {
  return ::isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb";
}

Screen Terminal::screen() const {
  Screen screen;
  screen.has_color = has_color_;
  screen.has_utf8 = has_utf8_;
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) screen.columns = size.ws_col;
    if (size.ws_row > 0) screen.rows = size.ws_row;
  }
  return screen;
}

void write_to_stderr(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace cli
