#include "builder/base_images.h"

#include <fmt/format.h>

#include "base/error.h"
#include "builder/remote_image.h"

namespace builder {
namespace {

// What podman and buildah give to images that were never anywhere else.
bool is_local(const ResolvedImage& image) {
  return image.reference.starts_with("localhost/") ||
         image.reference.starts_with("sha256:");
}

}  // namespace

BaseImages::BaseImages(store::Store& store, StoreImages& known,
                       registry::Registries& registries, BaseLayers& layers,
                       Progress& progress, Options options)
    : store_(store),
      known_(known),
      registries_(registries),
      layers_(layers),
      progress_(progress),
      options_(std::move(options)) {}

std::optional<ResolvedImage> BaseImages::find(std::string_view reference,
                                              const Platform& platform) {
  const std::pair key(std::string(reference), render_platform(platform));
  if (const auto known = found_.find(key); known != found_.end()) {
    return known->second;
  }
  auto image = find_anywhere(key.first, platform);
  if (image && image->manifest) {
    layers_.add(image->reference, *image->manifest, image->config.diff_ids);
  }
  return found_.emplace(key, std::move(image)).first->second;
}

std::optional<ResolvedImage> BaseImages::find_anywhere(
    const std::string& name, const Platform& platform) {
  auto known = known_.find(name, platform);
  if (options_.policy == PullPolicy::never) return known;
  if (!known && name.starts_with("sha256:")) return std::nullopt;
  if (known && (is_local(*known) ||
                (is_for(known->config, platform) && !wants_news(name)))) {
    return known;
  }
  if (!known && options_.policy == PullPolicy::missing) {
    known = find_candidate(name, platform);
    if (known) return known;
  }
  return ask(name, platform, known);
}

// What a digest means never changes.
bool BaseImages::wants_news(const std::string& name) const {
  return options_.policy == PullPolicy::always &&
         !registry::parse_reference(name).digest;
}

// What a short name has meant before, where that is not docker.io's.
std::optional<ResolvedImage> BaseImages::find_candidate(
    const std::string& name, const Platform& platform) {
  for (const auto& candidate : registries_.find_candidates(name)) {
    auto known = known_.find(candidate.full(), platform);
    if (known && is_for(known->config, platform)) return known;
  }
  return std::nullopt;
}

// What is known stands in for what cannot be asked for; an image for another
// machine, for one that is nowhere.
std::optional<ResolvedImage> BaseImages::ask(
    const std::string& name, const Platform& platform,
    const std::optional<ResolvedImage>& known) {
  base::Span span(options_.trace, "pull", "resolve");
  span.add("name", name);
  try {
    return try_candidates(name, platform);
  } catch (const base::Error& error) {
    const bool stands_in =
        known && (error.kind() == base::ErrorKind::unavailable ||
                  !is_for(known->config, platform));
    if (!stands_in) throw;
    if (is_for(known->config, platform)) {
      progress_.warning(fmt::format("{} is taken as it was last known: {}",
                                    name, error.message()));
    }
    return known;
  }
}

// A short name may mean an image of several registries.
ResolvedImage BaseImages::try_candidates(const std::string& name,
                                         const Platform& platform) {
  const auto candidates = registries_.find_candidates(name);
  for (std::size_t i = 0; i + 1 < candidates.size(); ++i) {
    try {
      return resolve(candidates[i], platform);
    } catch (const base::Error& error) {
      if (error.kind() != base::ErrorKind::not_found &&
          error.kind() != base::ErrorKind::denied) {
        throw;
      }
    }
  }
  return resolve(candidates.back(), platform);
}

ResolvedImage BaseImages::resolve(const registry::Reference& reference,
                                  const Platform& platform) {
  RemoteImage image =
      find_remote_image(registries_, reference, platform, options_.stop);
  progress_.note(fmt::format("{} is {} at its registry", reference.familiar(),
                             image.top.digest.str()));
  remember(reference, platform, image.documents);
  return {reference.full(), image.documents.image_id(),
          std::move(image.documents.config), true,
          std::move(image.documents.manifest)};
}

void BaseImages::remember(const registry::Reference& reference,
                          const Platform& platform,
                          const store::ImageDocuments& documents) {
  const store::Lease lease = store_.lease();
  store_.resolved_images().remember(lease, reference.full(),
                                    render_platform(platform), documents,
                                    std::chrono::floor<std::chrono::seconds>(
                                        std::chrono::system_clock::now()));
}

}  // namespace builder
