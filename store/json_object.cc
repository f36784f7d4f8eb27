#include "store/json_object.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/error.h"
#include "base/json_depth.h"

namespace store {

using nlohmann::json;

json parse_json(std::string_view text, std::string_view what) {
  if (text.size() > kMaxJsonBytes) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("{} is larger than {} MiB", what, kMaxJsonBytes >> 20U));
  }
  if (base::find_json_depth(text) > base::kMostJsonDepth) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{} is nested deeper than {} levels", what,
                                  base::kMostJsonDepth));
  }
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    // The library's text begins with a name of its own in brackets.
    const std::string_view why = error.what();
    const std::size_t start = why.find("] ");
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("{} is not JSON: {}", what,
                    start == why.npos ? why : why.substr(start + 2)));
  }
}

std::string render_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

JsonObject::JsonObject(const json& value, std::string where)
    : value_(&value), where_(std::move(where)) {
  if (value.is_object()) return;
  throw base::Error(base::ErrorKind::invalid_input,
                    fmt::format("{} must be an object", where_));
}

const json* JsonObject::find(const char* key) const {
  const auto found = value_->find(key);
  return found == value_->end() || found->is_null() ? nullptr : &*found;
}

void JsonObject::refuse(const char* key, std::string_view why) const {
  throw base::Error(base::ErrorKind::invalid_input,
                    fmt::format("{}: \"{}\" {}", where_, key, why));
}

std::string JsonObject::text(const char* key) const {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) refuse(key, "must be a string");
  return value->get<std::string>();
}

std::int64_t JsonObject::integer(const char* key) const {
  const json* value = find(key);
  if (value == nullptr) return 0;
  if (!value->is_number_integer()) refuse(key, "must be an integer");
  if (value->is_number_unsigned() &&
      value->get<std::uint64_t>() >
          std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    refuse(key, "is too large");
  }
  return value->get<std::int64_t>();
}

bool JsonObject::boolean(const char* key) const {
  const json* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) refuse(key, "must be true or false");
  return value->get<bool>();
}

std::optional<std::vector<std::string>> JsonObject::texts(
    const char* key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) refuse(key, "must be an array of strings");
  std::vector<std::string> result;
  for (const json& item : *value) {
    if (!item.is_string()) refuse(key, "must be an array of strings");
    result.push_back(item.get<std::string>());
  }
  return result;
}

std::map<std::string, std::string> JsonObject::text_map(const char* key) const {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_object()) refuse(key, "must be an object of strings");
  std::map<std::string, std::string> result;
  for (const auto& [name, item] : value->items()) {
    if (!item.is_string()) refuse(key, "must be an object of strings");
    result.emplace(name, item.get<std::string>());
  }
  return result;
}

std::set<std::string> JsonObject::keys(const char* key) const {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_object()) refuse(key, "must be an object");
  std::set<std::string> result;
  for (const auto& [name, item] : value->items()) result.insert(name);
  return result;
}

std::optional<JsonObject> JsonObject::object(const char* key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  return JsonObject(*value, fmt::format("{}: \"{}\"", where_, key));
}

void JsonObject::for_each_object(
    const char* key,
    const std::function<void(const JsonObject&)>& visit) const {
  const json* value = find(key);
  if (value == nullptr) return;
  if (!value->is_array()) refuse(key, "must be an array of objects");
  std::size_t number = 0;
  for (const json& item : *value) {
    visit(JsonObject(item,
                     fmt::format("{}: \"{}\" [{}]", where_, key, number++)));
  }
}

}  // namespace store
