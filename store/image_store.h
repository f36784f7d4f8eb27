// Images and their names. An image is its configuration blob (image ID: the
// configuration's digest) and the layers it lists; a tag is a full reference
// ("docker.io/library/hello:latest") that points to one image. Whoever gives a
// tag says what the name means from now on: what registries said of it before
// (store/resolved_images.h) is forgotten in the same transaction.
//
// An image that came from a repository, or went to one, has a name by digest
// there, too: "docker.io/library/hello@sha256:…", the digest being that of the
// manifest or index. It finds the image, and makes it no named one.
//
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "store/blob_store.h"
#include "store/image_config.h"
#include "store/lease.h"

namespace store {

class Database;

struct Image {
  base::Digest id;
  std::vector<std::string> tags;     // full references, sorted
  std::vector<std::string> digests;  // the same with a digest each
  std::chrono::sys_seconds stored_at;
  std::uint64_t size_bytes = 0;  // sum of its layers' file bytes
};

// An image that was made elsewhere.
struct ForeignImage {
  std::string config;
  std::string manifest;  // empty where there was none
  std::vector<std::string> tags = {};

  base::Digest id() const { return base::Digest::of(config); }
};

class ImageStore {
 public:
  ImageStore(Database& database, BlobStore& blobs);

  // Stores the configuration, its chain and its tags in one transaction. All
  // layers must be known. Throws: invalid_input, system.
  Image put(const Lease& lease, const ImageConfig& config,
            const std::vector<std::string>& tags = {});

  // Stores images from elsewhere with the bytes they came with, so that image
  // IDs and manifest digests stay what they were: all of them, in one
  // transaction. Throws: invalid_input for a wrong configuration, system.
  void put_foreign(const Lease& lease,
                   const std::vector<ForeignImage>& foreign);

  // The manifest an image came with, if it is known.
  std::optional<std::string> find_manifest(const base::Digest& id) const;
  std::optional<base::Digest> find_manifest_digest(
      const base::Digest& id) const;

  // By full reference.
  std::optional<Image> find_tag(std::string_view reference) const;
  // By ID: whole ("sha256:…"), its hex, or a prefix of the hex of at least one
  // digit. Throws: invalid_input when a prefix fits several images.
  std::optional<Image> find_id(std::string_view id) const;

  ImageConfig config(const base::Digest& id) const;

  std::vector<Image> list() const;  // newest first
  // A name by tag or by digest. Throws: not_found for the image; system.
  void tag(const base::Digest& id, std::string_view reference);
  // Forgets a name, and with the last tag of a repository what digests the
  // image has there. Returns all that went; the image stays.
  std::vector<std::string> untag(std::string_view reference);
  // Forgets the image and its tags; its layers are left to collection.
  void remove(const base::Digest& id);
  // The same for an image that has no tag now. Whether it was so.
  bool remove_unnamed(const base::Digest& id);

 private:
  void insert(const base::Digest& id, const ImageConfig& config);
  void erase(const base::Digest& id);

  Database& database_;
  BlobStore& blobs_;
};

}  // namespace store
