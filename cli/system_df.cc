// strake system df: what takes the space, in the shape of docker's.
#include <fmt/format.h>

#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/image_json.h"
#include "cli/rootless.h"
#include "cli/system_report.h"
#include "cli/table.h"
#include "registry/reference.h"
#include "store/store.h"
#include "store/usage.h"

namespace cli {
namespace {

using nlohmann::json;

struct Row {
  std::string_view type;
  const store::UsageCount& usage;
};

std::vector<Row> rows_of(const store::StoreUsage& usage) {
  return {{"Images", usage.images},
          {"Shared layers", usage.shared_layers},
          {"Unique layers", usage.unique_layers},
          {"Unused layers", usage.unused_layers},
          {"Build cache", usage.cache},
          {"Blobs", usage.blobs},
          {"Resolved images", usage.resolved_images},
          {"Cache mounts", usage.cache_mounts},
          {"Git sources", usage.git_repositories},
          {"Logs", usage.logs},
          {"Failed steps", usage.failed_steps}};
}

// "1.2MB (45%)"
std::string render_reclaimable(const store::UsageCount& usage) {
  if (usage.size_bytes == 0) return "0B";
  return fmt::format("{} ({}%)", render_size(usage.reclaimable_bytes),
                     usage.reclaimable_bytes * 100 / usage.size_bytes);
}

// docker's names, whose values are texts; and the numbers.
json render_json(const Row& row) {
  return {{"Type", row.type},
          {"TotalCount", std::to_string(row.usage.count)},
          {"Size", render_size(row.usage.size_bytes)},
          {"Reclaimable", render_reclaimable(row.usage)},
          {"SizeBytes", row.usage.size_bytes},
          {"ReclaimableBytes", row.usage.reclaimable_bytes}};
}

// "hello:latest, hello:2", "<none>"
std::string render_names(const std::vector<std::string>& tags) {
  std::string names;
  for (const std::string& tag : tags) {
    if (!names.empty()) names += ", ";
    names += registry::parse_reference(tag).familiar();
  }
  return names.empty() ? "<none>" : names;
}

json render_json(const store::ImageUsage& usage, const std::string& names) {
  return {{"ID", usage.id.str()},
          {"Names", names},
          {"SharedSize", render_size(usage.shared_bytes)},
          {"UniqueSize", render_size(usage.unique_bytes)},
          {"SharedBytes", usage.shared_bytes},
          {"UniqueBytes", usage.unique_bytes}};
}

std::map<base::Digest, std::string> read_names(store::Store& store) {
  std::map<base::Digest, std::string> names;
  for (const store::Image& image : store.images().list()) {
    names[image.id] = render_names(image.tags);
  }
  return names;
}

void print_rows(const store::StoreUsage& usage, const std::string& format,
                const std::map<base::Digest, std::string>* names) {
  json all;
  for (const Row& row : rows_of(usage)) {
    const json shown = render_json(row);
    if (names == nullptr) print_formatted(format, shown);
    all["Types"].push_back(shown);
  }
  if (names == nullptr) return;
  all["Images"] = json::array();
  for (const store::ImageUsage& image : usage.by_image) {
    all["Images"].push_back(render_json(image, names->at(image.id)));
  }
  print_formatted(format, all);
}

void print_tables(const store::StoreUsage& usage,
                  const std::map<base::Digest, std::string>* names) {
  Table table({"TYPE", "TOTAL", "SIZE", "RECLAIMABLE"});
  for (const Row& row : rows_of(usage)) {
    table.add({std::string(row.type), std::to_string(row.usage.count),
               render_size(row.usage.size_bytes),
               render_reclaimable(row.usage)});
  }
  std::cout << table.render();
  if (names == nullptr) return;
  Table images({"IMAGE ID", "SHARED SIZE", "UNIQUE SIZE", "NAMES"});
  for (const store::ImageUsage& image : usage.by_image) {
    images.add({image.id.brief(), render_size(image.shared_bytes),
                render_size(image.unique_bytes), names->at(image.id)});
  }
  std::cout << '\n' << images.render();
}

}  // namespace

int run_system_df(Globals& globals, const Arguments& arguments) {
  bool is_verbose = false;
  std::optional<std::string> format;
  Options options("system df [flags]", "Shows what takes the store's space.",
                  "strake system df -v");
  options.flag("-v,--verbose", is_verbose, "Each image too");
  options.value("--format", format, "json, or text with {{.Field}}");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  store::Store store(globals.store_root());
  Rootless(store).enter();
  base::Span span(globals.trace(), "store", "usage");
  const store::StoreUsage usage = store::measure_usage(store);
  span.end();
  std::map<base::Digest, std::string> names;
  if (is_verbose) {
    names = read_names(store);
    for (const store::ImageUsage& image : usage.by_image) {
      names.try_emplace(image.id, "<none>");  // removed meanwhile
    }
  }
  const auto* shown = is_verbose ? &names : nullptr;
  if (format) {
    print_rows(usage, *format, shown);
  } else {
    print_tables(usage, shown);
  }
  return 0;
}

}  // namespace cli
