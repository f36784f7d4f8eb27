// Layers that a running process stands on, which pruning leaves alone.
//
// On disk: <root>/tmp/<lease>/layers, a diffID in hex on each line, as long as
// the lease lives; <root>/tmp/<lease>/log, the name of a build's directory in
// logs/. And a flock(2) on <root>/overlay2: held shared from the moment a layer
// is looked up until it is written down there, exclusively by who prunes, from
// reading those files to the end of the transaction that forgets layers. So
// either the pruner sees the use, or the user finds no layer.
//
// A build that finds everything writes nothing: it holds the shared lock until
// its end, which is soon. Order: this lock before any transaction.
//
// Threads: all members may be called at once, write_down() before the others.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/digest.h"
#include "base/guarded.h"
#include "store/directory.h"
#include "store/lease.h"

namespace store {

class Store;

// Writes down that the lease's owner needs these layers. To be called under the
// shared lock, before they are looked up.
void hold_layers(const Lease& lease, std::span<const base::Digest> diff_ids);

class LayerUse {
 public:
  // Takes the shared lock.
  explicit LayerUse(Store& store);

  // While it lives, a layer that is there stays. Nothing when that is so
  // anyway.
  using Moment = std::optional<DirectoryLock>;
  [[nodiscard]] Moment moment() const;
  // The layer was found in this moment, and is needed until this goes.
  void add(const base::Digest& diff_id);

  // From here on uses are written down, and the lock is free. `log` is the
  // build's directory below logs/.
  void write_down(std::string_view log);

 private:
  Store& store_;
  Moment whole_;
  std::optional<Lease> lease_;
  base::Guarded<std::vector<base::Digest>> layers_;
};

struct HeldByLeases {
  std::unordered_set<base::Digest> layers;
  std::unordered_set<std::string> logs;
};
// Of all leases that are there.
HeldByLeases read_held(const std::filesystem::path& root);

}  // namespace store
