// Hundreds of requests to docker-registry by a way that fails now and then: all
// arrive. By one that lies: none is believed.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "registry/blob_upload.h"
#include "test_registry.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using registry::BlobUpload;
using registry::Manifest;
using registry::Repository;
using tests::describe;
using tests::error_of;
using tests::make_blob;
using tests::make_content;
using tests::make_manifest;
using tests::push_blob;
using tests::read_blob;
using tests::TestClient;

namespace {

constexpr int kImages = 40;

class DockerRegistry {
 public:
  std::string authority() const { return "127.0.0.1:" + process_.first_line(); }

 private:
  base::TempDir root_;
  tests::ServerProcess process_{
      {"python3", DOCKER_REGISTRY, root_.path().native()}};
};

class FaultyProxy {
 public:
  FaultyProxy(const std::string& upstream, std::vector<std::string> options)
      : process_([&] {
          options.insert(options.begin(), {"python3", FAULTY_PROXY, upstream,
                                           (root_.path() / "log").native()});
          return options;
        }()) {}
  std::string authority() const { return "127.0.0.1:" + process_.first_line(); }
  std::size_t count(const std::string& what) const {
    std::size_t number = 0;
    for (const std::string& line : tests::read_lines(root_.path() / "log")) {
      number += line.ends_with(what) ? 1 : 0;
    }
    return number;
  }

 private:
  base::TempDir root_;
  tests::ServerProcess process_;
};

// Of the sizes that layers and configurations have: of some bytes to some MB.
std::string content_of(int image) {
  constexpr std::size_t kSizes[] = {1, 700, 30'000, 300'000, 1'500'000};
  return fmt::format("{}: ", image) +
         make_content(kSizes[static_cast<std::size_t>(image) % 5]);
}

}  // namespace

TEST_CASE("images come through where every fifth request fails",
          "[faults][docker-registry]") {
  const DockerRegistry server;
  const FaultyProxy proxy(server.authority(), {"rate=0.2", "seed=1"});
  TestClient client(proxy.authority());
  const Repository to = client.repository();
  for (int image = 0; image < kImages; ++image) {
    CAPTURE(image);
    const std::string content = content_of(image);
    const auto known =
        image % 2 == 0 ? std::optional(describe(content)) : std::nullopt;
    base::Descriptor blob = BlobUpload(to, {}).run(known, make_blob(content));
    const Manifest pushed = make_manifest(blob);
    const std::string tag = fmt::format("v{}", image);
    to.put_manifest(tag, pushed, {});
    CHECK(to.find_manifest(tag, {}) == pushed.descriptor);
    CHECK(to.get_manifest(tag, {}).bytes == pushed.bytes);
    CHECK(read_blob(to, blob) == content);
  }
  int tags = 0;
  to.list_tags([&](const std::string&) { ++tags; }, {});
  CHECK(tags == kImages);
  CHECK(proxy.count(" nothing") > 5 * kImages);
  CHECK(proxy.count(" cut-request") + proxy.count(" cut-reply") > kImages / 4);
}

TEST_CASE("lies about blobs and manifests are refused",
          "[faults][docker-registry]") {
  const DockerRegistry server;
  TestClient honest(server.authority());
  const Repository to = honest.repository();
  std::vector<Manifest> manifests;
  for (int image = 0; image < kImages; ++image) {
    manifests.push_back(make_manifest(push_blob(to, content_of(image))));
    to.put_manifest(fmt::format("v{}", image), manifests.back(), {});
  }
  const FaultyProxy blobs(
      server.authority(),
      {"rate=1", "lies=short,long,bytes,self,elsewhere,loop"});
  const FaultyProxy documents(
      server.authority(),
      {"rate=1",
       "lies=short,long,digest,bytes,type,self,elsewhere,loop,truncated"});
  TestClient of_blobs(blobs.authority(), {}, 2);
  TestClient of_documents(documents.authority(), {}, 2);
  for (int image = 0; image < kImages; ++image) {
    CAPTURE(image);
    const std::string content = content_of(image);
    std::string got;
    try {
      got = read_blob(of_blobs.repository(), describe(content));
    } catch (const base::Error& error) {
      CHECK(error.message().find("127.0.0.1") != std::string::npos);
    }
    CHECK(got != content);
    CHECK(base::Digest::of(got) != base::Digest::of(content));
    const Manifest& manifest = manifests[static_cast<std::size_t>(image)];
    const std::string reference = image % 2 == 0
                                      ? fmt::format("v{}", image)
                                      : manifest.descriptor.digest.str();
    const base::Error error = error_of(
        [&] { of_documents.repository().get_manifest(reference, {}); });
    CAPTURE(error.message());
    const bool is_right_kind = error.kind() == ErrorKind::corrupt ||
                               error.kind() == ErrorKind::invalid_input ||
                               error.kind() == ErrorKind::unavailable;
    CHECK(is_right_kind);
  }
}
