// What caches say of layers whose bytes nobody has asked for yet.
#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "builder/cache_imports.h"

namespace builder {

// With its bytes or without.
std::optional<CacheImports::Found> CacheImports::find_known(
    const base::Digest& diff_id) const {
  if (auto found = find_layer(diff_id)) return found;
  const auto state = state_.lock();
  for (std::size_t i = 0; i < state->sources.size(); ++i) {
    const Source& source = state->sources[i];
    if (source.is_dropped || !source.index) continue;
    const auto base = source.index->bases.find(diff_id);
    if (base == source.index->bases.end()) continue;
    return Found{i, base->second.layer, source.from};
  }
  return std::nullopt;
}

std::optional<base::Digest> CacheImports::find_stable(
    const base::Digest& diff_id) {
  const std::size_t count = state_.lock()->sources.size();
  for (std::size_t i = 0; i < count; ++i) open(i);
  const auto found = find_known(diff_id);
  if (!found) return std::nullopt;
  return found->layer.stable_digest;
}

void CacheImports::confirm(const base::Digest& diff_id) {
  const auto here = store_.layers().find(diff_id);
  // Where this machine could not hold it as it is, it says nothing.
  if (!here || here->source != store::LayerSource::canonical) return;
  bool is_lost = false;
  while (const auto found = find_known(diff_id)) {
    if (found->layer.stable_digest == here->stable_digest) break;
    drop(found->source,
         fmt::format("layer {}: its files have the stable digest {}",
                     diff_id.brief(), here->stable_digest.brief()),
         &found->layer);
    is_lost = true;
  }
  if (is_lost) throw CacheLost();
}

std::optional<CacheImports::Located> CacheImports::locate(
    const base::Digest& diff_id) const {
  auto found = find_layer(diff_id);
  if (!found) return std::nullopt;
  return Located{std::move(found->layer), std::move(found->from)};
}

std::optional<CacheImports::Located> CacheImports::find_described(
    const base::Digest& diff_id) const {
  auto found = find_known(diff_id);
  if (!found) return std::nullopt;
  found->layer.blob = {};
  return Located{std::move(found->layer), std::move(found->from)};
}

}  // namespace builder
