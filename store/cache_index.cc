#include "store/cache_index.h"

#include <fmt/format.h>

#include "base/error.h"
#include "store/descriptor_json.h"
#include "store/json_object.h"

namespace store {
namespace {

using nlohmann::json;

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kLastSecond = 253402300799;  // of the year 9999
constexpr std::int64_t kMostMilliseconds = kLastSecond;
// Above what any file system holds; sums of some of them still fit.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 50U;

base::Digest read_digest(const JsonObject& object, const char* key) {
  const auto digest = base::Digest::find_in(object.text(key));
  if (!digest) object.refuse(key, "must be a sha256 digest");
  return *digest;
}

std::int64_t read_number(const JsonObject& object, const char* key,
                         std::int64_t most) {
  const std::int64_t number = object.integer(key);
  if (number < 0 || number > most) object.refuse(key, "is out of range");
  return number;
}

std::chrono::sys_seconds read_time(const JsonObject& object, const char* key) {
  return std::chrono::sys_seconds(
      std::chrono::seconds(read_number(object, key, kLastSecond)));
}

std::int64_t seconds_of(std::chrono::sys_seconds time) {
  return time.time_since_epoch().count();
}

std::optional<base::Descriptor> find_descriptor(const JsonObject& object,
                                                const char* key) {
  const auto found = object.object(key);
  if (!found) return std::nullopt;
  base::Descriptor descriptor = read_descriptor(*found);
  if (descriptor.size_bytes > std::uint64_t{kMostBytes}) {
    found->refuse("size", "is out of range");
  }
  return descriptor;
}

CachedStep read_step(const JsonObject& object) {
  CachedStep step;
  step.key = read_digest(object, "key");
  step.operation = read_digest(object, "operation");
  step.parent = read_digest(object, "parent");
  step.diff_id = read_digest(object, "diff_id");
  step.stable_digest = read_digest(object, "stable_digest");
  step.created = read_time(object, "created");
  step.recorded = read_time(object, "recorded");
  step.elapsed = std::chrono::milliseconds(
      read_number(object, "elapsed_ms", kMostMilliseconds));
  step.used = read_time(object, "used");
  step.title = object.text("title");
  return step;
}

CachedLayer read_layer(const JsonObject& object) {
  CachedLayer layer;
  layer.diff_id = read_digest(object, "diff_id");
  layer.stable_digest = read_digest(object, "stable_digest");
  layer.tar_bytes =
      static_cast<std::uint64_t>(read_number(object, "tar_bytes", kMostBytes));
  if (auto blob = find_descriptor(object, "blob")) {
    layer.blob = std::move(*blob);
  }
  layer.index = find_descriptor(object, "index");
  layer.index_bytes = static_cast<std::uint64_t>(
      read_number(object, "index_bytes", kMostBytes));
  return layer;
}

CachedBase read_base(const JsonObject& object) {
  CachedBase base{read_layer(object), read_time(object, "used")};
  base.layer.blob = {};
  return base;
}

CachedMount read_mount(const JsonObject& object) {
  CachedMount mount;
  mount.id = object.text("id");
  mount.content = read_digest(object, "content");
  mount.tar_bytes =
      static_cast<std::uint64_t>(read_number(object, "tar_bytes", kMostBytes));
  auto list = find_descriptor(object, "list");
  if (!list) object.refuse("list", "is missing");
  mount.list = std::move(*list);
  return mount;
}

json write_step(const CachedStep& step) {
  return {{"key", step.key.str()},
          {"operation", step.operation.str()},
          {"parent", step.parent.str()},
          {"diff_id", step.diff_id.str()},
          {"stable_digest", step.stable_digest.str()},
          {"created", seconds_of(step.created)},
          {"recorded", seconds_of(step.recorded)},
          {"elapsed_ms", step.elapsed.count()},
          {"used", seconds_of(step.used)},
          {"title", step.title}};
}

json write_layer(const CachedLayer& layer) {
  json object{{"diff_id", layer.diff_id.str()},
              {"stable_digest", layer.stable_digest.str()},
              {"tar_bytes", layer.tar_bytes}};
  if (layer.blob.digest.is_set()) {
    object["blob"] = write_descriptor(layer.blob);
  }
  if (layer.index) {
    object["index"] = write_descriptor(*layer.index);
    object["index_bytes"] = layer.index_bytes;
  }
  return object;
}

json write_base(const CachedBase& base) {
  json object = write_layer(base.layer);
  object["used"] = seconds_of(base.used);
  return object;
}

}  // namespace

CacheIndex parse_cache_index(std::string_view text) {
  const std::string what = "build cache";
  const json parsed = parse_json(text, what);
  const JsonObject document(parsed, what);
  if (document.integer("version") != kVersion) {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("the build cache has format {}, and this "
                                  "strake knows format {}",
                                  document.integer("version"), kVersion));
  }
  CacheIndex index;
  document.for_each_object("records", [&](const JsonObject& object) {
    CachedStep step = read_step(object);
    index.records.insert_or_assign(step.key, std::move(step));
  });
  document.for_each_object("layers", [&](const JsonObject& object) {
    CachedLayer layer = read_layer(object);
    index.layers.insert_or_assign(layer.diff_id, std::move(layer));
  });
  document.for_each_object("bases", [&](const JsonObject& object) {
    CachedBase base = read_base(object);
    const base::Digest diff_id = base.layer.diff_id;
    index.bases.insert_or_assign(diff_id, std::move(base));
  });
  document.for_each_object("mounts", [&](const JsonObject& object) {
    CachedMount mount = read_mount(object);
    index.mounts.insert_or_assign(mount.id, std::move(mount));
  });
  return index;
}

std::string render_cache_index(const CacheIndex& index) {
  json records = json::array();
  for (const auto& [key, step] : index.records) {
    records.push_back(write_step(step));
  }
  json layers = json::array();
  for (const auto& [diff_id, layer] : index.layers) {
    layers.push_back(write_layer(layer));
  }
  json bases = json::array();
  for (const auto& [diff_id, base] : index.bases) {
    bases.push_back(write_base(base));
  }
  json mounts = json::array();
  for (const auto& [id, mount] : index.mounts) {
    mounts.push_back({{"id", id},
                      {"content", mount.content.str()},
                      {"tar_bytes", mount.tar_bytes},
                      {"list", write_descriptor(mount.list)}});
  }
  return render_json({{"version", kVersion},
                      {"records", std::move(records)},
                      {"layers", std::move(layers)},
                      {"bases", std::move(bases)},
                      {"mounts", std::move(mounts)}});
}

}  // namespace store
