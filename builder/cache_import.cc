#include "builder/cache_import.h"

#include <fmt/format.h>

#include "base/error.h"
#include "builder/layer_fetch.h"
#include "builder/mount_transfer.h"

namespace builder {
namespace {

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
    if (!store.layers().has_files(diff_id)) {
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
