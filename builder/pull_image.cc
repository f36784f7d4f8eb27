#include "builder/pull_image.h"

#include <vector>

#include "builder/absent_layers.h"
#include "builder/base_layers.h"
#include "builder/remote_image.h"
#include "store/directory.h"
#include "store/layer_use.h"

namespace builder {

PulledImage pull_image(store::Store& store, registry::Registries& registries,
                       const registry::Reference& reference,
                       const Platform& platform, const OnFetch& on_fetch,
                       const std::stop_token& stop, base::Trace* trace) {
  base::Span resolving(trace, "pull", "resolve");
  resolving.add("name", reference.full());
  RemoteImage image = find_remote_image(registries, reference, platform, stop);
  resolving.end();
  store::ImageDocuments& documents = image.documents;
  const store::ImageConfig& config = documents.config;
  PulledImage pulled{
      reference.full(), documents.image_id(),
      normalize_platform({config.os, config.architecture, config.variant, ""}),
      image.top.digest};

  BaseLayers layers(store, registries, stop, trace);
  layers.add(reference.full(), documents.manifest, documents.config.diff_ids);
  AbsentLayers absent(store, {nullptr, &layers, {}, {}});
  // Held from before they are looked up until the image holds them.
  store::Lease lease = store.lease();
  lease.stop_on(stop);
  {
    const store::DirectoryLock moment(store.root() / "overlay2",
                                      store::DirectoryLock::Mode::shared);
    store::hold_layers(lease, documents.config.diff_ids);
  }
  for (std::size_t i = 0; i < documents.manifest.layers.size(); ++i) {
    if (store.layers().has_files(documents.config.diff_ids[i])) continue;
    ++pulled.layers;
    pulled.bytes += documents.manifest.layers[i].size_bytes;
  }
  if (pulled.layers > 0) on_fetch(pulled.layers, pulled.bytes);
  absent.fetch(documents.config.diff_ids);

  std::vector<std::string> tags = {reference.by_digest(image.top.digest)};
  if (!reference.digest) tags.push_back(reference.full());
  store.images().put_foreign(
      lease,
      {{documents.config_bytes, documents.manifest_bytes, std::move(tags)}});
  return pulled;
}

}  // namespace builder
