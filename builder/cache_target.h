// A build cache outside of the store (store/cache_index.h), as a place to
// write: a seam, so that a directory, a repository and a bucket look alike.
//
// One export is: read_index(); blobs, each whole before the next call names it;
// commit(), and again for as long as others write at the same time. Until a
// commit() has come back, readers see what was there before.
//
// Throws, all: denied, unavailable, cancelled, system. Nothing of a blob that
// failed half-way can be read.
// Threads: has(), read(), add() and add_made() may be called at once, the
// others not beside them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "store/byte_stream.h"
#include "store/cache_index.h"

namespace builder {

class CacheTarget {
 public:
  // Gives all bytes of a blob; the same ones each time it is called, as what
  // was cut on its way is made again.
  using Write = std::function<void(const store::ByteSink& sink)>;

  virtual ~CacheTarget() = default;
  // For people: "/srv/cache".
  virtual std::string describe() const = 0;

  // The cache that is there, less what can be seen to be missing of it; an
  // empty one where there is none, or none that can be read.
  virtual store::CacheIndex read_index() = 0;

  virtual bool has(const base::Descriptor& blob) const = 0;
  // A small blob that is there, compared with its digest.
  // Throws: not_found, corrupt, invalid_input when it has more bytes.
  virtual std::string read(const base::Descriptor& blob,
                           std::uint64_t limit_bytes) const = 0;

  // Replaces what there is of the blob, damaged as it may be. Throws: corrupt
  // when `write` gives other bytes; what `write` throws.
  virtual void add(const base::Descriptor& blob, const Write& write) = 0;
  // The same for bytes whose digest is known only when they have been made.
  virtual base::Descriptor add_made(std::string_view media_type,
                                    const Write& write) = 0;
  // A small blob; nothing is written where it is there.
  virtual base::Descriptor put(std::string_view media_type,
                               std::string_view bytes);

  // Makes this what the target holds. `more`: blobs that the index leads to by
  // ways of its own, behind the layers'. nullopt when it is there for readers;
  // else what others have written meanwhile and the index has not: it belongs
  // to the next commit(), which comes at the right time by itself. Ends after
  // some of them with unavailable.
  // Throws: invalid_input where the index is larger than what is read
  // (kMostDocumentBytes).
  virtual std::optional<store::CacheIndex> commit(
      const store::CacheIndex& index,
      const std::vector<base::Descriptor>& more) = 0;

  virtual std::uint64_t written_bytes() const noexcept = 0;

 protected:
  // The cache's manifest, whose key index is put. Throws: as commit().
  std::string make_manifest(const store::CacheIndex& index,
                            const std::vector<base::Descriptor>& more);
};

}  // namespace builder
