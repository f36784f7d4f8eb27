#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "registry/reference.h"

namespace cli {
namespace {

// One line of the list: an image under one of its names.
struct Row {
  const store::Image* image;
  std::string repository = "<none>";
  std::string tag = "<none>";
  std::string digest = "<none>";
};

// One damaged image must not hide the others; inspect says what is wrong.
std::string find_created(store::Store& store, const store::Image& image) {
  try {
    return store.images().config(image.id).created;
  } catch (const base::Error&) {
    return {};
  }
}

// The row of a full reference.
Row make_row(const store::Image& image, const std::string& name) {
  registry::Reference reference = registry::parse_reference(name);
  Row row{&image};
  if (reference.tag) row.tag = *reference.tag;
  if (reference.digest) row.digest = reference.digest->str();
  reference.tag.reset();
  reference.digest.reset();
  row.repository = reference.familiar();
  return row;
}

// Its tags, each with the digests of its repository; and the digests of others.
std::vector<Row> make_rows(const store::Image& image) {
  std::vector<Row> rows;
  for (const std::string& tag : image.tags) {
    rows.push_back(make_row(image, tag));
  }
  const std::size_t tags = rows.size();
  for (const std::string& name : image.digests) {
    Row row = make_row(image, name);
    bool is_shown = false;
    for (std::size_t i = 0; i < tags; ++i) {
      if (rows[i].repository != row.repository) continue;
      rows[i].digest = row.digest;
      is_shown = true;
    }
    if (!is_shown) rows.push_back(std::move(row));
  }
  if (rows.empty()) rows.push_back({&image});
  return rows;
}

std::vector<Row> make_rows(const std::vector<store::Image>& images,
                           const std::optional<std::string>& filter) {
  std::vector<Row> rows;
  for (const store::Image& image : images) {
    for (Row& row : make_rows(image)) {
      if (!filter || row.repository == *filter ||
          row.repository + ":" + row.tag == *filter) {
        rows.push_back(std::move(row));
      }
    }
  }
  return rows;
}

}  // namespace

int run_images_command(Globals& globals, const Arguments& arguments) {
  bool is_quiet = false;
  bool is_whole = false;
  bool is_all = false;
  bool has_digests = false;
  std::optional<std::string> format;
  std::optional<std::string> filter;
  Options options("images [flags] [NAME[:TAG]]", "Lists images, newest first.",
                  "strake images --format '{{.Repository}}:{{.Tag}}'");
  options.flag("-q,--quiet", is_quiet, "IDs only");
  options.flag("--no-trunc", is_whole, "Whole IDs");
  options.flag("-a,--all", is_all,
               "Accepted for docker's scripts; all are shown");
  options.flag("--digests", has_digests,
               "With the digest that each is pulled by, where that is known");
  options.value("--format", format, "json, or text with {{.Field}}");
  options.optional_operand("NAME", filter, "Only images of this name");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  store::Store store(globals.store_root());
  const Rootless rootless(store);
  const std::vector<store::Image> images = store.images().list();
  std::vector<std::string> header = {"REPOSITORY", "TAG", "IMAGE ID", "CREATED",
                                     "SIZE"};
  if (has_digests) header.insert(header.begin() + 2, "DIGEST");
  Table table(std::move(header));
  for (const Row& row : make_rows(images, filter)) {
    const std::string id =
        is_whole ? row.image->id.str() : row.image->id.brief();
    const std::string created = find_created(store, *row.image);
    if (is_quiet) {
      std::cout << id << '\n';
    } else if (format) {
      const nlohmann::json shown{{"Repository", row.repository},
                                 {"Tag", row.tag},
                                 {"ID", id},
                                 {"Digest", row.digest},
                                 {"CreatedAt", created},
                                 {"CreatedSince", render_age(created)},
                                 {"Size", render_size(row.image->size_bytes)}};
      print_formatted(*format, shown);
    } else {
      std::vector<std::string> cells = {row.repository, row.tag, id,
                                        render_age(created),
                                        render_size(row.image->size_bytes)};
      if (has_digests) {
        cells.insert(cells.begin() + 2, row.digest);
      }
      table.add(std::move(cells));
    }
  }
  if (!is_quiet && !format) std::cout << table.render();
  return 0;
}

}  // namespace cli
