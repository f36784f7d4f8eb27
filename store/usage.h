// What the store holds and how much of it nothing needs: for people who look
// for disk space. Read-only, and never waits for builds: rows are read as they
// are at that moment, files counted as they are found.
//
// Layers count with the bytes of their files, as recorded; everything else with
// the blocks it takes on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/digest.h"

namespace store {

class Store;

struct UsageCount {
  std::size_t count = 0;
  std::uint64_t size_bytes = 0;
  // What would be free again without losing a named image.
  std::uint64_t reclaimable_bytes = 0;
};

struct ImageUsage {
  base::Digest id;
  std::uint64_t shared_bytes = 0;  // of layers that other images have too
  std::uint64_t unique_bytes = 0;
};

struct StoreUsage {
  std::size_t layers = 0;      // extracted ones, whoever needs them
  UsageCount images;           // size: of all their layers, each once
  UsageCount shared_layers;    // of two images or more
  UsageCount unique_layers;    // of one image
  UsageCount unused_layers;    // of no image, and no cache record leads to them
  UsageCount cache;            // records; size: layers that only they lead to
  UsageCount blobs;            // all others'
  UsageCount resolved_images;  // what registries said: documents without layers
  UsageCount cache_mounts;
  UsageCount git_repositories;
  UsageCount logs;          // one per build
  UsageCount failed_steps;  // that were kept
  std::uint64_t database_bytes = 0;
  std::uint64_t reserve_bytes = 0;   // set aside (reserve.h)
  std::vector<ImageUsage> by_image;  // newest first

  // Of everything, each byte once.
  std::uint64_t total_bytes() const;
};

// Images that no name leads to, and the bytes of layers that no other image
// has; far quicker than all of it. Throws: system, corrupt.
UsageCount measure_nameless_images(Store& store);

// Throws: system, corrupt.
StoreUsage measure_usage(Store& store);

}  // namespace store
