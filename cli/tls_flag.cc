#include "cli/tls_flag.h"

#include <fmt/format.h>

#include "cli/report.h"

namespace cli {

void TlsFlag::add_to(Options& options) {
  options.optional_list("--tls-verify", words_,
                        "With =false any certificate will do, and plain HTTP");
}

std::optional<bool> TlsFlag::verifies() const {
  if (words_.empty()) return std::nullopt;
  const std::string& word = words_.back();
  if (word.empty() || word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  throw usage_error(
      fmt::format("--tls-verify is true or false, not \"{}\"", word), {});
}

}  // namespace cli
