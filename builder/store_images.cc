#include "builder/store_images.h"

#include "base/error.h"
#include "registry/reference.h"

namespace builder {
namespace {

bool looks_like_id(std::string_view name) {
  if (name.starts_with("sha256:")) return true;
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::optional<store::Image> find_image(store::Store& store,
                                       std::string_view name) {
  if (!name.starts_with("sha256:")) {
    try {
      const auto reference = registry::parse_reference(name).full();
      if (auto image = store.images().find_tag(reference)) return image;
    } catch (const base::Error&) {
      if (!looks_like_id(name)) throw;
    }
  }
  if (looks_like_id(name)) return store.images().find_id(name);
  return std::nullopt;
}

std::optional<ResolvedImage> StoreImages::find(std::string_view reference) {
  const auto image = find_image(store_, reference);
  if (!image) return std::nullopt;
  std::string full = image->id.str();
  if (!reference.starts_with("sha256:")) {
    full = registry::parse_reference(reference).full();
  }
  return ResolvedImage{std::move(full), image->id,
                       store_.images().config(image->id)};
}

}  // namespace builder
