#include "cli/progress_option.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cli/plain_progress.h"
#include "cli/terminal_progress.h"

namespace cli {

std::unique_ptr<BuildProgress> make_progress(
    const std::string& kind, std::chrono::steady_clock::time_point start) {
  if (kind == "quiet") return std::make_unique<QuietProgress>();
  if (kind == "tty" || (kind == "auto" && Terminal::can_rewrite())) {
    return std::make_unique<TerminalProgress>(Terminal(), start);
  }
  if (kind == "auto" || kind == "plain") {
    return std::make_unique<PlainProgress>();
  }
  if (kind == "rawjson") {
    throw base::Error(base::ErrorKind::unsupported,
                      "--progress rawjson is not supported yet");
  }
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("unknown progress \"{}\"", kind))
      .hint("it is one of auto, tty, plain, quiet");
}

}  // namespace cli
