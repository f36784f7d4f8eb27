#include "cli/push_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/table.h"
#include "registry/reference.h"

namespace cli {

std::string describe_push(const std::vector<std::string>& names,
                          const builder::PushResult& result) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    shown.push_back(registry::parse_reference(name).familiar());
  }
  std::vector<std::string> parts;
  if (result.sent > 0) {
    parts.push_back(fmt::format("{} layer{} sent ({})", result.sent,
                                result.sent == 1 ? "" : "s",
                                render_size(result.sent_bytes)));
  }
  if (result.mounted > 0) {
    parts.push_back(fmt::format("{} mounted", result.mounted));
  }
  if (result.present > 0) {
    parts.push_back(fmt::format("{} there already", result.present));
  }
  if (parts.empty()) parts.emplace_back("no layers");
  return fmt::format("pushed {} as {}: {}", fmt::join(shown, ", "),
                     result.manifest.digest.str(), fmt::join(parts, ", "));
}

}  // namespace cli
