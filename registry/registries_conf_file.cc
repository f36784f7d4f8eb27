// The text of one registries.conf.
//
// Strict about what it knows, since a setting that is silently not meant may
// send an image elsewhere or ask for it without TLS; silent about keys it does
// not know, as containers' own tools are, since newer versions have more.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <toml.hpp>
#include <utility>

#include "base/error.h"
#include "registry/registries_conf.h"
#include "registry/toml_nesting.h"

namespace registry {
namespace {

using toml::value;

class FileReader {
 public:
  explicit FileReader(const std::filesystem::path& path)
      : path_(path.string()) {}

  RegistriesConf read(const std::string& text) const;

 private:
  [[noreturn]] void refuse(std::size_t line, const std::string& why) const {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{}:{}: {}", path_, line, why))
        .hint("containers-registries.conf(5) says what may stand there");
  }
  [[noreturn]] void refuse(const value& at, const std::string& why) const {
    refuse(at.location().line(), why);
  }
  std::string origin_of(const value& at) const {
    return fmt::format("{}:{}", path_, at.location().line());
  }

  value parse(const std::string& text) const;

  // What stands under a key of a table, of the type it must have.
  const value* find(const value& table, const std::string& key) const {
    return table.contains(key) ? &table.at(key) : nullptr;
  }
  const value* find_table(const value& table, const std::string& key) const;
  const toml::array* find_array(const value& table,
                                const std::string& key) const;
  std::string text_of(const value& at, const std::string& key) const;
  std::string find_text(const value& table, const std::string& key) const;
  bool find_flag(const value& table, const std::string& key) const;
  std::optional<std::vector<std::string>> find_texts(
      const value& table, const std::string& key) const;

  std::string read_location(const value& table, const std::string& key) const;
  void check_host(const value& at, const std::string& location) const;
  RegistryEndpoint read_endpoint(const value& table) const;
  RegistryEndpoint read_mirror(const value& table,
                               bool is_for_digests_only) const;
  RegistryRule read_rule(const value& table) const;
  std::vector<RegistryRule> read_rules(const value& root) const;
  std::vector<RegistryRule> read_old_rules(const value& root) const;
  std::vector<std::string> check_search(const value& at,
                                        std::vector<std::string> hosts) const;
  std::map<std::string, ShortNameAlias> read_aliases(const value& root) const;
  std::optional<ShortNameMode> read_mode(const value& root) const;

  std::string path_;
};

value FileReader::parse(const std::string& text) const {
  constexpr std::size_t kDeepest = 100;
  if (const auto line = find_deep_line(text, kDeepest)) {
    refuse(*line, fmt::format("nested more than {} deep", kDeepest));
  }
  std::istringstream in(text);
  try {
    return toml::parse(in, path_);
  } catch (const toml::exception& error) {
    // "[error] toml::parse_key: <what is wrong>", then lines with the place.
    std::string why = error.what();
    why.resize(std::min(why.size(), why.find('\n')));
    const std::size_t name = why.find("parse");
    const std::size_t end =
        why.find(": ", name == std::string::npos ? 0 : name);
    if (end != std::string::npos) why.erase(0, end + 2);
    refuse(error.location().line(), why);
  } catch (const std::exception& error) {
    refuse(1, error.what());
  }
}

const value* FileReader::find_table(const value& table,
                                    const std::string& key) const {
  const value* found = find(table, key);
  if (found != nullptr && !found->is_table()) {
    refuse(*found, fmt::format("\"{}\" has to be a table", key));
  }
  return found;
}

const toml::array* FileReader::find_array(const value& table,
                                          const std::string& key) const {
  const value* found = find(table, key);
  if (found == nullptr) return nullptr;
  if (!found->is_array()) {
    refuse(*found, fmt::format("\"{}\" has to be an array", key));
  }
  return &found->as_array();
}

std::string FileReader::text_of(const value& at, const std::string& key) const {
  if (!at.is_string()) {
    refuse(at, fmt::format("\"{}\" has to be text in quotes", key));
  }
  return at.as_string().str;
}

std::string FileReader::find_text(const value& table,
                                  const std::string& key) const {
  const value* found = find(table, key);
  return found == nullptr ? std::string() : text_of(*found, key);
}

bool FileReader::find_flag(const value& table, const std::string& key) const {
  const value* found = find(table, key);
  if (found == nullptr) return false;
  if (!found->is_boolean()) {
    refuse(*found, fmt::format("\"{}\" has to be true or false", key));
  }
  return found->as_boolean();
}

std::optional<std::vector<std::string>> FileReader::find_texts(
    const value& table, const std::string& key) const {
  const toml::array* array = find_array(table, key);
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const value& element : *array) texts.push_back(text_of(element, key));
  return texts;
}

std::string FileReader::read_location(const value& table,
                                      const std::string& key) const {
  std::string text = find_text(table, key);
  if (text.find("://") != std::string::npos) {
    refuse(table.at(key),
           fmt::format("{} \"{}\" has to be without \"{}\"", key, text,
                       text.substr(0, text.find("://") + 3)));
  }
  while (text.ends_with('/')) text.pop_back();
  return text;
}

// A location whose first part is no host would be taken for a repository of
// docker.io.
void FileReader::check_host(const value& at,
                            const std::string& location) const {
  const std::string host = location.substr(0, location.find('/'));
  if (!names_registry(host + "/x")) {
    refuse(at, fmt::format("\"{}\" is not a registry: write host[:port], with "
                           "a '.' or a port, or localhost",
                           host));
  }
}

RegistryEndpoint FileReader::read_endpoint(const value& table) const {
  RegistryEndpoint endpoint;
  endpoint.location = read_location(table, "location");
  endpoint.is_insecure = find_flag(table, "insecure");
  if (!endpoint.location.empty()) {
    check_host(table.at("location"), endpoint.location);
  }
  return endpoint;
}

RegistryEndpoint FileReader::read_mirror(const value& table,
                                         bool is_for_digests_only) const {
  if (!table.is_table()) refuse(table, "a mirror has to be a table");
  RegistryEndpoint mirror = read_endpoint(table);
  if (mirror.location.empty()) refuse(table, "a mirror needs a location");
  if (is_for_digests_only) mirror.use = MirrorUse::digests;
  const std::string use = find_text(table, "pull-from-mirror");
  if (use.empty()) return mirror;
  const value& at = table.at("pull-from-mirror");
  if (is_for_digests_only) {
    refuse(at,
           "either \"mirror-by-digest-only\" of the registry or "
           "\"pull-from-mirror\" of its mirrors, not both");
  }
  if (use == "digest-only") {
    mirror.use = MirrorUse::digests;
  } else if (use == "tag-only") {
    mirror.use = MirrorUse::tags;
  } else if (use != "all") {
    refuse(at, fmt::format("pull-from-mirror \"{}\" is none of all, "
                           "digest-only and tag-only",
                           use));
  }
  return mirror;
}

RegistryRule FileReader::read_rule(const value& table) const {
  if (!table.is_table()) refuse(table, "[[registry]] has to be a table");
  RegistryRule rule;
  rule.origin = origin_of(table);
  rule.endpoint = read_endpoint(table);
  rule.prefix = read_location(table, "prefix");
  const bool is_wildcard = rule.prefix.starts_with("*.");
  if (rule.prefix.empty()) rule.prefix = rule.endpoint.location;
  if (rule.prefix.empty()) {
    refuse(table, "a [[registry]] needs a location or a prefix");
  }
  if (is_wildcard && rule.prefix.find_first_of("/:@") != std::string::npos) {
    refuse(table.at("prefix"), fmt::format("prefix \"{}\": after \"*.\" there "
                                           "may be a host's name only",
                                           rule.prefix));
  }
  if (!is_wildcard && rule.endpoint.location.empty()) {
    check_host(table.at("prefix"), rule.prefix);
    rule.endpoint.location = rule.prefix;
  }
  if (!find_text(table, "pull-from-mirror").empty()) {
    refuse(table.at("pull-from-mirror"),
           "\"pull-from-mirror\" belongs into a [[registry.mirror]]");
  }
  rule.is_blocked = find_flag(table, "blocked");
  const bool is_for_digests_only = find_flag(table, "mirror-by-digest-only");
  if (const toml::array* mirrors = find_array(table, "mirror")) {
    for (const value& mirror : *mirrors) {
      rule.mirrors.push_back(read_mirror(mirror, is_for_digests_only));
    }
  }
  return rule;
}

std::vector<RegistryRule> FileReader::read_rules(const value& root) const {
  std::vector<RegistryRule> rules;
  const toml::array* tables = find_array(root, "registry");
  if (tables == nullptr) return rules;
  for (const value& table : *tables) {
    RegistryRule rule = read_rule(table);
    const bool is_known = std::any_of(
        rules.begin(), rules.end(),
        [&](const RegistryRule& it) { return it.prefix == rule.prefix; });
    if (!is_known) rules.push_back(std::move(rule));
  }
  return rules;
}

// Version 1: [registries.insecure] and [registries.block].
std::vector<RegistryRule> FileReader::read_old_rules(const value& root) const {
  std::vector<RegistryRule> rules;
  const value* lists = find_table(root, "registries");
  if (lists == nullptr) return rules;
  const auto read = [&](const char* list, auto&& set) {
    const value* table = find_table(*lists, list);
    if (table == nullptr) return;
    for (std::string& host : find_texts(*table, "registries")
                                 .value_or(std::vector<std::string>())) {
      while (host.ends_with('/')) host.pop_back();
      check_host(*table, host);
      auto rule = std::find_if(
          rules.begin(), rules.end(),
          [&](const RegistryRule& it) { return it.prefix == host; });
      if (rule == rules.end()) {
        rules.push_back({host, {.location = host}, {}, {}, origin_of(*table)});
        rule = std::prev(rules.end());
      }
      set(*rule);
    }
  };
  read("block", [](RegistryRule& rule) { rule.is_blocked = true; });
  read("insecure",
       [](RegistryRule& rule) { rule.endpoint.is_insecure = true; });
  return rules;
}

std::vector<std::string> FileReader::check_search(
    const value& at, std::vector<std::string> hosts) const {
  for (std::string& host : hosts) {
    while (host.ends_with('/')) host.pop_back();
    check_host(at, host);
    if (host.find('/') != std::string::npos) {
      refuse(at,
             fmt::format("\"{}\" is more than a registry: write host[:port]",
                         host));
    }
  }
  return hosts;
}

std::map<std::string, ShortNameAlias> FileReader::read_aliases(
    const value& root) const {
  std::map<std::string, ShortNameAlias> aliases;
  const value* table = find_table(root, "aliases");
  if (table == nullptr) return aliases;
  const auto is_bare = [](const Reference& reference) {
    return !reference.digest && reference.tag == "latest";
  };
  for (const auto& [name, at] : table->as_table()) {
    const std::string target = text_of(at, name);
    try {
      if (names_registry(name) ||
          name.find_first_of(":@") != std::string::npos ||
          !is_bare(parse_reference(name))) {
        refuse(at,
               fmt::format("\"{}\" is not a short name: leave out registry, "
                           "tag and digest",
                           name));
      }
      if (!target.empty() &&
          (!names_registry(target) || target.ends_with(":latest") ||
           !is_bare(parse_reference(target)))) {
        refuse(at, fmt::format("\"{}\" has to be an image with its registry "
                               "and without tag and digest",
                               target));
      }
    } catch (base::Error& error) {
      if (error.message().starts_with(path_)) throw;
      refuse(at, error.message());
    }
    aliases[name] = {target, origin_of(at)};
  }
  return aliases;
}

std::optional<ShortNameMode> FileReader::read_mode(const value& root) const {
  const std::string mode = find_text(root, "short-name-mode");
  if (mode.empty()) return std::nullopt;
  if (mode == "permissive") return ShortNameMode::permissive;
  if (mode == "enforcing") return ShortNameMode::enforcing;
  if (mode == "disabled") return ShortNameMode::disabled;
  refuse(root.at("short-name-mode"),
         fmt::format("short-name-mode \"{}\" is none of permissive, enforcing "
                     "and disabled",
                     mode));
}

RegistriesConf FileReader::read(const std::string& text) const {
  const value root = parse(text);
  RegistriesConf conf;
  conf.rules = read_rules(root);
  std::vector<RegistryRule> old = read_old_rules(root);
  if (!conf.rules.empty() && !old.empty()) {
    refuse(root.at("registries"),
           "version 1 ([registries]) and version 2 ([[registry]]) do not mix");
  }
  if (conf.rules.empty()) conf.rules = std::move(old);
  constexpr const char* kSearch = "unqualified-search-registries";
  const value* at = find(root, kSearch);
  if (at != nullptr) conf.search = find_texts(root, kSearch);
  if (const value* lists = find_table(root, "registries");
      at == nullptr && lists != nullptr) {
    at = find_table(*lists, "search");
    if (at != nullptr) conf.search = find_texts(*at, "registries");
  }
  if (conf.search) {
    conf.search = check_search(*at, std::move(*conf.search));
    conf.search_origin = origin_of(*at);
  }
  conf.short_name_mode = read_mode(root);
  conf.credential_helpers = find_texts(root, "credential-helpers");
  conf.aliases = read_aliases(root);
  return conf;
}

}  // namespace

RegistriesConf parse_registries_conf(const std::string& text,
                                     const std::filesystem::path& path) {
  return FileReader(path).read(text);
}

}  // namespace registry
