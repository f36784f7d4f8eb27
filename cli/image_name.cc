#include "cli/image_name.h"

#include <fmt/format.h>

#include "cli/report.h"
#include "registry/reference.h"

namespace cli {

std::string read_image_name(const std::string& where, const std::string& text) {
  try {
    const auto reference = registry::parse_reference(text);
    if (!reference.digest) return reference.full();
  } catch (const base::Error& error) {
    throw usage_error(fmt::format("{}: {}", where, error.message()),
                      error.hint());
  }
  throw usage_error(
      fmt::format("{} {}: a digest cannot be given", where, text));
}

}  // namespace cli
