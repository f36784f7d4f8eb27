#include "cli/image_json.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "builder/assemble.h"
#include "builder/store_images.h"
#include "cli/clean_text.h"
#include "cli/report.h"
#include "parser/values.h"
#include "registry/reference.h"

namespace cli {
namespace {

using nlohmann::json;

// Names of files and arguments may be of any bytes.
constexpr auto kReplace = json::error_handler_t::replace;

// ".Config.Env" out of a value.
const json& find_field(const json& value, std::string_view path) {
  const json* at = &value;
  while (!path.empty() && path != ".") {
    if (!path.starts_with('.')) {
      throw usage_error(fmt::format("--format: \"{}\" is not a field", path),
                        "fields are written {{.Name}}");
    }
    path.remove_prefix(1);
    const std::string name(path.substr(0, path.find('.')));
    if (!at->is_object() || !at->contains(name)) {
      std::vector<std::string_view> names;
      if (at->is_object()) {
        for (const auto& item : at->items()) names.emplace_back(item.key());
      }
      const std::string near = parser::find_nearest(name, names);
      throw usage_error(
          fmt::format("--format: there is no field \"{}\"", name),
          near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
    }
    at = &(*at)[name];
    path.remove_prefix(name.size());
  }
  return *at;
}

std::string_view trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(' ') - start + 1);
}

// "{{index .RepoDigests 0}}": what follows "index ".
const json& find_element(const json& value, std::string_view words) {
  const std::size_t blank = words.rfind(' ');
  const json& list = find_field(value, trim(words.substr(0, blank)));
  const std::string_view number =
      blank == std::string_view::npos ? "" : words.substr(blank + 1);
  std::size_t at = 0;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), at);
  if (error != std::errc() || end != number.data() + number.size() ||
      !list.is_array()) {
    throw usage_error(
        fmt::format("--format: \"index {}\" is no element of a list", words),
        "an element is written {{index .Name 0}}");
  }
  if (at >= list.size()) {
    throw usage_error(
        fmt::format("--format: \"{}\": the list has {}", words, list.size()));
  }
  return list[at];
}

// Names of files and arguments are strangers' texts.
using Show = std::string (*)(const std::string&);

std::string show_raw(const std::string& text) { return text; }
std::string show_clean(const std::string& text) { return clean_text(text); }

std::string render_json(const json& value) {
  return value.dump(-1, ' ', false, kReplace);
}

std::string render_plain(const json& value) {
  return value.is_string() ? value.get<std::string>() : render_json(value);
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() &&
        (text[i + 1] == 't' || text[i + 1] == 'n')) {
      out += text[++i] == 't' ? '\t' : '\n';
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string apply_format(std::string_view format, const json& value,
                         Show show) {
  if (format == "json") return show(render_json(value));
  std::string out;
  while (!format.empty()) {
    const std::size_t open = format.find("{{");
    out += unescape(format.substr(0, open));
    if (open == std::string_view::npos) break;
    const std::size_t close = format.find("}}", open);
    if (close == std::string_view::npos) {
      throw usage_error("--format: \"{{\" without \"}}\"");
    }
    std::string_view action = trim(format.substr(open + 2, close - open - 2));
    if (action.starts_with("json ")) {
      out += show(render_json(find_field(value, trim(action.substr(5)))));
    } else if (action.starts_with("index ")) {
      out += show(render_plain(find_element(value, trim(action.substr(6)))));
    } else {
      out += show(render_plain(find_field(value, action)));
    }
    format.remove_prefix(close + 2);
  }
  return out;
}

}  // namespace

json render_image(store::Store& store, const store::Image& image) {
  const store::ImageConfig config = store.images().config(image.id);
  json out = json::parse(store.blobs().read(image.id));
  json shown{{"Id", image.id.str()},
             {"ID", image.id.str()},
             {"Created", config.created},
             {"Author", config.author},
             {"Architecture", config.architecture},
             {"Os", config.os},
             {"Size", image.size_bytes},
             {"Config", out.value("config", json::object())}};
  if (!config.variant.empty()) shown["Variant"] = config.variant;
  shown["RepoTags"] = json::array();
  for (const std::string& tag : image.tags) {
    shown["RepoTags"].push_back(registry::parse_reference(tag).familiar());
  }
  shown["RepoDigests"] = json::array();
  for (const std::string& name : image.digests) {
    shown["RepoDigests"].push_back(registry::parse_reference(name).familiar());
  }
  json layers = json::array();
  for (const base::Digest& diff_id : config.diff_ids) {
    layers.push_back(diff_id.str());
  }
  shown["RootFS"] = {{"Type", "layers"}, {"Layers", std::move(layers)}};
  return shown;
}

void print_formatted(std::string_view format, const json& value) {
  const Show show = ::isatty(STDOUT_FILENO) != 0 ? show_clean : show_raw;
  std::cout << apply_format(format, value, show) << '\n';
}

builder::FoundImage require_image(store::Store& store,
                                  const std::string& name) {
  if (auto found = builder::find_image(store, name)) return std::move(*found);
  std::vector<std::string> names;
  for (const store::Image& image : store.images().list()) {
    for (const std::string& tag : image.tags) {
      names.push_back(registry::parse_reference(tag).familiar());
    }
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string near = parser::find_nearest(name, views);
  throw base::Error(base::ErrorKind::not_found,
                    fmt::format("there is no image \"{}\"", name))
      .hint(near.empty() ? "\"strake images\" lists them"
                         : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace cli
