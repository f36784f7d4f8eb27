// strake cache ls: what the build cache holds, largest first.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/cache_filter.h"
#include "cli/cache_report.h"
#include "cli/clean_text.h"
#include "cli/image_json.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "cli/text_width.h"
#include "registry/reference.h"

namespace cli {
namespace {

using builder::CacheItem;

// Longer ones are told whole by --format and --verbose.
constexpr std::size_t kStepColumns = 60;
constexpr std::size_t kMostNames = 2;

std::map<base::Digest, std::string> read_names(store::Store& store) {
  std::map<base::Digest, std::string> names;
  for (const store::Image& image : store.images().list()) {
    names[image.id] =
        image.tags.empty()
            ? image.id.brief()
            : registry::parse_reference(image.tags.front()).familiar();
  }
  return names;
}

// Its first line, as far as it fits.
std::string shorten(const std::string& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string line = clean_line(text.substr(0, end));
  if (end < text.size()) line += "...";
  return cut_text(line, kStepColumns, "...");
}

// "app:latest and 23 more".
std::string shorten(std::vector<std::string> names) {
  if (names.size() <= kMostNames) {
    return fmt::format("{}", fmt::join(names, ", "));
  }
  // A name says more than an ID.
  const auto named = std::find_if(
      names.begin(), names.end(),
      [](const std::string& name) { return name.find(':') != name.npos; });
  return fmt::format("{} and {} more",
                     named == names.end() ? names.front() : *named,
                     names.size() - 1);
}

class Listing {
 public:
  explicit Listing(store::Store& store) : names_(read_names(store)) {}

  std::vector<std::string> names_of(const CacheItem& item) const {
    std::vector<std::string> names;
    for (const base::Digest& id : item.images) {
      const auto name = names_.find(id);
      names.push_back(name == names_.end() ? id.brief() : name->second);
    }
    return names;
  }

  void add(const CacheItem& item) {
    table_.add({brief_id(item), item.type, render_size(item.size_bytes),
                render_when(item.created), render_when(item.last_used),
                item.is_in_use ? "a running build" : shorten(names_of(item)),
                shorten(item.description)});
  }
  std::string render() const { return table_.render(); }

 private:
  std::map<base::Digest, std::string> names_;
  Table table_{
      {"ID", "TYPE", "SIZE", "CREATED", "LAST USED", "KEPT BY", "WHAT"}};
};

}  // namespace

int run_cache_ls(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> format;
  std::vector<std::string> filters;
  bool is_verbose = false;
  Options options("cache ls [flags]",
                  "Lists what the build cache holds, largest first.",
                  "strake cache ls --filter type=exec.cachemount");
  options.list("--filter", filters,
               "Only these: id=, type=, description~=, until=24h, inuse, "
               "shared, private; != and ~= too");
  options.value("--format", format, "json, or text with {{.Field}}");
  options.flag("--verbose", is_verbose, "All that is known of each");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  const auto now = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  const CacheFilter filter = read_cache_filter(filters, now);

  store::Store store(globals.store_root());
  Rootless(store).enter();
  Listing listing(store);
  std::uint64_t total = 0;
  std::uint64_t reclaimable = 0;
  for (const CacheItem& item : builder::list_cache(store)) {
    if (!filter.passes(item)) continue;
    total += item.size_bytes;
    if (item.is_reclaimable()) reclaimable += item.size_bytes;
    if (format) {
      print_formatted(*format, render_cache_json(item, listing.names_of(item)));
    } else if (is_verbose) {
      std::cout << render_cache_lines(item);
    } else {
      listing.add(item);
    }
  }
  if (format) return 0;
  if (!is_verbose) std::cout << listing.render();
  std::cout << fmt::format("Reclaimable:   {}\nTotal:         {}\n",
                           render_size(reclaimable), render_size(total));
  return 0;
}

}  // namespace cli
