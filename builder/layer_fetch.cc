#include "builder/layer_fetch.h"

#include <fmt/format.h>

#include <memory>

#include "base/error.h"
#include "store/decompressor.h"

namespace builder {
namespace {

// The tar in a verified blob, and not a byte more than it may have: a blob of
// few bytes can unpack to any number.
store::ByteSource open_tar(CacheSource& source, const store::CachedLayer& layer,
                           std::function<void(std::size_t)> on_read) {
  const store::ByteSource blob =
      verify_blob(source.open_blob(layer.blob), layer.blob, std::move(on_read));
  auto unpacked = std::make_shared<store::Decompressor>(blob);
  return [blob, unpacked, left = layer.tar_bytes](std::byte* buffer,
                                                  std::size_t size) mutable {
    const std::size_t count = unpacked->read(buffer, size);
    if (count > left) {
      throw base::Error(base::ErrorKind::corrupt,
                        "it unpacks to more than its cache says");
    }
    left -= count;
    if (count > 0) return count;
    // What follows the compressed stream belongs to the digest.
    std::byte rest[4096];
    while (blob(rest, sizeof(rest)) != 0) {
    }
    return count;
  };
}

}  // namespace

void fetch_layer(store::Store& store, CacheSource& source,
                 const store::CachedLayer& layer, const std::stop_token& stop,
                 const std::function<void(std::size_t)>& on_read) {
  store::Lease lease = store.lease();
  lease.stop_on(stop);
  const auto open = [&] {
    return open_tar(source, layer, [&](std::size_t count) {
      lease.throw_if_stopped();
      on_read(count);
    });
  };
  store::ForeignLayer foreign{.tar = open()};
  foreign.reopen = open;
  foreign.diff_id = layer.diff_id;
  // What this machine cannot hold as it is (file capabilities, without root) is
  // still what its tar says.
  foreign.stable_digest = layer.stable_digest;
  store.layers().extract(lease, foreign);
}

}  // namespace builder
