// A build cache at a registry (store/cache_index.h), written: blobs, then a
// manifest under a tag. What the registry has is not sent again, nor what the
// manifest before named; blobs that nothing names any more are the registry's
// to collect.
// Writers take turns as unlocked_target.h says.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "builder/first_contact.h"
#include "builder/unlocked_target.h"
#include "registry/repository.h"

namespace builder {

class RegistryTarget : public UnlockedTarget {
 public:
  struct Options {
    std::stop_token stop;
    // Repositories of the same registry that have the blob, by their paths.
    std::function<std::vector<std::string>(const base::Descriptor& blob)>
        find_elsewhere;
    // The shortest time from a put to the look that follows it.
    std::chrono::milliseconds least_pause{150};
  };
  // The repository's host and `contacts` must outlive it.
  RegistryTarget(registry::Repository repository, std::string tag,
                 FirstContacts& contacts, Options options);

  std::string describe() const override;
  bool has(const base::Descriptor& blob) const override;
  std::string read(const base::Descriptor& blob,
                   std::uint64_t limit_bytes) const override;
  void add(const base::Descriptor& blob, const Write& write) override;
  base::Descriptor add_made(std::string_view media_type,
                            const Write& write) override;
  std::uint64_t written_bytes() const noexcept override {
    return written_bytes_;
  }

 protected:
  std::optional<Found> find_manifest() override;
  std::string look() override;
  bool replace(const std::string& text, const std::string& version) override;
  bool holds(const std::string& text) override;
  // What the tag holds and is no cache, an image say, is left alone: denied.
  store::CacheIndex parse(const std::string& text) override;

 private:
  bool mount(const base::Descriptor& blob) const;
  void require_cache(const base::Descriptor& config) const;
  [[noreturn]] void refuse_to_replace(const std::string& what) const;

  registry::Repository repository_;
  std::string tag_;
  FirstContacts& contacts_;
  Options options_;
  // Blobs that are there.
  mutable base::Guarded<std::set<base::Digest>> known_;
  std::atomic<std::uint64_t> written_bytes_ = 0;
};

}  // namespace builder
