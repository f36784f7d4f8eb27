#include "builder/layer_upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "builder/blob_relay.h"
#include "registry/reference.h"

namespace builder {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10U;

// What was to be sent on cannot be got; no fault of where it goes.
struct SourceLost {
  std::exception_ptr why;
};

bool is_of(const base::Descriptor& blob, store::Compression compression) {
  const std::string& type = blob.media_type;
  switch (compression) {
    case store::Compression::gzip:
      return type.ends_with("gzip");
    case store::Compression::zstd:
      return type.ends_with("zstd");
    case store::Compression::none:
      return type.ends_with("tar");
  }
  return false;
}

// What makes blobs of this form now, if anything here does.
std::optional<store::Compression> find_compression(
    const store::BlobForm& form) {
  for (const auto compression :
       {store::Compression::gzip, store::Compression::zstd}) {
    if (form == store::BlobForm::of(compression)) return compression;
  }
  return std::nullopt;
}

// "registry.example/team/app" into the registry and the path there.
std::string_view path_at(const std::string& repository,
                         std::string_view registry) {
  if (!repository.starts_with(registry) ||
      repository.size() <= registry.size() ||
      repository[registry.size()] != '/') {
    return {};
  }
  return std::string_view(repository).substr(registry.size() + 1);
}

template <typename Read>
void pump(const Read& read, const BlobSink& sink) {
  std::vector<std::byte> buffer(kBufferBytes);
  while (const std::size_t count = read(buffer.data(), buffer.size())) {
    sink({reinterpret_cast<const char*>(buffer.data()), count});
  }
}

}  // namespace

LayerUpload::LayerUpload(store::Store& store, registry::Registries& registries,
                         const store::Lease& lease,
                         const registry::Repository& to,
                         const PushOptions& options, std::stop_token stop)
    : store_(store),
      registries_(registries),
      lease_(lease),
      to_(to),
      options_(options),
      stop_(std::move(stop)) {}

bool LayerUpload::can_send(const base::Digest& diff_id,
                           const base::Descriptor& blob) const {
  return reader(diff_id, blob).has_value();
}

// Bytes from elsewhere: of the base, as its registry has them, or as this store
// has kept them.
std::optional<LayerUpload::Choice> LayerUpload::find_foreign(
    const base::Digest& diff_id) const {
  if (auto kept = store_.layers().find_foreign_blob(lease_, diff_id)) {
    return Choice{std::move(kept)};
  }
  for (const store::LayerLocation& location :
       store_.layer_locations().find(diff_id)) {
    if (location.form.is_foreign()) return Choice{location.blob};
  }
  if (options_.bases != nullptr) {
    if (const auto base = options_.bases->locate(diff_id)) {
      return Choice{base->blob, {}, false};
    }
  }
  return std::nullopt;
}

// What we make, or have made and kept or sent somewhere before.
std::optional<LayerUpload::Choice> LayerUpload::find_own(
    const base::Digest& diff_id) const {
  const auto compression =
      options_.compression.value_or(store::Compression::gzip);
  if (compression == store::Compression::none) {
    const auto layer = store_.layers().find(diff_id);
    if (!layer) return std::nullopt;
    return Choice{base::Descriptor{std::string(base::media_type::kOciLayerTar),
                                   diff_id,
                                   layer->tar_bytes,
                                   {}}};
  }
  const auto form = store::BlobForm::of(compression);
  if (auto kept = store_.layers().find_blob(lease_, diff_id, compression)) {
    return Choice{std::move(kept), form};
  }
  for (const store::LayerLocation& location :
       store_.layer_locations().find(diff_id)) {
    if (location.form == form) return Choice{location.blob, form};
  }
  return std::nullopt;
}

LayerUpload::Choice LayerUpload::choose(
    const base::Digest& diff_id,
    const std::optional<base::Descriptor>& wanted) const {
  const auto compression =
      options_.compression.value_or(store::Compression::gzip);
  if (wanted) return {wanted};
  if (auto foreign = find_foreign(diff_id)) {
    if (!options_.forces_compression || is_of(*foreign->blob, compression)) {
      return std::move(*foreign);
    }
  }
  if (auto own = find_own(diff_id)) return std::move(*own);
  if (!store_.layers().has_files(diff_id) && options_.imports != nullptr) {
    if (const auto found = options_.imports->locate(diff_id)) {
      return {found->layer.blob, {}, false};
    }
  }
  return {std::nullopt, store::BlobForm::of(compression)};
}

// The bytes of just this blob: as the store has them, made again where we made
// them, or from where they are; nothing where nobody is known to have them.
std::optional<registry::MakeBlob> LayerUpload::reader(
    const base::Digest& diff_id, const base::Descriptor& blob) const {
  if (store_.layers().find_blob_size(lease_, diff_id, blob.digest) ==
      blob.size_bytes) {
    if (blob.digest == diff_id) {
      return [this, diff_id](const BlobSink& sink) {
        store_.layers().write_tar(diff_id, sink);
      };
    }
    return [this, digest = blob.digest](const BlobSink& sink) {
      const auto file = store_.blobs().find(digest);
      if (!file) {
        throw base::Error(
            base::ErrorKind::not_found,
            fmt::format("blob {} is not in the store", digest.str()));
      }
      pump(
          [&](std::byte* buffer, std::size_t size) {
            return base::read_some(*file, buffer, size);
          },
          sink);
    };
  }
  std::vector<std::string> places;
  if (options_.bases != nullptr) {
    const auto base = options_.bases->locate(diff_id);
    if (base && base->blob.digest == blob.digest) {
      places.push_back(base->reference);
    }
  }
  for (const store::LayerLocation& location :
       store_.layer_locations().find(diff_id)) {
    if (location.blob.digest != blob.digest) continue;
    if (const auto compression = find_compression(location.form);
        compression && store_.layers().has_files(diff_id)) {
      return compressor(diff_id, *compression);
    }
    places.push_back(location.repository);
  }
  if (!places.empty()) {
    return [this, places, blob](const BlobSink& sink) {
      relay(places, blob, sink);
    };
  }
  if (options_.imports != nullptr) {
    const auto found = options_.imports->locate(diff_id);
    if (found && found->layer.blob.digest == blob.digest) {
      return [found, blob](const BlobSink& sink) {
        pump(verify_blob(found->source->open_blob(blob), blob), sink);
      };
    }
  }
  return std::nullopt;
}

// A place that has it no more is not asked by the next push.
void LayerUpload::relay(const std::vector<std::string>& places,
                        const base::Descriptor& blob,
                        const BlobSink& sink) const {
  bool is_sinking = false;
  try {
    relay_blob(
        registries_, places, blob,
        [&](std::string_view bytes) {
          is_sinking = true;
          sink(bytes);
          is_sinking = false;
        },
        [&](const std::string& place) {
          store_.layer_locations().forget(place, blob.digest);
        },
        stop_);
  } catch (const base::Error& error) {
    if (is_sinking || error.kind() == base::ErrorKind::cancelled) throw;
    throw SourceLost{std::current_exception()};
  }
}

registry::MakeBlob LayerUpload::maker(const base::Digest& diff_id,
                                      const Choice& choice) const {
  if (choice.blob) {
    if (auto read = reader(diff_id, *choice.blob)) return std::move(*read);
  }
  return compressor(diff_id,
                    options_.compression.value_or(store::Compression::gzip));
}

registry::MakeBlob LayerUpload::compressor(
    const base::Digest& diff_id, store::Compression compression) const {
  return [this, diff_id, compression](const BlobSink& sink) {
    base::Span span(options_.trace, "push", "compress");
    span.add("layer", diff_id);
    store_.layers().write_blob(lease_, diff_id, compression, sink);
  };
}

std::vector<std::string> LayerUpload::mountable_paths(
    const base::Digest& diff_id, const base::Descriptor& blob) const {
  const std::string& here = to_.host().settings().name;
  std::vector<std::string> paths;
  const auto add = [&](const std::string& repository) {
    const std::string path(path_at(repository, here));
    if (path.empty() || path == to_.path()) return;
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) {
      paths.push_back(path);
    }
  };
  for (const store::LayerLocation& location :
       store_.layer_locations().find(diff_id)) {
    if (location.blob.digest == blob.digest) add(location.repository);
  }
  if (options_.bases != nullptr) {
    const auto base = options_.bases->locate(diff_id);
    if (base && base->blob.digest == blob.digest) {
      const auto reference = registry::parse_reference(base->reference);
      add(fmt::format("{}/{}", reference.domain, reference.path));
    }
  }
  if (options_.imports != nullptr) {
    const auto cached = options_.imports->locate(diff_id);
    if (cached && cached->layer.blob.digest == blob.digest) {
      add(cached->source->repository());
    }
  }
  constexpr std::size_t kMostTries = 3;
  paths.resize(std::min(paths.size(), kMostTries));
  return paths;
}

void LayerUpload::remember(const base::Digest& diff_id,
                           const Choice& choice) const {
  if (!choice.is_proven) return;
  store_.layer_locations().remember(
      {.diff_id = diff_id,
       .blob = *choice.blob,
       .form = choice.form,
       .repository = to_.describe(),
       .last_used = std::chrono::floor<std::chrono::seconds>(
           std::chrono::system_clock::now())});
}

Arrival LayerUpload::bring(const base::Digest& diff_id, Choice& choice) {
  registry::BlobUpload upload(to_, stop_, [this](std::uint64_t bytes) {
    if (options_.observer != nullptr) options_.observer->sent(bytes);
  });
  if (choice.blob) {
    if (to_.has_blob(*choice.blob, stop_)) return Arrival::present;
    for (const std::string& path : mountable_paths(diff_id, *choice.blob)) {
      if (upload.mount(*choice.blob, path)) return Arrival::mounted;
    }
  }
  base::Span span(options_.trace, "push", "layer");
  span.add("layer", diff_id);
  const base::Descriptor made = upload.run(choice.blob, maker(diff_id, choice));
  if (!choice.blob) {
    const auto compression =
        options_.compression.value_or(store::Compression::gzip);
    choice.blob = made;
    choice.blob->media_type = std::string(store::media_type_of(compression));
  }
  span.add("bytes", choice.blob->size_bytes);
  return Arrival::sent;
}

// What cannot be sent as the blob that it was elsewhere is made anew from the
// layer's files: the place that has the bytes is gone, or a compressor of now
// gives others than the one that is remembered. An image's own manifest names
// its blobs, so that there nothing else will do.
LayerArrival LayerUpload::run(const base::Digest& diff_id,
                              const std::optional<base::Descriptor>& wanted) {
  Choice choice = choose(diff_id, wanted);
  const bool can_be_made =
      !wanted && choice.blob && store_.layers().has_files(diff_id);
  std::optional<Arrival> how;
  try {
    how = bring(diff_id, choice);
  } catch (const SourceLost& lost) {
    if (!can_be_made) std::rethrow_exception(lost.why);
  } catch (const base::Error& error) {
    if (!can_be_made || choice.form.is_foreign() ||
        error.kind() != base::ErrorKind::corrupt) {
      throw;
    }
  }
  if (!how) {
    choice = {std::nullopt, store::BlobForm::of(options_.compression.value_or(
                                store::Compression::gzip))};
    how = bring(diff_id, choice);
  }
  remember(diff_id, choice);
  return {std::move(*choice.blob), *how};
}

}  // namespace builder
