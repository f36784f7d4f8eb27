// Where a build's cache comes from and goes to, beside the store.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "builder/bucket_options.h"
#include "store/layer_store.h"

namespace builder {

// --cache-from
struct CacheFrom {
  enum class Kind {
    layout,    // an OCI image layout in a directory
    image,     // what an image of the store has inside, else as `registry`
    registry,  // a cache, or an image with one
    bucket,    // of S3
  };
  Kind kind = Kind::layout;
  std::filesystem::path directory;
  // Of a layout: a tag or digest; else the name of an image or repository.
  std::string reference = {};
  bool is_insecure = false;  // of a registry: plain HTTP and any certificate
  std::optional<BucketOptions> bucket = {};
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
    in_image,  // within the image's configuration
    registry,
    bucket,  // of S3
  };
  Kind kind = Kind::layout;
  std::filesystem::path directory;
  std::string reference = {};  // of a registry
  bool is_insecure = false;    // as CacheFrom's
  std::string tag = "latest";
  std::optional<BucketOptions> bucket = {};
  CacheMode mode = CacheMode::min;
  store::Compression compression = store::Compression::gzip;
  std::vector<std::string> mounts = {};  // ids of cache mounts
  bool has_all_mounts = false;
  bool ignores_errors = true;  // a failure is a warning
};

}  // namespace builder
