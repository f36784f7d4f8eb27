#include "builder/set_times.h"

#include <fmt/format.h>

namespace builder {
namespace {

constexpr std::uint32_t kGrainNs = 20'000'000;  // two ticks at 100 Hz

store::Timestamp grain_before(store::Timestamp time) {
  if (time.nanoseconds >= kGrainNs) {
    return {time.seconds, time.nanoseconds - kGrainNs};
  }
  return {time.seconds - 1, time.nanoseconds + 1'000'000'000 - kGrainNs};
}

}  // namespace

base::Digest digest_with_set_times(const store::SealedLayer& sealed,
                                   store::Timestamp started,
                                   store::Timestamp ended) {
  const store::Timestamp from = grain_before(started);
  base::Hasher hasher;
  hasher.update(sealed.stable_digest.str());
  bool is_any = false;
  for (const store::Entry& entry : sealed.index.entries()) {
    // A hard link has the time of what it leads to; a whiteout has none.
    if (entry.type == store::EntryType::hardlink ||
        entry.type == store::EntryType::whiteout ||
        (from <= entry.mtime && entry.mtime <= ended)) {
      continue;
    }
    is_any = true;
    hasher.update(fmt::format("{}:{} {}.{};", entry.path.size(), entry.path,
                              entry.mtime.seconds, entry.mtime.nanoseconds));
  }
  return is_any ? hasher.finish() : sealed.stable_digest;
}

}  // namespace builder
