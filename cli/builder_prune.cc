// strake builder prune: removes what of the build cache nobody needs.
#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <iostream>
#include <string>

#include "base/error.h"
#include "builder/prune_cache.h"
#include "cli/cache_filter.h"
#include "cli/cache_report.h"
#include "cli/confirm.h"
#include "cli/image_report.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace cli {
namespace {

using builder::CacheItem;

std::optional<std::uint64_t> read_size(std::string_view flag,
                                       const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  try {
    return parser::parse_size(*text);
  } catch (const parser::SyntaxError&) {
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("{} \"{}\" is not a size", flag, *text))
        .hint("write it like 512MB, 10g or a number of bytes");
  }
}

std::uint64_t free_bytes(const std::filesystem::path& directory) {
  struct statvfs status {};
  if (::statvfs(directory.c_str(), &status) != 0) {
    throw base::system_error(errno, fmt::format("asking for the free space of "
                                                "{}",
                                                directory.native()));
  }
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

std::string describe(const builder::PruneOptions& prune, bool has_filter) {
  const bool has_limit = prune.max_used_bytes || prune.min_free_bytes;
  std::string text =
      has_filter || has_limit ? "build cache" : "all build cache";
  text +=
      prune.takes_all ? " that no running build uses" : " that no image needs";
  if (has_filter) text += ", as far as --filter says";
  if (has_limit) text += ", until the limits are kept";
  return text;
}

// Of what images need nothing is the cache's own.
std::uint64_t count_bytes(const std::vector<CacheItem>& items) {
  std::uint64_t bytes = 0;
  for (const CacheItem& item : items) {
    if (!item.is_shared()) bytes += item.size_bytes;
  }
  return bytes;
}

// Says which limit could not be kept with what there was to remove.
void report_limits(const builder::PruneOptions& prune, std::uint64_t used,
                   std::uint64_t free) {
  const std::uint64_t reserved = prune.reserved_bytes.value_or(0);
  if (prune.max_used_bytes &&
      used > std::max(*prune.max_used_bytes, reserved)) {
    std::cerr << fmt::format(
        "the build cache still takes {}, more than {}: builds use the rest, or "
        "--filter spares it, or it is of this week and wants --all\n",
        render_size(used), render_size(*prune.max_used_bytes));
  }
  if (prune.min_free_bytes && free < *prune.min_free_bytes) {
    std::cerr << fmt::format(
        "the file system still has {} free, less than {}: no more of the build "
        "cache may go\n",
        render_size(free), render_size(*prune.min_free_bytes));
  }
}

void print(const std::vector<CacheItem>& removed, bool is_verbose) {
  Table table({"ID", "TYPE", "SIZE", "LAST USED", "WHAT"});
  for (const CacheItem& item : removed) {
    if (is_verbose) {
      std::cout << render_cache_lines(item);
      continue;
    }
    table.add({brief_id(item), item.type,
               render_size(item.is_shared() ? 0 : item.size_bytes),
               render_when(item.last_used),
               item.description.substr(0, item.description.find('\n'))});
  }
  if (!is_verbose && !removed.empty()) std::cout << table.render();
  std::cout << fmt::format("Total: {}\n", render_size(count_bytes(removed)))
            << std::flush;
}

}  // namespace

int run_builder_prune(Globals& globals, const Arguments& arguments) {
  bool takes_all = false;
  bool is_forced = false;
  bool is_verbose = false;
  std::vector<std::string> filters;
  std::optional<std::string> keep;
  std::optional<std::string> max_used;
  std::optional<std::string> reserved;
  std::optional<std::string> min_free;
  Options options("builder prune [flags]",
                  "Removes build cache that no image and no running build "
                  "needs.",
                  "strake builder prune --filter until=72h "
                  "--max-used-space 20GB");
  options.flag("-a,--all", takes_all,
               "Also what images keep from going, and compressed layers, logs "
               "and failed steps of the last week");
  options.flag("-f,--force", is_forced, "Do not ask");
  options.list("--filter", filters,
               "Only these: until=24h, unused-for=, id=, type=, "
               "description~=, shared, private; != and ~= too");
  options.value("--max-used-space", max_used,
                "Remove what was used longest ago until the cache is as small");
  options.value("--keep-storage", keep, "The same, by docker's older name");
  options.value("--reserved-space", reserved, "Always leave so much");
  options.value("--min-free-space", min_free,
                "Remove until the file system has so much free");
  options.flag("--verbose", is_verbose, "All that is known of each");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  const auto now = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  const CacheFilter filter = read_cache_filter(filters, now);
  builder::PruneOptions prune;
  prune.takes_all = takes_all;
  prune.takes_recent_internal = filter.has_age;
  prune.filter = filter.passes;
  if (keep && max_used) {
    throw usage_error("--keep-storage and --max-used-space are the same limit",
                      "give one of them");
  }
  prune.max_used_bytes = keep ? read_size("--keep-storage", keep)
                              : read_size("--max-used-space", max_used);
  prune.reserved_bytes = read_size("--reserved-space", reserved);
  prune.min_free_bytes = read_size("--min-free-space", min_free);
  if (!is_forced && !confirm_removal(describe(prune, !filters.empty())))
    return 0;

  store::Store store(globals.store_root());
  Rootless(store).enter();
  const bool is_everything = takes_all && filters.empty() &&
                             !prune.max_used_bytes && !prune.reserved_bytes &&
                             !prune.min_free_bytes;
  const std::vector<CacheItem> items = builder::list_cache(store);
  const std::vector<CacheItem> chosen =
      builder::choose_items(items, prune, free_bytes(store.root()), now);
  store.reserve().give_up();
  const std::vector<CacheItem> removed = builder::remove_items(store, chosen);
  if (is_everything) store.last_builds().clear();
  print(removed, is_verbose);
  report_limits(prune, count_bytes(items) - count_bytes(removed),
                free_bytes(store.root()));
  report_nameless_images(store);
  return 0;
}

}  // namespace cli
