// Image references: "name", "host:5000/team/name:tag@sha256:…", with Docker's
// defaults filled in. What needs names only needs no HTTP.
//
// Grammar: distribution-spec v1.1 "Pulling manifests" for name and tag, and
// Docker's conventions (github.com/distribution/reference): a first part with a
// '.', a ':' or a capital letter, or equal to "localhost", is a host; its case
// is kept. The path has at most 255 bytes with the "library/" that is filled
// in, the tag at most 128. 64 hexadecimal digits alone are no name, since they
// are an image's ID.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace registry {

// The registry of names that say none.
inline constexpr const char* kHub = "docker.io";

struct Reference {
  std::string domain;  // "docker.io"
  std::string path;    // "library/debian"
  std::optional<std::string> tag;
  std::optional<base::Digest> digest;

  // Whole: "docker.io/library/debian:12". What the store's tags are.
  std::string full() const;
  // The same repository's image of this digest, whole.
  std::string by_digest(const base::Digest& other) const;
  // As people write it, "debian:12": the shortest that names the same.
  std::string familiar() const;
};

// Neither tag nor digest written means the tag "latest".
// Throws: invalid_input, saying what is wrong with it; unsupported for a digest
// that is not sha256.
Reference parse_reference(std::string_view text);

// Whether the text says its registry, rather than leaving that to docker.io or
// the settings of whoever reads it. Whatever the rest is.
bool names_registry(std::string_view text);

}  // namespace registry
