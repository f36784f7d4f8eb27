#include "test_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

namespace tests {
namespace {

std::vector<std::string> command(const base::TempDir& root,
                                 const std::vector<std::string>& options) {
  std::vector<std::string> words = {"python3", OCI_REGISTRY,
                                    (root.path() / "log").native()};
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

}  // namespace

TestRegistry::TestRegistry(const std::vector<std::string>& options)
    : process_(command(root_, options)),
      port_(process_.first_line().substr(0, process_.first_line().find(' '))) {
  REQUIRE_FALSE(port_.empty());
}

std::vector<std::string> TestRegistry::requests() const {
  return read_lines(root_.path() / "log");
}

std::vector<std::string> TestRegistry::requests(
    const std::vector<std::string>& texts) const {
  std::vector<std::string> all = requests();
  std::erase_if(all, [&](const std::string& line) {
    return !std::all_of(texts.begin(), texts.end(), [&](const auto& text) {
      return line.find(text) != std::string::npos;
    });
  });
  return all;
}

TestClient::TestClient(const std::string& authority,
                       const std::optional<registry::Credential>& credential,
                       int fruitless_tries, std::chrono::seconds stall,
                       std::chrono::seconds document)
    : host({.name = authority,
            .authority = authority,
            .tls = {},
            .is_insecure = true},
           [this, credential] {
             ++lookups;
             return credential;
           },
           registry::Proxies(),
           {.connect = std::chrono::seconds(5),
            .stall = stall,
            .document = document,
            .fruitless_tries = fruitless_tries,
            .first_delay = std::chrono::milliseconds(1)}) {}

registry::Credential TestClient::ann() {
  registry::Credential ann;
  ann.user = "ann";
  ann.password = "secret";
  return ann;
}

base::Descriptor describe(std::string_view content) {
  base::Descriptor blob;
  blob.media_type = base::media_type::kOciLayerTar;
  blob.digest = base::Digest::of(content);
  blob.size_bytes = content.size();
  return blob;
}

std::string read_blob(const registry::Repository& from,
                      const base::Descriptor& blob,
                      const std::stop_token& stop) {
  const registry::BlobBytes read = from.open_blob(blob, stop);
  std::string all;
  std::array<std::byte, 10000> buffer;
  while (const std::size_t count = read(buffer.data(), buffer.size())) {
    all.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return all;
}

registry::MakeBlob make_blob(const std::string& content) {
  return [content](const std::function<void(std::string_view)>& sink) {
    constexpr std::size_t kPieceBytes = 100'000;
    for (std::size_t at = 0; at < content.size(); at += kPieceBytes) {
      sink(std::string_view(content).substr(at, kPieceBytes));
    }
  };
}

base::Descriptor push_blob(const registry::Repository& to,
                           const std::string& content) {
  return registry::BlobUpload(to, {}).run(describe(content),
                                          make_blob(content));
}

registry::Manifest make_manifest(const base::Descriptor& config,
                                 const std::string& more) {
  registry::Manifest manifest;
  manifest.bytes = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}",)"
      R"("digest":"{}","size":{}}},"layers":[]{}}})",
      base::media_type::kOciManifest, base::media_type::kOciConfig,
      config.digest.str(), config.size_bytes, more);
  manifest.descriptor = describe(manifest.bytes);
  manifest.descriptor.media_type = base::media_type::kOciManifest;
  return manifest;
}

std::string make_content(std::size_t size) {
  std::string text;
  for (std::size_t number = 0; text.size() < size; ++number) {
    text += std::to_string(number) + ' ';
  }
  text.resize(size);
  return text;
}

base::Error error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    return error;
  }
  FAIL("it went well");
  throw std::logic_error("unreachable");
}

}  // namespace tests
