#include "builder/store_images.h"

#include <fmt/format.h>

#include "base/error.h"
#include "builder/load_images.h"
#include "builder/saved_files.h"
#include "registry/reference.h"

namespace builder {
namespace {

bool looks_like_id(std::string_view name) {
  if (name.starts_with("sha256:")) return true;
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<FoundImage> find_reference(store::Store& store,
                                         std::string_view name) {
  registry::Reference reference = registry::parse_reference(name);
  // Where both are given the digest decides.
  if (reference.digest) reference.tag.reset();
  std::string full = reference.full();
  auto image = store.images().find_tag(full);
  if (!image && reference.domain == "docker.io" &&
      !name.starts_with("docker.io/")) {
    full = registry::parse_reference("localhost/" + std::string(name)).full();
    image = store.images().find_tag(full);
  }
  if (!image) return std::nullopt;
  return FoundImage{std::move(*image), std::move(full)};
}

}  // namespace

std::optional<FoundImage> find_image(store::Store& store,
                                     std::string_view name) {
  if (!name.starts_with("sha256:")) {
    try {
      if (auto found = find_reference(store, name)) return found;
    } catch (const base::Error&) {
      if (!looks_like_id(name)) throw;
    }
  }
  if (!looks_like_id(name)) return std::nullopt;
  auto image = store.images().find_id(name);
  if (!image) return std::nullopt;
  return FoundImage{std::move(*image), std::nullopt};
}

bool is_for(const store::ImageConfig& config, const Platform& platform) {
  return is_runnable(
      normalize_platform({config.os, config.architecture, config.variant, ""}),
      platform);
}

bool can_name_image(std::string_view id) {
  constexpr std::size_t kFewestDigits = 12;
  return looks_like_id(id) && id.size() >= kFewestDigits;
}

std::optional<ResolvedImage> StoreImages::find(std::string_view reference,
                                               const Platform& platform) {
  if (auto resolved = find_resolved(reference, platform)) return resolved;
  auto found = can_name_image(reference) ? find_image(store_, reference)
                                         : find_reference(store_, reference);
  if (!found) return std::nullopt;
  const base::Digest& id = found->image.id;
  return ResolvedImage{found->reference.value_or(id.str()), id,
                       store_.images().config(id)};
}

std::optional<ResolvedImage> StoreImages::find_resolved(
    std::string_view name, const Platform& platform) const {
  if (name.starts_with("sha256:")) return std::nullopt;
  const std::string full = registry::parse_reference(name).full();
  auto known = store_.resolved_images().find(full, render_platform(platform));
  if (!known) return std::nullopt;
  store_.resolved_images().touch(
      known->name, std::chrono::floor<std::chrono::seconds>(
                       std::chrono::system_clock::now()));
  store::ImageDocuments& documents = known->documents;
  return ResolvedImage{full, documents.image_id(),
                       std::move(documents.config), true,
                       std::move(documents.manifest)};
}

std::vector<std::string> StoreImages::names() const {
  std::vector<std::string> names;
  for (const store::Image& image : store_.images().list()) {
    for (const std::string& tag : image.tags) {
      const registry::Reference reference = registry::parse_reference(tag);
      names.push_back(reference.familiar());
      if (reference.tag == "latest") {
        names.push_back(names.back().substr(0, names.back().rfind(':')));
      }
    }
  }
  return names;
}

ResolvedImage StoreImages::read_layout(const LayoutImage& wanted) {
  if (before_work_) before_work_();
  store::Lease lease = store_.lease();
  lease.stop_on(stop_);
  const base::Digest id = load_layout_image(
      store_, SavedFiles::open(wanted.directory, lease), lease, wanted, trace_);
  return {fmt::format("oci-layout://{}", wanted.directory.native()), id,
          store_.images().config(id)};
}

}  // namespace builder
