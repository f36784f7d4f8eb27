// Image references: "name", "host:5000/team/name:tag@sha256:…", with Docker's
// defaults filled in. A target of its own (strake_reference): it needs no HTTP.
//
// Grammar: distribution-spec v1.1 "Pulling manifests" for name and tag, and
// Docker's convention that a first part with a '.', a ':' or equal to
// "localhost" is a host.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace registry {

struct Reference {
  std::string domain;  // "docker.io"
  std::string path;    // "library/debian"
  std::optional<std::string> tag;
  std::optional<base::Digest> digest;

  // Whole: "docker.io/library/debian:12". What the store's tags are.
  std::string full() const;
  // As people write it, "debian:12": the shortest that names the same.
  std::string familiar() const;
};

// Neither tag nor digest written means the tag "latest".
// Throws: invalid_input, saying what is wrong with it.
Reference parse_reference(std::string_view text);

}  // namespace registry
