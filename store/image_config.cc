#include "store/image_config.h"

#include <utility>

#include "base/error.h"
#include "store/json_object.h"

namespace store {
namespace {

using nlohmann::json;
using Written = nlohmann::ordered_json;  // keys in the order of writing

// Reading

std::vector<std::string> texts_or_none(const JsonObject& object,
                                       const char* key) {
  return object.texts(key).value_or(std::vector<std::string>());
}

std::chrono::nanoseconds read_duration(const JsonObject& object,
                                       const char* key) {
  const std::int64_t count = object.integer(key);
  if (count < 0) object.refuse(key, "must not be negative");
  return std::chrono::nanoseconds(count);
}

Healthcheck read_healthcheck(const JsonObject& object) {
  Healthcheck check;
  check.test = texts_or_none(object, "Test");
  check.interval = read_duration(object, "Interval");
  check.timeout = read_duration(object, "Timeout");
  check.start_period = read_duration(object, "StartPeriod");
  check.start_interval = read_duration(object, "StartInterval");
  check.retries = object.integer("Retries");
  return check;
}

ContainerConfig read_container(const JsonObject& object) {
  ContainerConfig config;
  config.user = object.text("User");
  config.exposed_ports = object.keys("ExposedPorts");
  config.env = texts_or_none(object, "Env");
  config.entrypoint = object.texts("Entrypoint");
  config.cmd = object.texts("Cmd");
  config.volumes = object.keys("Volumes");
  config.working_dir = object.text("WorkingDir");
  config.labels = object.text_map("Labels");
  config.stop_signal = object.text("StopSignal");
  config.on_build = texts_or_none(object, "OnBuild");
  config.shell = texts_or_none(object, "Shell");
  config.args_escaped = object.boolean("ArgsEscaped");
  if (const auto check = object.object("Healthcheck")) {
    config.healthcheck = read_healthcheck(*check);
  }
  return config;
}

HistoryEntry read_history(const JsonObject& object) {
  HistoryEntry entry;
  entry.created = object.text("created");
  entry.created_by = object.text("created_by");
  entry.author = object.text("author");
  entry.comment = object.text("comment");
  entry.empty_layer = object.boolean("empty_layer");
  return entry;
}

std::vector<base::Digest> read_diff_ids(const JsonObject& document) {
  const auto rootfs = document.object("rootfs");
  if (!rootfs) document.refuse("rootfs", "is missing");
  if (rootfs->has("type") && rootfs->text("type") != "layers") {
    rootfs->refuse("type", "must be \"layers\"");
  }
  std::vector<base::Digest> diff_ids;
  for (const std::string& text : texts_or_none(*rootfs, "diff_ids")) {
    const auto digest = base::Digest::find_in(text);
    if (!digest) rootfs->refuse("diff_ids", "must hold sha256 digests");
    diff_ids.push_back(*digest);
  }
  return diff_ids;
}

// Writing: fields that are empty stay away, as the Go types have it that
// others read and write this document with; in the order of those types, which
// is what BuildKit writes.

void put(Written& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

void put(Written& object, const char* key,
         const std::vector<std::string>& value) {
  if (!value.empty()) object[key] = value;
}

void put(Written& object, const char* key, bool value) {
  if (value) object[key] = true;
}

void put(Written& object, const char* key, std::int64_t value) {
  if (value != 0) object[key] = value;
}

void put_keys(Written& object, const char* key,
              const std::set<std::string>& names) {
  for (const std::string& name : names) object[key][name] = Written::object();
}

Written write_healthcheck(const Healthcheck& check) {
  Written object = Written::object();
  put(object, "Test", check.test);
  put(object, "Interval", std::int64_t{check.interval.count()});
  put(object, "Timeout", std::int64_t{check.timeout.count()});
  put(object, "StartPeriod", std::int64_t{check.start_period.count()});
  put(object, "StartInterval", std::int64_t{check.start_interval.count()});
  put(object, "Retries", check.retries);
  return object;
}

Written write_container(const ContainerConfig& config) {
  Written object = Written::object();
  put(object, "User", config.user);
  put_keys(object, "ExposedPorts", config.exposed_ports);
  put(object, "Env", config.env);
  if (config.entrypoint) object["Entrypoint"] = *config.entrypoint;
  if (config.cmd) object["Cmd"] = *config.cmd;
  put_keys(object, "Volumes", config.volumes);
  put(object, "WorkingDir", config.working_dir);
  for (const auto& [key, value] : config.labels) object["Labels"][key] = value;
  put(object, "StopSignal", config.stop_signal);
  put(object, "ArgsEscaped", config.args_escaped);
  if (config.healthcheck) {
    object["Healthcheck"] = write_healthcheck(*config.healthcheck);
  }
  put(object, "OnBuild", config.on_build);
  put(object, "Shell", config.shell);
  return object;
}

Written write_history(const HistoryEntry& entry) {
  Written object = Written::object();
  put(object, "created", entry.created);
  put(object, "created_by", entry.created_by);
  put(object, "author", entry.author);
  put(object, "comment", entry.comment);
  put(object, "empty_layer", entry.empty_layer);
  return object;
}

// As Go writes JSON: characters that mean something in HTML are escaped. They
// stand in texts only.
std::string render_as_go(const Written& document) {
  const std::string plain =
      document.dump(-1, ' ', false, Written::error_handler_t::replace);
  std::string text;
  text.reserve(plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const std::string_view rest = std::string_view(plain).substr(i);
    if (const char c = plain[i]; c == '<' || c == '>' || c == '&') {
      text += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : "\\u0026";
    } else if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) {
      text += rest.starts_with("\u2028") ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

ImageConfig parse_image_config(std::string_view text) {
  const std::string what = "image configuration";
  const json parsed = parse_json(text, what);
  const JsonObject document(parsed, what);
  ImageConfig image;
  image.created = document.text("created");
  image.author = document.text("author");
  image.architecture = document.text("architecture");
  image.os = document.text("os");
  image.variant = document.text("variant");
  image.os_version = document.text("os.version");
  image.os_features = texts_or_none(document, "os.features");
  if (const auto config = document.object("config")) {
    image.config = read_container(*config);
  }
  image.diff_ids = read_diff_ids(document);
  document.for_each_object("history", [&](const JsonObject& entry) {
    image.history.push_back(read_history(entry));
  });
  image.inline_cache = document.text("strake.cache.v1");
  return image;
}

std::string render_image_config(const ImageConfig& image) {
  Written document = Written::object();
  // Required by the specification, so written even when empty.
  document["architecture"] = image.architecture;
  put(document, "author", image.author);
  document["config"] = write_container(image.config);
  put(document, "created", image.created);
  for (const HistoryEntry& entry : image.history) {
    document["history"].push_back(write_history(entry));
  }
  document["os"] = image.os;
  put(document, "os.features", image.os_features);
  put(document, "os.version", image.os_version);
  document["rootfs"]["type"] = "layers";
  Written& diff_ids = document["rootfs"]["diff_ids"] = Written::array();
  for (const base::Digest& id : image.diff_ids) diff_ids.push_back(id.str());
  put(document, "strake.cache.v1", image.inline_cache);
  put(document, "variant", image.variant);
  return render_as_go(document);
}

}  // namespace store
