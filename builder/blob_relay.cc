#include "builder/blob_relay.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <vector>

#include "base/error.h"
#include "registry/reference.h"

namespace builder {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10U;

// Not the fault of the place that is being read: no other one mends it.
struct SinkFailed {
  std::exception_ptr why;
};

class Relay {
 public:
  Relay(const base::Descriptor& blob, const BlobSink& sink,
        const std::stop_token& stop)
      : blob_(blob), sink_(sink), stop_(stop), buffer_(kBufferBytes) {}

  void read(const registry::Repository& from) {
    const registry::BlobBytes bytes = from.open_blob(blob_, stop_);
    std::uint64_t done = 0;
    while (const std::size_t count = bytes(buffer_.data(), buffer_.size())) {
      const std::uint64_t known = given_ - std::min(given_, done);
      done += count;
      if (done > given_) {
        give({reinterpret_cast<const char*>(buffer_.data()) + known,
              static_cast<std::size_t>(count - known)});
      }
    }
  }

 private:
  void give(std::string_view bytes) {
    given_ += bytes.size();
    try {
      sink_(bytes);
    } catch (...) {
      throw SinkFailed{std::current_exception()};
    }
  }

  const base::Descriptor& blob_;
  const BlobSink& sink_;
  const std::stop_token& stop_;
  std::vector<std::byte> buffer_;
  std::uint64_t given_ = 0;
};

}  // namespace

void relay_blob(registry::Registries& registries,
                std::span<const std::string> places,
                const base::Descriptor& blob, const BlobSink& sink,
                const std::function<void(const std::string& place)>& on_gone,
                const std::stop_token& stop) {
  Relay relay(blob, sink, stop);
  for (std::size_t i = 0; i < places.size(); ++i) {
    try {
      registries.pull_sources(registry::parse_reference(places[i]))
          .try_each([&](const registry::PullSource& source) {
            relay.read(source.repository);
          });
      return;
    } catch (const SinkFailed& failed) {
      std::rethrow_exception(failed.why);
    } catch (const base::Error& error) {
      if (error.kind() == base::ErrorKind::cancelled) throw;
      if (error.kind() == base::ErrorKind::not_found) on_gone(places[i]);
      if (i + 1 == places.size()) throw;
    }
  }
}

}  // namespace builder
