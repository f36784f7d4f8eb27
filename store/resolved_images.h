// What a registry said that a name is: for each reference and platform the
// image manifest and the configuration, without the layers. A build that knows
// them plans, finds its steps in the cache and asks for a layer's bytes only
// when a step needs its files.
//
// The reference is whole ("docker.io/library/debian:12", "…@sha256:…"), the
// platform as text ("linux/arm/v7"). Manifest and configuration are blobs of
// the store, held by the row, byte for byte as they came.
//
// What is proven and what is said: manifest and configuration have the digests
// that name them, and the manifest names the configuration; so the diffIDs are
// those of the image. Which blob holds the tar of which diffID is only said, by
// the two lists having one order, until the bytes came: LayerStore::extract
// compares them, and layer_blobs and layer_locations speak of nothing else.
//
// A row that is damaged, or whose blobs are lost or damaged, counts as not
// known: the registry is asked again. check_store names it.
//
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/descriptor.h"
#include "base/digest.h"
#include "store/image_config.h"
#include "store/lease.h"
#include "store/manifest.h"

namespace store {

class BlobStore;
class Database;

// One row.
struct ResolvedName {
  std::string reference;
  std::string platform;
  base::Digest manifest_digest;  // of the image manifest, not of an index
  base::Digest image_id;
  std::chrono::sys_seconds resolved_at;  // when the registry last said so
  std::chrono::sys_seconds last_used;
};

// The two documents, parsed and as they came.
struct ImageDocuments {
  std::string manifest_bytes;
  std::string config_bytes;
  Manifest manifest;
  ImageConfig config;

  base::Descriptor descriptor() const;  // of the manifest
  const base::Digest& image_id() const { return manifest.config.digest; }
};

// Throws: invalid_input where they cannot be read, or one lists more layers
// than the other; corrupt when it is not the configuration that the manifest
// names.
ImageDocuments read_image_documents(std::string manifest, std::string config);

struct ResolvedImage {
  ResolvedName name;
  ImageDocuments documents;
};

class ResolvedImages {
 public:
  // Uses are noted no finer than this.
  static constexpr std::chrono::hours kUseGrain{1};

  ResolvedImages(Database& database, BlobStore& blobs);

  // The name has this meaning from now on. Throws: system.
  void remember(const Lease& lease, std::string_view reference,
                std::string_view platform, const ImageDocuments& documents,
                std::chrono::sys_seconds now);

  // Writes nothing. Throws: system.
  std::optional<ResolvedImage> find(std::string_view reference,
                                    std::string_view platform) const;

  // The registry said the same again.
  void confirm(const ResolvedName& name, std::chrono::sys_seconds now);
  // It was of use now. Writes only when the last time is kUseGrain ago.
  void touch(const ResolvedName& name, std::chrono::sys_seconds now);

  // All rows that can be read, by reference and platform.
  std::vector<ResolvedName> list() const;

  // The blobs that no image has, so that they go with the last row.
  std::unordered_set<base::Digest> own_blobs() const;

  // Forgets what the name is, for all platforms or for one, and returns for how
  // many it was known. The blobs are left to collection.
  std::size_t forget(std::string_view reference);
  std::size_t forget(std::string_view reference, std::string_view platform);

  // Why find() knows nothing of a row that is there, one line for each.
  std::vector<std::string> list_damage() const;

 private:
  ImageDocuments read(const ResolvedName& name) const;
  std::size_t erase(std::string_view reference,
                    std::optional<std::string_view> platform);

  Database& database_;
  BlobStore& blobs_;
};

}  // namespace store
