// One store on disk: everything strake keeps between builds.
//
//   <root>/strake.db               SQLite, WAL; carries the format version
//   <root>/blobs/sha256/<hex>      configurations, manifests, compressed layers
//   <root>/overlay2/<id>/          extracted layers (layer_store.h)
//   <root>/cachemounts/<hash>/     RUN --mount=type=cache (cache_mounts.h)
//   <root>/logs/<build>/<step>     whole outputs of steps
//   <root>/failed/<id>/            steps kept by their build's wish
//   <root>/reserve                 given up on a full disk (reserve.h)
//   <root>/inflight/<key>          steps that a build is making (in_flight.h)
//   <root>/tmp/<lease>/            work in flight (lease.h)
//
// Opening an existing store writes nothing. Taking the first lease removes what
// dead processes left. N processes may share a root.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/blob_store.h"
#include "store/cache_records.h"
#include "store/database.h"
#include "store/file_digests.h"
#include "store/file_rights.h"
#include "store/image_store.h"
#include "store/in_flight.h"
#include "store/input_listings.h"
#include "store/last_builds.h"
#include "store/layer_locations.h"
#include "store/layer_store.h"
#include "store/lease.h"
#include "store/reserve.h"
#include "store/resolved_images.h"

namespace store {

class Store {
 public:
  // Opens `root`, creating it with directories that nobody but the owner can
  // enter.
  // Throws: system, denied, unsupported, corrupt.
  explicit Store(std::filesystem::path root);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::filesystem::path& root() const noexcept { return root_; }

  // Says what this process can do to layers' files, from here on; to be told
  // before other threads use the store. The first process to do so decides
  // under which ids the store's files are written.
  // Throws: unsupported when files of the store were written under other ids.
  void adopt(const FileRights& rights);
  // `prepare` is called once before a layer's files are first touched, unless
  // adopt() came before; it must end with adopt().
  void before_files(std::function<void()> prepare);

  // A place for work in flight. The first call of a process also removes dead
  // owners' leases and, when there were any, unrecorded layers and blobs; and
  // sets bytes aside (reserve.h).
  Lease lease();

  // Removes files that no record mentions any more, e.g. after images were
  // removed. Layers that the build cache knows stay.
  void collect();

  BlobStore& blobs() noexcept { return blobs_; }
  LayerStore& layers() noexcept { return layers_; }
  ImageStore& images() noexcept { return images_; }
  ResolvedImages& resolved_images() noexcept { return resolved_images_; }
  LayerLocations& layer_locations() noexcept { return layer_locations_; }
  CacheRecords& cache() noexcept { return cache_; }
  FileDigests& file_digests() noexcept { return file_digests_; }
  LastBuilds& last_builds() noexcept { return last_builds_; }
  InputListings& listings() noexcept { return listings_; }
  const InFlight& in_flight() const noexcept { return in_flight_; }
  // To be given up by what makes room, before it writes anything.
  Reserve& reserve() noexcept { return reserve_; }
  // For what looks at the whole store: checking and collecting.
  Database& database() noexcept { return database_; }

 private:
  std::filesystem::path root_;
  Reserve reserve_;  // outlives the database
  Database database_;
  std::unique_ptr<LayerIo> io_;
  BlobStore blobs_;
  LayerStore layers_;
  ImageStore images_;
  ResolvedImages resolved_images_;
  LayerLocations layer_locations_;
  CacheRecords cache_;
  FileDigests file_digests_;
  LastBuilds last_builds_;
  InputListings listings_;
  InFlight in_flight_;
  std::once_flag is_swept_;
};

// Damage, each as one line a person can read; empty when there is none.
// Verifies every record against the disk and the disk against every record:
// unrecorded directories and blobs, missing or altered layers and blobs, dead
// leases. Read-only.
std::vector<std::string> check_store(Store& store);

}  // namespace store
