#include "registry/search.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "registry/header_text.h"
#include "registry/pages.h"
#include "registry/percent_encoding.h"
#include "registry/reference.h"

namespace registry {
namespace {

using base::ErrorKind;
using nlohmann::json;

constexpr std::size_t kMostAnswerBytes = std::size_t{16} << 20U;
// Distribution refuses to give more at once.
constexpr int kCatalogPage = 1000;

std::string text_of(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>()
                                               : std::string();
}

// What nobody could pull is no name, but lines that somebody would read.
bool is_name(const std::string& text) {
  try {
    return !parse_reference(text).path.empty();
  } catch (const base::Error&) {
    return false;
  }
}

bool is_set(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

// nullopt for what is no answer of an index: many servers show a page for
// people at every address.
std::optional<std::vector<FoundRepository>> read_index(const std::string& text,
                                                       std::size_t most) {
  const json answer = json::parse(text, nullptr, false);
  if (!answer.is_object()) return std::nullopt;
  const auto results = answer.find("results");
  if (results == answer.end() || !(results->is_array() || results->is_null())) {
    return std::nullopt;
  }
  std::vector<FoundRepository> all;
  for (const json& item : *results) {
    if (all.size() == most) break;
    FoundRepository found{.name = text_of(item, "name")};
    if (!is_name(found.name)) continue;
    found.description = text_of(item, "description");
    if (const auto stars = item.find("star_count");
        stars != item.end() && stars->is_number_unsigned()) {
      found.stars = *stars;
    }
    found.is_official = is_set(item, "is_official");
    found.is_automated = is_set(item, "is_automated");
    all.push_back(std::move(found));
  }
  return all;
}

Call index_call(const std::string& word, std::size_t most) {
  Call call;
  call.path = fmt::format("/v1/search?q={}&n={}", percent_encode(word), most);
  call.headers = {"Accept: application/json"};
  return call;
}

std::vector<FoundRepository> ask_hub(RegistryHost& host,
                                     const std::string& word, std::size_t most,
                                     const std::stop_token& stop) {
  auto found =
      host.ask(index_call(word, most), stop, [&](RegistryReply& reply) {
        return read_index(reply.read_all(kMostAnswerBytes), most);
      });
  if (found) return std::move(*found);
  throw base::Error(ErrorKind::invalid_input,
                    fmt::format("{}: what it sends is no list of images",
                                host.settings().authority));
}

// Once: a registry without an index may answer anything.
std::optional<std::vector<FoundRepository>> try_index(
    RegistryHost& host, const std::string& word, std::size_t most,
    const std::stop_token& stop) {
  try {
    RegistryReply reply = host.open(index_call(word, most), stop);
    return read_index(reply.read_all(kMostAnswerBytes), most);
  } catch (const base::Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    return std::nullopt;
  }
}

std::vector<FoundRepository> read_catalog(RegistryHost& host, std::string word,
                                          std::size_t most,
                                          const std::stop_token& stop) {
  std::vector<FoundRepository> all;
  word = lower_case(word);
  try {
    list_pages(
        host, fmt::format("/v2/_catalog?n={}", kCatalogPage),
        {"registry:catalog:*"}, "repositories",
        [&](const std::string& name) {
          if (name.find(word) != std::string::npos && is_name(name)) {
            all.push_back({.name = name});
          }
          return all.size() < most ? Listing::goes_on : Listing::ends;
        },
        stop);
  } catch (base::Error& error) {
    if (error.kind() == ErrorKind::not_found ||
        error.kind() == ErrorKind::invalid_input) {
      throw base::Error(
          ErrorKind::unsupported,
          fmt::format("{} can neither be searched nor does it list what it "
                      "has: {}",
                      host.settings().name, error.message()))
          .hint("an image whose name is known can be pulled all the same");
    }
    if (error.kind() == ErrorKind::denied) {
      error.add_context(
          fmt::format("listing what {} has", host.settings().name));
    }
    throw;
  }
  return all;
}

}  // namespace

std::vector<FoundRepository> search(RegistryHost& host, const std::string& word,
                                    std::size_t most,
                                    const std::stop_token& stop) {
  if (host.settings().name == kHub) return ask_hub(host, word, most, stop);
  // An index wants a word.
  if (!word.empty()) {
    if (auto found = try_index(host, word, most, stop)) {
      return std::move(*found);
    }
  }
  return read_catalog(host, word, most, stop);
}

}  // namespace registry
