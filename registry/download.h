// A file from an address: redirects followed, cuts mended, unchanged files not
// fetched again.
//
// Credentials are told to the address's own server alone; a redirect to another
// host or port, or from https to http, leaves them behind. What was cut is
// tried again after a growing, jittered pause, from where it ended when the
// server has said what the bytes are (If-Range); a reply that says "later"
// (408, 429, 5xx) too. An answer to the request (404, 403) is final.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/fd.h"
#include "registry/http_client.h"

namespace registry {

// What a server said about a file, so that it can be asked for news.
struct Validators {
  std::string etag;
  std::string last_modified;
  bool is_empty() const { return etag.empty() && last_modified.empty(); }
};

struct DownloadRequest {
  std::string url;            // http(s); may hold user and password
  std::string authorization;  // the header's value; empty: user and password
  Validators known;           // of the file that is there already
};

struct Downloaded {
  bool is_unchanged = false;  // it is still the known one: nothing was written
  Validators validators;
  std::uint64_t size_bytes = 0;
};

// `total` where the server has said it.
using OnDownload = std::function<void(std::uint64_t bytes,
                                      std::optional<std::uint64_t> total)>;

// Writes the file's bytes to `to`, which is empty. Throws: not_found (404,
// 410), denied (401, 403, a certificate), unavailable, invalid_input,
// cancelled, system; the message has the status and who gave it, not the
// address.
Downloaded download(HttpClient& client, const DownloadRequest& request,
                    const base::Fd& to, const OnDownload& on_bytes,
                    const std::stop_token& stop);

}  // namespace registry
