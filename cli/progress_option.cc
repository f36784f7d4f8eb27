#include "cli/progress_option.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cli/plain_progress.h"
#include "cli/terminal_progress.h"

namespace cli {

std::unique_ptr<BuildProgress> make_progress(const ProgressOptions& options) {
  const std::string& kind = options.kind;
  if (kind == "quiet") return std::make_unique<QuietProgress>();
  if (kind == "tty" || (kind == "auto" && Terminal::can_rewrite())) {
    return std::make_unique<TerminalProgress>(Terminal(), options.start,
                                              options.explains);
  }
  if (kind == "auto" || kind == "plain") {
    return std::make_unique<PlainProgress>(options.explains);
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
