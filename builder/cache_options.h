// Where a build's cache comes from and goes to, beside the store.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/layer_store.h"

namespace builder {

// --cache-from
struct CacheFrom {
  enum class Kind {
    layout,  // an OCI image layout in a directory
    image,   // what an image of the store has inside
  };
  Kind kind = Kind::layout;
  std::filesystem::path directory;
  std::string reference =
      {};  // of a layout: a tag or digest; of an image: name
};

// Which steps' results go out.
enum class CacheMode {
  min,  // of those whose layers are the image's
  max,  // of all steps
};

// --cache-to
struct CacheTo {
  enum class Kind {
    layout,
    inline_,  // within the image's configuration
  };
  Kind kind = Kind::layout;
  std::filesystem::path directory;
  std::string tag = "latest";
  CacheMode mode = CacheMode::min;
  store::Compression compression = store::Compression::gzip;
  std::vector<std::string> mounts = {};  // ids of cache mounts
  bool has_all_mounts = false;
  bool ignores_errors = true;  // a failure is a warning
};

}  // namespace builder
