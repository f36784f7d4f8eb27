#include "builder/cache_key.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace builder {

CacheKey::CacheKey(const Operation& operation, const base::Digest& parent)
    : operation_text_(render_operation(operation)),
      operation_(operation_digest(operation)),
      parent_(parent) {}

void CacheKey::add_input(std::string name, const base::Digest& content) {
  inputs_.emplace_back(std::move(name), content);
}

CacheKey CacheKey::on(const base::Digest& parent) const {
  CacheKey key = *this;
  key.parent_ = parent;
  return key;
}

base::Digest CacheKey::digest() const {
  std::string text = operation_.str() + parent_.str();
  for (const auto& [name, content] : inputs_) {
    text += fmt::format("{}:{}{}", name.size(), name, content.str());
  }
  return base::Digest::of(text);
}

std::string CacheKey::render_parts() const {
  nlohmann::json parts{{"operation", nlohmann::json::parse(operation_text_)},
                       {"parent", parent_.str()}};
  for (const auto& [name, content] : inputs_) {
    parts["inputs"].push_back({name, content.str()});
  }
  return parts.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace builder
