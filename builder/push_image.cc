#include "builder/push_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "builder/layer_upload.h"
#include "builder/parallel.h"
#include "registry/blob_upload.h"
#include "registry/reference.h"
#include "store/manifest.h"

namespace builder {
namespace {

constexpr std::size_t kMostAtOnce = 4;

// Where an image goes, and under which tags.
struct Target {
  registry::Reference name;
  registry::Repository repository;
  std::vector<std::string> tags;
};

std::vector<Target> find_targets(registry::Registries& registries,
                                 const std::vector<std::string>& names) {
  std::vector<Target> targets;
  for (const std::string& name : names) {
    const auto reference = registry::parse_reference(name);
    if (!reference.tag || reference.digest) {
      throw base::Error(
          base::ErrorKind::invalid_input,
          fmt::format("{} cannot be pushed: only a tag can be given a meaning",
                      reference.familiar()));
    }
    registry::Repository repository = registries.push_target(reference);
    const auto same =
        std::find_if(targets.begin(), targets.end(), [&](const Target& target) {
          return target.repository.describe() == repository.describe();
        });
    if (same == targets.end()) {
      targets.push_back({reference, std::move(repository), {*reference.tag}});
    } else if (std::find(same->tags.begin(), same->tags.end(),
                         *reference.tag) == same->tags.end()) {
      same->tags.push_back(*reference.tag);
    }
  }
  return targets;
}

void send_text(const registry::Repository& to, const base::Descriptor& blob,
               const std::string& text, const std::stop_token& stop) {
  if (to.has_blob(blob, stop)) return;
  registry::BlobUpload(to, stop).run(
      blob,
      [&](const std::function<void(std::string_view)>& sink) { sink(text); });
}

// One image into one repository.
class Push {
 public:
  Push(store::Store& store, registry::Registries& registries,
       const PushedImage& image, const Target& target,
       const PushOptions& options, const std::stop_token& stop)
      : store_(store),
        registries_(registries),
        image_(image),
        target_(target),
        options_(options),
        stop_(stop),
        lease_(store.lease()) {
    lease_.stop_on(stop);
  }

  void run(PushResult& result) {
    const registry::Repository& to = target_.repository;
    LayerUpload upload(store_, registries_, lease_, to, options_, stop_);
    if (options_.observer != nullptr) {
      options_.observer->started(to.describe(), image_.diff_ids.size());
    }
    auto own = find_own_manifest(upload);
    std::vector<base::Descriptor> layers(image_.diff_ids.size());
    const PushResult before = result;
    try {
      send_layers(upload, own, layers, result);
    } catch (const base::Error& error) {
      // A place that had a layer has it no more, and is forgotten now.
      if (!own || error.kind() != base::ErrorKind::not_found) throw;
      own = find_own_manifest(upload);
      if (own) throw;
      result = before;
      send_layers(upload, own, layers, result);
    }
    store::Manifest manifest = own ? *own : store::Manifest();
    if (!own) {
      manifest.config = {std::string(base::media_type::kOciConfig),
                         base::Digest::of(image_.config),
                         image_.config.size(),
                         {}};
      manifest.layers = std::move(layers);
    }
    send_text(to, manifest.config, image_.config, stop_);
    const std::string text =
        own ? *image_.manifest : store::render_manifest(manifest);
    result.manifest = {
        manifest.media_type, base::Digest::of(text), text.size(), {}};
    for (const std::string& tag : target_.tags) {
      to.put_manifest(tag, {text, result.manifest}, stop_);
    }
  }

 private:
  // The manifest the image came with, while all it names can be sent.
  std::optional<store::Manifest> find_own_manifest(
      const LayerUpload& upload) const {
    if (!image_.manifest || options_.compression) return std::nullopt;
    store::Manifest manifest = store::parse_manifest(*image_.manifest);
    if (manifest.layers.size() != image_.diff_ids.size()) return std::nullopt;
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
      if (!upload.can_send(image_.diff_ids[i], manifest.layers[i])) {
        return std::nullopt;
      }
    }
    return manifest;
  }

  // An image may have a layer more than once.
  void send_layers(LayerUpload& upload,
                   const std::optional<store::Manifest>& own,
                   std::vector<base::Descriptor>& layers, PushResult& result) {
    std::map<base::Digest, std::vector<std::size_t>> places;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      places[image_.diff_ids[i]].push_back(i);
    }
    std::vector<std::size_t> firsts;
    for (const auto& [diff_id, all] : places) firsts.push_back(all.front());
    std::sort(firsts.begin(), firsts.end());
    std::mutex counting;
    run_parallel(firsts.size(), kMostAtOnce, [&](std::size_t number) {
      const std::size_t first = firsts[number];
      const base::Digest& diff_id = image_.diff_ids[first];
      const LayerArrival arrival = upload.run(
          diff_id, own ? std::optional(own->layers[first]) : std::nullopt);
      if (options_.observer != nullptr) {
        options_.observer->arrived(arrival.blob, arrival.how);
      }
      const std::lock_guard lock(counting);
      result.present += arrival.how == Arrival::present ? 1 : 0;
      result.mounted += arrival.how == Arrival::mounted ? 1 : 0;
      if (arrival.how == Arrival::sent) {
        ++result.sent;
        result.sent_bytes += arrival.blob.size_bytes;
      }
      for (const std::size_t i : places.at(diff_id)) layers[i] = arrival.blob;
    });
  }

  store::Store& store_;
  registry::Registries& registries_;
  const PushedImage& image_;
  const Target& target_;
  const PushOptions& options_;
  std::stop_token stop_;
  store::Lease lease_;
};

}  // namespace

PushedImage read_image_to_push(store::Store& store, const base::Digest& id) {
  return {store.blobs().read(id), store.images().config(id).diff_ids,
          store.images().find_manifest(id)};
}

PushResult push_image(store::Store& store, registry::Registries& registries,
                      const PushedImage& image,
                      const std::vector<std::string>& names,
                      const PushOptions& options, const std::stop_token& stop) {
  PushResult result;
  for (const Target& target : find_targets(registries, names)) {
    base::Span span(options.trace, "push", "image");
    span.add("repository", target.repository.describe());
    Push(store, registries, image, target, options, stop).run(result);
    const std::string id = base::Digest::of(image.config).str();
    if (const auto stored = store.images().find_id(id)) {
      store.images().tag(stored->id,
                         target.name.by_digest(result.manifest.digest));
    }
  }
  return result;
}

}  // namespace builder
