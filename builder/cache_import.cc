#include "builder/cache_import.h"

#include <fmt/format.h>

#include "base/error.h"
#include "builder/layer_fetch.h"
#include "builder/mount_transfer.h"

namespace builder {
namespace {

bool is_here(store::Store& store, const base::Digest& diff_id) {
  const auto layer = store.layers().find(diff_id);
  return layer && layer->state == store::LayerState::extracted;
}

store::CacheRecord record_of(const store::CachedStep& step) {
  return {.key = step.key,
          .operation = step.operation,
          .parent = step.parent,
          .diff_id = step.diff_id,
          .stable_digest = step.stable_digest,
          .parts = "{}",  // they do not travel
          .created = step.created,
          .recorded = step.recorded,
          .elapsed = step.elapsed,
          .reason = {},
          .last_used = std::chrono::floor<std::chrono::seconds>(
              std::chrono::system_clock::now())};
}

// Runs `work`; true where it went well.
template <typename Work>
bool attempt(ImportedCache& imported, const std::string& what,
             const Work& work) {
  try {
    work();
    return true;
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    imported.failures.push_back(fmt::format("{}: {}", what, error.message()));
    return false;
  }
}

}  // namespace

ImportedCache import_cache(store::Store& store, CacheSource& source,
                           const std::stop_token& stop) {
  CacheSource::Contents contents = source.read_index();
  ImportedCache imported;
  if (!contents.warning.empty()) {
    imported.failures.push_back(contents.warning);
  }
  imported.read_bytes = contents.read_bytes;
  const auto count = [&imported](std::size_t bytes) {
    imported.read_bytes += bytes;
  };
  std::set<base::Digest> failed;
  for (const auto& [key, step] : contents.index.records) {
    if (store.cache().find(key)) continue;
    const base::Digest& diff_id = step.diff_id;
    if (failed.contains(diff_id)) continue;
    if (!is_here(store, diff_id)) {
      const auto layer = contents.index.layers.find(diff_id);
      const bool is_good =
          layer != contents.index.layers.end() &&
          attempt(imported, fmt::format("layer {}", diff_id.brief()), [&] {
            fetch_layer(store, source, layer->second, stop, count);
          });
      if (!is_good) {
        failed.insert(diff_id);
        continue;
      }
      ++imported.layers;
    }
    store.cache().put(record_of(step));
    ++imported.records;
  }
  for (const auto& [id, mount] : contents.index.mounts) {
    attempt(imported, fmt::format("cache mount {}", id), [&] {
      if (unpack_mount(store, source, mount, stop, count)) ++imported.mounts;
    });
  }
  return imported;
}

}  // namespace builder
