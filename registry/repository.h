// One repository of a registry: OCI distribution-spec v1.1, which Docker's
// registry HTTP API v2 speaks as well.
//
// What comes is compared with the digest it was asked by, or with the one that
// the registry gives; bytes of blobs are the caller's to compare (they may be
// of any size), as are their number.
// Threads: all members may be called at once.
// Throws, all: unavailable after several tries, not_found, denied,
// invalid_input, corrupt, cancelled.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "registry/registry_host.h"

namespace registry {

// A manifest or an index, as it came.
struct Manifest {
  std::string bytes;
  base::Descriptor descriptor;  // its media type is the bytes' own
};

// A manifest that speaks of another one: a signature, an SBOM.
struct Referrer {
  base::Descriptor descriptor;
  std::string artifact_type;
};

// Fills up to `size` bytes and returns how many; 0 at the end.
using BlobBytes =
    std::function<std::size_t(std::byte* buffer, std::size_t size)>;

class Repository {
 public:
  // The host must outlive it. `path`: "library/debian".
  Repository(RegistryHost& host, std::string path);

  // "registry.example:5000/team/app", for people.
  std::string describe() const;
  const std::string& path() const noexcept { return path_; }
  RegistryHost& host() const noexcept { return host_; }

  // `reference`: a tag, or a digest as text.
  Manifest get_manifest(const std::string& reference,
                        const std::stop_token& stop) const;
  // What it is without getting it; nullopt when there is none.
  std::optional<base::Descriptor> find_manifest(
      const std::string& reference, const std::stop_token& stop) const;
  // One with a subject is listed among that one's referrers: by the registry,
  // or where it knows none by the tag that stands in ("Pushing Manifests with
  // Subject"). Who puts two of one subject there at once may lose one of them.
  void put_manifest(const std::string& reference, const Manifest& manifest,
                    const std::stop_token& stop) const;
  void delete_manifest(const base::Digest& digest,
                       const std::stop_token& stop) const;

  bool has_blob(const base::Descriptor& blob,
                const std::stop_token& stop) const;
  // Asked for when the first byte is read; goes on where it was cut.
  BlobBytes open_blob(const base::Descriptor& blob, std::stop_token stop) const;

  // In pages, each as it comes.
  void list_tags(const std::function<void(const std::string& tag)>& found,
                 const std::stop_token& stop) const;
  // Manifests whose subject this is; of one type where that is asked for. From
  // the referrers API, or from the tag that stands in for it ("Listing
  // Referrers", "Unavailable Referrers API").
  std::vector<Referrer> list_referrers(const base::Digest& subject,
                                       const std::string& artifact_type,
                                       const std::stop_token& stop) const;

  // What a call needs to be allowed.
  Scopes pull_scopes() const;
  Scopes push_scopes() const;

  std::string address(std::string_view rest) const;  // "/v2/<path>/<rest>"

  // What distribution-spec v1.1 calls the referrers tag.
  static std::string referrers_tag(const base::Digest& subject);

 private:
  void confirm_manifest(const std::string& reference, const Manifest& manifest,
                        const std::stop_token& stop) const;
  void add_to_referrers_tag(const base::Digest& subject,
                            const Manifest& manifest,
                            const std::stop_token& stop) const;

  RegistryHost& host_;
  std::string path_;
};

}  // namespace registry
