#include "cli/cache_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "builder/assemble.h"
#include "cli/clean_text.h"
#include "cli/table.h"

namespace cli {
namespace {

using builder::CacheItem;

constexpr std::size_t kBriefDigits = 12;
constexpr std::size_t kDigestDigits = 64;

std::string render_known(std::chrono::sys_seconds time) {
  return time == std::chrono::sys_seconds() ? std::string()
                                            : builder::render_time(time);
}

}  // namespace

std::string brief_id(const CacheItem& item) {
  return item.id.size() == kDigestDigits ? item.id.substr(0, kBriefDigits)
                                         : item.id;
}

std::string render_when(std::chrono::sys_seconds time) {
  return time == std::chrono::sys_seconds() ? std::string() : render_age(time);
}

nlohmann::json render_cache_json(const CacheItem& item,
                                 const std::vector<std::string>& images) {
  return {{"ID", item.id},
          {"Type", item.type},
          {"Description", item.description},
          {"Size", render_size(item.size_bytes)},
          {"SizeBytes", item.size_bytes},
          {"CreatedAt", render_known(item.created)},
          {"LastUsedAt", render_known(item.last_used)},
          {"CreatedSince", render_when(item.created)},
          {"LastUsedSince", render_when(item.last_used)},
          {"InUse", item.is_in_use},
          {"Shared", item.is_shared()},
          {"Mutable", item.is_mutable()},
          {"Reclaimable", item.is_reclaimable()},
          {"Images", images}};
}

std::string render_cache_lines(const CacheItem& item) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::string& value) {
    out +=
        fmt::format("{:<15}{}\n", fmt::format("{}:", name), clean_line(value));
  };
  add("ID", item.id);
  add("Created at", render_known(item.created));
  add("Mutable", item.is_mutable() ? "true" : "false");
  add("Reclaimable", item.is_reclaimable() ? "true" : "false");
  add("Shared", item.is_shared() ? "true" : "false");
  add("Size", render_size(item.size_bytes));
  add("Description", item.description);
  add("Last used", render_when(item.last_used));
  add("Type", item.type);
  return out + "\n";
}

}  // namespace cli
