// The documents of an image of two layers that nobody has.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "store/image_config.h"
#include "store/manifest.h"
#include "store/resolved_images.h"

namespace tests {

inline std::vector<base::Digest> diff_ids_of(const std::string& text) {
  return {base::Digest::of("base"), base::Digest::of("tar " + text)};
}

// Images of different texts share their lower layer.
inline store::ImageDocuments documents_of(const std::string& text) {
  store::ImageConfig config;
  config.os = "linux";
  config.architecture = "arm";
  config.author = text;
  config.diff_ids = diff_ids_of(text);
  config.history = {{}, {}};
  std::string config_bytes = store::render_image_config(config);
  store::Manifest manifest;
  manifest.config = {std::string(base::media_type::kOciConfig),
                     base::Digest::of(config_bytes),
                     config_bytes.size(),
                     {}};
  for (const base::Digest& diff_id : config.diff_ids) {
    manifest.layers.push_back({std::string(base::media_type::kOciLayerTarGzip),
                               base::Digest::of("blob of " + diff_id.str()),
                               100,
                               {}});
  }
  return store::read_image_documents(store::render_manifest(manifest),
                                     std::move(config_bytes));
}

}  // namespace tests
