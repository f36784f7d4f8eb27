#include "cli/failure_flag.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/raw_terminal.h"
#include "cli/report.h"

namespace cli {

OnFailure read_on_failure(const std::optional<std::string>& word) {
  if (!word) return OnFailure::remove;
  if (*word == "keep") return OnFailure::keep;
  if (*word != "shell") {
    throw usage_error(fmt::format("--on-failure {}: want shell or keep", *word),
                      "shell opens one where the step failed; keep lets "
                      "\"strake debug\" do so later");
  }
  if (!is_input_terminal() || ::isatty(STDOUT_FILENO) != 1) {
    throw usage_error("--on-failure shell: there is no terminal to have it at",
                      "use --on-failure keep, and \"strake debug\" later");
  }
  return OnFailure::shell;
}

}  // namespace cli
