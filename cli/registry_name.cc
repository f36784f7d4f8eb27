#include "cli/registry_name.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cli/report.h"
#include "registry/credential_key.h"
#include "registry/reference.h"

namespace cli {
namespace {

// Where images of that name would be looked for.
bool names_registry(const std::string& host) {
  try {
    return registry::parse_reference(host + "/x").domain == host;
  } catch (const base::Error&) {
    return false;
  }
}

}  // namespace

std::string read_registry_name(const std::optional<std::string>& word) {
  if (!word) return registry::kHub;
  std::string host = registry::parse_credential_key(*word).host;
  if (host.empty() || !names_registry(host)) {
    throw usage_error(fmt::format("\"{}\" names no registry", *word),
                      "a registry is a host with a dot or a port in its name, "
                      "as \"registry.example.com\", or \"localhost\"");
  }
  return host;
}

}  // namespace cli
