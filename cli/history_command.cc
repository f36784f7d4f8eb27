#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "cli/text_width.h"

namespace cli {
namespace {

constexpr std::size_t kShownColumns = 63;

std::string shorten(std::string text, bool is_whole) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  text = clean_line(text);
  return is_whole ? text : cut_text(text, kShownColumns, "...");
}

}  // namespace

int run_history_command(Globals& globals, const Arguments& arguments) {
  bool is_whole = false;
  bool is_quiet = false;
  std::optional<std::string> format;
  std::string name;
  Options options("history [flags] NAME", "Shows how an image was made.",
                  "strake history --no-trunc hello");
  options.flag("--no-trunc", is_whole, "Whole commands");
  options.flag("-q,--quiet", is_quiet, "IDs only");
  options.value("--format", format, "json, or text with {{.Field}}");
  options.operand("NAME", name, "Name or ID of an image");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  store::Store store(globals.store_root());
  const Rootless rootless(store);
  const store::Image image = require_image(store, name).image;
  const store::ImageConfig config = store.images().config(image.id);
  // Each entry with the bytes its layer holds, newest first.
  std::vector<std::pair<const store::HistoryEntry*, std::uint64_t>> rows;
  std::size_t layer = 0;
  for (const store::HistoryEntry& entry : config.history) {
    std::uint64_t bytes = 0;
    if (!entry.empty_layer && layer < config.diff_ids.size()) {
      const auto stored = store.layers().find(config.diff_ids[layer++]);
      if (stored) bytes = stored->file_bytes;
    }
    rows.emplace_back(&entry, bytes);
  }
  std::reverse(rows.begin(), rows.end());
  Table table({"IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"});
  std::string id = is_whole ? image.id.str() : image.id.brief();
  for (const auto& [entry, bytes] : rows) {
    const std::string by = shorten(entry->created_by, is_whole);
    if (is_quiet) {
      std::cout << id << '\n';
    } else if (format) {
      const nlohmann::json shown{{"ID", id},
                                 {"CreatedAt", entry->created},
                                 {"CreatedSince", render_age(entry->created)},
                                 {"CreatedBy", by},
                                 {"Size", render_size(bytes)},
                                 {"Comment", entry->comment}};
      print_formatted(*format, shown);
    } else {
      table.add({id, render_age(entry->created), by, render_size(bytes),
                 entry->comment});
    }
    id = "<missing>";  // docker's word for an entry that is no image
  }
  if (!is_quiet && !format) std::cout << table.render();
  return 0;
}

}  // namespace cli
