#include "registry/pages.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/json_depth.h"
#include "registry/header_text.h"

namespace registry {
namespace {

constexpr std::size_t kMostPageBytes = std::size_t{16} << 20U;
// Of a registry that leads on for ever.
constexpr std::size_t kMostPages = 10'000;

}  // namespace

void list_pages(RegistryHost& host, const std::string& path,
                const Scopes& scopes, const std::string& field,
                const std::function<Listing(const std::string& text)>& found,
                const std::stop_token& stop) {
  Call call;
  call.path = path;
  call.scopes = scopes;
  std::set<std::string> seen;
  const auto wrong = [&host](const char* why) {
    return base::Error(base::ErrorKind::invalid_input,
                       fmt::format("{}: {}", host.settings().authority, why));
  };
  for (;;) {
    if (!seen.insert(call.path).second || seen.size() > kMostPages) {
      throw wrong("the pages of its list never end");
    }
    std::string next;
    const std::string text = host.ask(call, stop, [&](RegistryReply& reply) {
      std::string body = reply.read_all(kMostPageBytes);
      const std::string link = find_next_link(reply.head().header("link"));
      next = link.empty() ? link : resolve_address(reply.url(), link);
      return body;
    });
    if (base::find_json_depth(text) > base::kMostJsonDepth) {
      throw wrong("what it sends is no list");
    }
    const auto document = nlohmann::json::parse(text, nullptr, false);
    const auto list = document.find(field);
    // null stands for an empty one.
    if (!document.is_object() || list == document.end() ||
        !(list->is_array() || list->is_null())) {
      throw wrong("what it sends is no list");
    }
    for (const auto& item : *list) {
      if (!item.is_string()) throw wrong("what it sends is no list");
      if (found(item.get<std::string>()) == Listing::ends) return;
    }
    if (next.empty()) return;
    call.path = next;
  }
}

}  // namespace registry
