#include "cli/image_name.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/reference.h"

namespace cli {

std::string read_image_name(const std::string& where, const std::string& text) {
  try {
    const auto reference = registry::parse_reference(text);
    if (!reference.digest) return reference.full();
  } catch (const base::Error& error) {
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("{}: {}", where, error.message()))
        .hint(error.hint());
  }
  throw base::Error(
      base::ErrorKind::usage,
      fmt::format("{} {}: a digest cannot be given", where, text));
}

}  // namespace cli
