// Reading JSON documents that strangers wrote: bounded in size and depth, and
// every wrong type an error that names the key. A null counts as absent, since
// Docker writes it for fields that were never set. Private to the room, because
// it shows nlohmann's types.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace store {

inline constexpr std::size_t kMaxJsonBytes = std::size_t{16} << 20U;

// `what` names the document in messages. Throws: invalid_input.
nlohmann::json parse_json(std::string_view text, std::string_view what);

// Compact, keys sorted; bytes that are not UTF-8 become U+FFFD.
std::string render_json(const nlohmann::json& value);

// One object of a document. All members throw invalid_input for a wrong type
// and take an absent key for empty, zero, false or nullopt.
class JsonObject {
 public:
  // `value` must outlive this; `where` leads to it, for messages.
  JsonObject(const nlohmann::json& value, std::string where);

  bool has(const char* key) const { return find(key) != nullptr; }
  std::string text(const char* key) const;
  std::int64_t integer(const char* key) const;
  bool boolean(const char* key) const;
  std::optional<std::vector<std::string>> texts(const char* key) const;
  std::map<std::string, std::string> text_map(const char* key) const;
  // The keys of an object whose values say nothing: {"80/tcp": {}}.
  std::set<std::string> keys(const char* key) const;
  std::optional<JsonObject> object(const char* key) const;
  void for_each_object(
      const char* key,
      const std::function<void(const JsonObject&)>& visit) const;

  // An invalid_input error about one key, to be thrown.
  [[noreturn]] void refuse(const char* key, std::string_view why) const;

 private:
  const nlohmann::json* find(const char* key) const;
  const nlohmann::json* value_;
  std::string where_;
};

}  // namespace store
