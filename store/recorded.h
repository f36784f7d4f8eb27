// What the database says should be on disk. Private to the room.
#pragma once

#include <string>
#include <unordered_set>

#include "base/digest.h"

namespace store {

class Database;

// Blobs that some row mentions: configurations and manifests of images and of
// resolved images, and the blobs that layers came as or were made into.
std::unordered_set<base::Digest> read_recorded_blobs(Database& database);

// Names in overlay2/ of extracted layers.
std::unordered_set<std::string> read_recorded_layers(Database& database);

}  // namespace store
