// Layers put into a store by hand, so that a test can stop between any two
// steps of it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/file.h"
#include "store/layer_index.h"
#include "store/store.h"

namespace tests {

inline base::Digest layer_id(const std::string& name) {
  return base::Digest::of("layer " + name);
}

inline std::filesystem::path layer_directory(store::Store& store,
                                             const base::Digest& id) {
  return store.root() / "overlay2" / id.hex();
}

inline store::LayerIndex read_layer(store::Store& store,
                                    const std::filesystem::path& diff) {
  std::vector<store::Entry> entries;
  store.layers().io().walk(
      diff, [&](store::Entry& entry, const base::Fd& file) {
        if (entry.type == store::EntryType::regular) {
          entry.content = base::Digest::of(file ? base::read_all(file) : "");
        }
        entries.push_back(std::move(entry));
      });
  return store::LayerIndex(std::move(entries));
}

// Its directory, index and short link, but no row.
inline base::Digest make_layer(store::Store& store, const std::string& name) {
  const base::Digest id = layer_id(name);
  const std::filesystem::path directory = layer_directory(store, id);
  std::filesystem::create_directories(directory / "diff" / "etc");
  std::ofstream(directory / "diff" / "etc" / "name") << name;
  std::ofstream(directory / "diff" / "empty");
  std::filesystem::create_symlink("etc/name", directory / "diff" / "link");
  base::replace_file(directory / "index",
                     read_layer(store, directory / "diff").render());
  std::filesystem::create_symlink(
      "../" + id.hex() + "/diff",
      store.root() / "overlay2" / "l" / ("SHORT" + name));
  return id;
}

inline void record_layer(store::Store& store, const base::Digest& id) {
  const auto index =
      store::LayerIndex::read(layer_directory(store, id) / "index");
  const auto lock = store.database().lock();
  store.database()
      .prepare(
          "INSERT INTO layers (diff_id, stable_digest, state, source, created, "
          "last_used) VALUES (?, ?, 2, 0, 0, 0)")
      .bind(0, id)
      .bind(1, index.stable_digest())
      .run();
}

}  // namespace tests
