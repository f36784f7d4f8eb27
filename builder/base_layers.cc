#include "builder/base_layers.h"

#include <fmt/format.h>

#include <chrono>
#include <span>
#include <utility>

#include "base/error.h"
#include "registry/reference.h"

namespace builder {
namespace {

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
}

}  // namespace

BaseLayers::BaseLayers(store::Store& store, registry::Registries& registries,
                       std::stop_token stop, base::Trace* trace)
    : store_(store),
      registries_(registries),
      stop_(std::move(stop)),
      trace_(trace) {}

// Several images may have the layer, and say different things of it; they are
// tried in turn.
void BaseLayers::add(const std::string& reference,
                     const store::Manifest& manifest,
                     const std::vector<base::Digest>& diff_ids) {
  const auto known = known_.lock();
  for (std::size_t i = 0; i < diff_ids.size(); ++i) {
    (*known)[diff_ids[i]].push_back(
        {{manifest.layers[i], reference},
         {diff_ids.begin(),
          diff_ids.begin() + static_cast<std::ptrdiff_t>(i)}});
  }
}

std::optional<BaseLayers::Located> BaseLayers::locate(
    const base::Digest& diff_id) const {
  const auto known = known_.lock();
  const auto found = known->find(diff_id);
  if (found == known->end()) return std::nullopt;
  return found->second.front().located;
}

void BaseLayers::fetch(const base::Digest& diff_id) {
  std::vector<Known> all;
  {
    const auto known = known_.lock();
    const auto found = known->find(diff_id);
    if (found == known->end()) return;
    all = found->second;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    try {
      fetch(all[i], diff_id);
      return;
    } catch (const base::Error& error) {
      if (error.kind() == base::ErrorKind::cancelled || i + 1 == all.size()) {
        throw;
      }
    }
  }
}

void BaseLayers::fetch(const Known& known, const base::Digest& diff_id) {
  const auto reference = registry::parse_reference(known.located.reference);
  registries_.pull_sources(reference).try_each(
      [&](const registry::PullSource& source) {
        extract(source.repository, known, diff_id);
      });
}

void BaseLayers::extract(const registry::Repository& from, const Known& known,
                         const base::Digest& diff_id) {
  const base::Descriptor& blob = known.located.blob;
  base::Span span(trace_, "pull", "layer");
  span.add("layer", diff_id);
  span.add("bytes", blob.size_bytes);
  store::Lease lease = store_.lease();
  lease.stop_on(stop_);
  store::ForeignLayer foreign;
  foreign.tar = [&lease, read = from.open_blob(blob, stop_)](std::byte* buffer,
                                                             std::size_t size) {
    lease.throw_if_stopped();
    return read(buffer, size);
  };
  foreign.diff_id = diff_id;
  foreign.blob = blob.digest;
  foreign.blob_bytes = blob.size_bytes;
  foreign.parents = known.parents;
  // A plain tar is its own diffID, and kept only if it cannot be made.
  foreign.keep_bytes = blob.digest != diff_id;
  try {
    store_.layers().extract(lease, foreign);
  } catch (base::Error& error) {
    error.add_context(
        fmt::format("{}: layer {}", from.describe(), blob.digest.str()));
    if (error.kind() == base::ErrorKind::invalid_input) {
      // Its digest was right: so it was pushed.
      error.hint("whoever pushed the image must build it again");
    }
    throw;
  }
  store::LayerLocation location{.diff_id = diff_id,
                                .blob = blob,
                                .form = {},
                                .repository = from.describe(),
                                .last_used = now()};
  store_.layer_locations().remember(location);
}

}  // namespace builder
