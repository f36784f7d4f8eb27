// Registries for tests, and what it takes to talk to them.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/temp_dir.h"
#include "registry/blob_upload.h"
#include "registry/repository.h"
#include "server_process.h"

namespace tests {

// oci_registry.py, which says what its options are.
class TestRegistry {
 public:
  explicit TestRegistry(const std::vector<std::string>& options = {});

  std::string authority() const { return "127.0.0.1:" + port_; }
  // What it and its other server were asked; oci_registry.py says how a line
  // looks.
  std::vector<std::string> requests() const;
  // Those that have all these texts.
  std::vector<std::string> requests(
      const std::vector<std::string>& texts) const;

 private:
  base::TempDir root_;
  ServerProcess process_;
  std::string port_;
};

// A client of a registry at an address without TLS.
class TestClient {
 public:
  explicit TestClient(
      const std::string& authority,
      const std::optional<registry::Credential>& credential = std::nullopt,
      int fruitless_tries = 8,
      std::chrono::seconds stall = std::chrono::seconds(5),
      std::chrono::seconds document = std::chrono::seconds(60));

  registry::Repository repository(const std::string& path = "team/app") {
    return registry::Repository(host, path);
  }
  // "ann", whom oci_registry.py knows.
  static registry::Credential ann();

  int lookups = 0;  // of the credential
  registry::RegistryHost host;
};

base::Descriptor describe(std::string_view content);
std::string read_blob(const registry::Repository& from,
                      const base::Descriptor& blob,
                      const std::stop_token& stop = {});
// In pieces, as a compressor gives them.
registry::MakeBlob make_blob(const std::string& content);
// As one whose digest is known before.
base::Descriptor push_blob(const registry::Repository& to,
                           const std::string& content);
// An image manifest of this configuration; `more` are members of it.
registry::Manifest make_manifest(const base::Descriptor& config,
                                 const std::string& more = {});
// No two parts of which are equal.
std::string make_content(std::size_t size);

base::Error error_of(const std::function<void()>& work);

}  // namespace tests
