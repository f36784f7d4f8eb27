// A build cache where several builds may write at once, and nobody can lock:
// one manifest of a name, which a put replaces whatever it is by then.
//
// So a writer looks whether the manifest is the one it has merged, at once puts
// its own, waits for longer than other writers may take between their look and
// their put, and looks again. One whose records are gone then, or that found
// another manifest before it put its own, merges what is there and begins anew.
// Whoever writes has all that it ever saw in its manifest, so the number of
// records that two of them can take from each other shrinks with each turn;
// pauses of random length part those that meet. What gets lost all the same, by
// a writer that was stopped for long between look and put, comes again with the
// next build that uses it.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "builder/cache_target.h"

namespace builder {

class UnlockedTarget : public CacheTarget {
 public:
  // `least_pause`: the shortest time from a put to the look that follows it.
  UnlockedTarget(std::chrono::milliseconds least_pause, std::stop_token stop);

  store::CacheIndex read_index() override;
  std::optional<store::CacheIndex> commit(
      const store::CacheIndex& index,
      const std::vector<base::Descriptor>& more) override;

 protected:
  // A manifest as it was found.
  struct Found {
    std::string text;
    // What the place tells it from others by: a digest, an ETag.
    std::string version;
  };
  virtual std::optional<Found> find_manifest() = 0;
  // The version that is there now; empty where there is none.
  virtual std::string look() = 0;
  // Puts it where there still was `version` a moment ago, empty for nothing.
  // False where the place saw that there is another one by now.
  virtual bool replace(const std::string& text, const std::string& version) = 0;
  // Whether this is what is there.
  virtual bool holds(const std::string& text) = 0;
  // The cache that the manifest leads to, less what is missing. Throws:
  // invalid_input, corrupt, not_found where it is damaged, which makes it an
  // empty one; denied where it is another's.
  virtual store::CacheIndex parse(const std::string& text) = 0;
  // Before commit() puts anything: what it will name stays.
  virtual void keep(const store::CacheIndex& index,
                    const std::vector<base::Descriptor>& more);

  const std::stop_token& stop() const noexcept { return stop_; }

 private:
  void pause(std::chrono::milliseconds time) const;

  std::chrono::milliseconds least_pause_;
  std::stop_token stop_;
  Found merged_;  // that was read last
  int turns_ = 0;
};

}  // namespace builder
