#include "registry/docker_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/error.h"

namespace registry {
namespace {

using nlohmann::ordered_json;

constexpr std::array kSecrets = {"auth", "username", "password",
                                 "identitytoken", "registrytoken"};

base::Error bad_config(std::string message) {
  return base::Error(base::ErrorKind::invalid_input, std::move(message))
      .hint("correct it by hand, or remove it and log in again");
}

// "FILE:3:14". `byte` counts from 1, as the parser does.
std::string locate(const std::string& name, std::string_view text,
                   std::size_t byte) {
  const std::string_view before =
      text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') + 1;
  return fmt::format("{}:{}:{}", name, line, before.size() - start + 1);
}

ordered_json parse(const std::string& name, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return ordered_json::object();
  }
  // What is nested for ever could not be written again.
  static constexpr int kMostLevels = 100;
  const auto limit = [&name](int level, ordered_json::parse_event_t,
                             const ordered_json&) {
    if (level <= kMostLevels) return true;
    throw bad_config(
        fmt::format("{}: nested more than {} levels deep", name, kMostLevels));
  };
  try {
    auto document = ordered_json::parse(text, limit);
    if (document.is_object()) return document;
  } catch (const ordered_json::parse_error& error) {
    // Its own text quotes what stands there.
    throw bad_config(
        fmt::format("{}: this is no JSON", locate(name, text, error.byte)));
  } catch (const ordered_json::exception&) {
    throw bad_config(fmt::format("{}: a number is too large", name));
  }
  throw bad_config(
      fmt::format("{}: this is no JSON object", locate(name, text, 1)));
}

}  // namespace

struct DockerConfig::State {
  std::string name;
  ordered_json document;

  // An object of the document's, or null where there is none.
  const ordered_json* find_object(const char* key) const {
    const auto it = document.find(key);
    if (it == document.end() || it->is_null()) return nullptr;
    if (it->is_object()) return &*it;
    throw bad_config(fmt::format("{}: \"{}\" is no object", name, key));
  }

  // Entries for a repository, the best first.
  std::vector<std::pair<std::string, const ordered_json*>> candidates(
      const char* object, const CredentialKey& repository) const {
    struct Candidate {
      std::size_t path_bytes;
      bool is_foreign;  // not docker's spelling
      std::string key;
      const ordered_json* value;
    };
    std::vector<Candidate> found;
    const ordered_json* const entries = find_object(object);
    if (entries == nullptr) return {};
    for (const auto& [key, value] : entries->items()) {
      const CredentialKey parsed = parse_credential_key(key);
      if (!parsed.covers(repository)) continue;
      found.push_back({parsed.path.size(), key != render_credential_key(parsed),
                       key, &value});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Candidate& a, const Candidate& b) {
                       return std::pair(b.path_bytes, a.is_foreign) <
                              std::pair(a.path_bytes, b.is_foreign);
                     });
    std::vector<std::pair<std::string, const ordered_json*>> out;
    for (const Candidate& one : found) out.emplace_back(one.key, one.value);
    return out;
  }

  // The text of a member; empty where there is none.
  std::string text_of(const ordered_json& object, const char* member,
                      const std::string& where) const {
    const auto it = object.find(member);
    if (it == object.end() || it->is_null()) return {};
    if (it->is_string()) return it->get<std::string>();
    throw bad_config(
        fmt::format("{}: \"{}\" of {} is no text", name, member, where));
  }

  Credential read_entry(const std::string& key,
                        const ordered_json& entry) const {
    if (!entry.is_object()) {
      throw bad_config(
          fmt::format("{}: the entry of {} is no object", name, key));
    }
    Credential credential{text_of(entry, "username", key),
                          text_of(entry, "password", key),
                          text_of(entry, "identitytoken", key),
                          text_of(entry, "registrytoken", key)};
    const std::string encoded = text_of(entry, "auth", key);
    if (encoded.empty()) return credential;
    const auto decoded = base::decode_base64(encoded);
    const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos || colon == 0) {
      throw bad_config(fmt::format(
          "{}: \"auth\" of {} is no base64 of \"user:password\"", name, key));
    }
    credential.user = decoded->substr(0, colon);
    credential.password = decoded->substr(colon + 1);
    // Some writers pad it.
    credential.password.resize(credential.password.find_last_not_of('\0') + 1);
    return credential;
  }
};

DockerConfig::DockerConfig(std::string name, std::string_view text)
    : state_(std::make_unique<State>()) {
  state_->document = parse(name, text);
  state_->name = std::move(name);
}

DockerConfig::DockerConfig(DockerConfig&&) noexcept = default;
DockerConfig& DockerConfig::operator=(DockerConfig&&) noexcept = default;
DockerConfig::~DockerConfig() = default;

std::optional<Credential> DockerConfig::find(
    const CredentialKey& repository) const {
  for (const auto& [key, entry] : state_->candidates("auths", repository)) {
    Credential credential = state_->read_entry(key, *entry);
    if (credential.has_password() || !credential.identity_token.empty() ||
        !credential.registry_token.empty()) {
      return credential;
    }
  }
  return std::nullopt;
}

std::optional<ProgramName> DockerConfig::find_helper(
    const CredentialKey& repository) const {
  const CredentialKey registry{repository.host, {}};
  ProgramName helper{{}, render_credential_key(registry), state_->name};
  const auto candidates = state_->candidates("credHelpers", repository);
  if (candidates.empty()) {
    helper.name = state_->text_of(state_->document, "credsStore", "the file");
  } else {
    const auto& [key, value] = candidates.front();
    if (!value->is_string()) {
      throw bad_config(
          fmt::format("{}: the helper of {} is no text", state_->name, key));
    }
    helper.name = value->get<std::string>();
    const CredentialKey parsed = parse_credential_key(key);
    if (!parsed.path.empty()) helper.server = render_credential_key(parsed);
  }
  if (helper.name.empty()) return std::nullopt;
  return helper;
}

void DockerConfig::set(const CredentialKey& key, const Credential& credential) {
  state_->find_object("auths");  // or throws
  ordered_json& auths = state_->document["auths"];
  ordered_json& entry = auths[render_credential_key(key)];
  if (!entry.is_object()) entry = ordered_json::object();
  for (const char* const secret : kSecrets) entry.erase(secret);
  if (credential.has_password()) {
    entry["auth"] =
        base::encode_base64(credential.user + ":" + credential.password);
  }
  if (!credential.identity_token.empty()) {
    entry["identitytoken"] = credential.identity_token;
  }
  if (!credential.registry_token.empty()) {
    entry["registrytoken"] = credential.registry_token;
  }
}

bool DockerConfig::erase(const CredentialKey& key) {
  if (state_->find_object("auths") == nullptr) return false;
  ordered_json& auths = state_->document["auths"];
  std::vector<std::string> spellings;
  for (const auto& item : auths.items()) {
    if (parse_credential_key(item.key()) == key) {
      spellings.push_back(item.key());
    }
  }
  for (const std::string& spelling : spellings) auths.erase(spelling);
  return !spellings.empty();
}

std::string DockerConfig::render() const {
  return state_->document.dump(1, '\t') + "\n";
}

}  // namespace registry
