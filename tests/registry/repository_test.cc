// What a client may ask of a repository, of registries good and bad.
#include "registry/repository.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <set>

#include "test_registry.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
using registry::Manifest;
using registry::Repository;
using tests::describe;
using tests::error_of;
using tests::make_content;
using tests::make_manifest;
using tests::push_blob;
using tests::read_blob;
using tests::TestClient;
using tests::TestRegistry;

namespace {

std::vector<std::string> tags_of(const Repository& repository) {
  std::vector<std::string> all;
  repository.list_tags([&](const std::string& tag) { all.push_back(tag); }, {});
  return all;
}

}  // namespace

TEST_CASE("a manifest comes back by tag and by digest", "[repository]") {
  const TestRegistry server;
  TestClient client(server.authority());
  const Repository to = client.repository();
  const Manifest pushed = make_manifest(push_blob(to, "{}"));
  to.put_manifest("v1", pushed, {});
  for (const std::string& reference :
       {std::string("v1"), pushed.descriptor.digest.str()}) {
    CAPTURE(reference);
    const Manifest pulled = to.get_manifest(reference, {});
    CHECK(pulled.bytes == pushed.bytes);
    CHECK(pulled.descriptor == pushed.descriptor);
    CHECK(to.find_manifest(reference, {}) == pushed.descriptor);
  }
  CHECK_FALSE(to.find_manifest("v2", {}));
  const base::Error error = error_of([&] { to.get_manifest("v2", {}); });
  CHECK(error.kind() == ErrorKind::not_found);
  CHECK_THAT(error.message(), Contains(server.authority()) &&
                                  Contains("says 404 Not Found: manifest "
                                           "unknown"));
}

TEST_CASE("what a reply to HEAD leaves out is found by asking for all",
          "[repository]") {
  for (const char* option : {"no-digest", "no-head-length"}) {
    CAPTURE(option);
    const TestRegistry server({option});
    TestClient client(server.authority());
    const Repository to = client.repository();
    const Manifest pushed = make_manifest(describe("{}"));
    to.put_manifest("v1", pushed, {});
    CHECK(to.find_manifest("v1", {}) == pushed.descriptor);
  }
}

TEST_CASE("blobs are found, read and missed", "[repository]") {
  const TestRegistry server;
  TestClient client(server.authority());
  const Repository to = client.repository();
  for (const std::size_t size : {0UL, 1UL, 100UL, 3'000'000UL}) {
    CAPTURE(size);
    const std::string content = make_content(size);
    CHECK_FALSE(to.has_blob(describe(content), {}));
    const base::Descriptor blob = push_blob(to, content);
    CHECK(to.has_blob(blob, {}));
    CHECK(read_blob(to, blob) == content);
  }
  const base::Descriptor none = describe("none");
  const base::Error error = error_of([&] { read_blob(to, none); });
  CHECK(error.kind() == ErrorKind::not_found);
  CHECK_THAT(error.message(), Contains(none.digest.brief()) &&
                                  Contains(server.authority()) &&
                                  Contains("blob unknown to registry"));
}

TEST_CASE("connections serve one request after the other", "[repository]") {
  const TestRegistry server;
  TestClient client(server.authority());
  const Repository to = client.repository();
  const Manifest pushed = make_manifest(push_blob(to, "{}"));
  to.put_manifest("v1", pushed, {});
  for (int i = 0; i < 20; ++i) {
    to.get_manifest("v1", {});
    to.find_manifest("v1", {});
    to.has_blob(describe("{}"), {});
    to.has_blob(describe("none"), {});
    CHECK_THROWS_AS(to.get_manifest("v2", {}), base::Error);
  }
  std::set<std::string> ports;
  for (const std::string& line : server.requests()) {
    ports.insert(line.substr(line.rfind("client=")));
  }
  CHECK(ports.size() == 1);
}

TEST_CASE("a blob that is cut goes on where it ended", "[repository]") {
  const std::string content = make_content(1'000'000);
  const TestRegistry server({"cut-blobs=3"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const base::Descriptor blob = push_blob(to, content);
  CHECK(read_blob(to, blob) == content);
  CHECK(server.requests({"registry GET", " 206 ", "Range=bytes="}).size() == 3);
  CHECK(server.requests({"Range=bytes=875000-"}).size() == 1);
}

TEST_CASE("a registry without ranges gives the rest from the start",
          "[repository]") {
  const std::string content = make_content(1'000'000);
  const TestRegistry server({"cut-blobs=2", "no-ranges"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const base::Descriptor blob = push_blob(to, content);
  CHECK(read_blob(to, blob) == content);
}

TEST_CASE("another part of a blob than was asked for is refused",
          "[repository]") {
  const TestRegistry server({"cut-blobs=1", "wrong-range"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const base::Descriptor blob = push_blob(to, make_content(1'000'000));
  const base::Error error = error_of([&] { read_blob(to, blob); });
  CHECK(error.kind() == ErrorKind::invalid_input);
  CHECK_THAT(error.message(), Contains("another part"));
}

TEST_CASE("a blob of another size is refused before it is read",
          "[repository]") {
  const TestRegistry server;
  TestClient client(server.authority());
  const Repository to = client.repository();
  base::Descriptor blob = push_blob(to, "some text");
  for (const std::uint64_t size : {8U, 10U}) {
    blob.size_bytes = size;
    CHECK_FALSE(to.has_blob(blob, {}));
    const base::Error error = error_of([&] { read_blob(to, blob); });
    CHECK(error.kind() == ErrorKind::corrupt);
    CHECK_THAT(error.message(),
               Contains(fmt::format("has 9 bytes, not {}", size)));
  }
}

TEST_CASE("a blob without an end is left", "[repository]") {
  const TestRegistry server({"endless"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const base::Descriptor blob = push_blob(to, make_content(200'000));
  const base::Error error = error_of([&] { read_blob(to, blob); });
  CHECK(error.kind() == ErrorKind::corrupt);
  CHECK_THAT(error.message(), Contains("more than 200000 bytes"));
}

TEST_CASE("a document that trickles has an end", "[repository]") {
  const TestRegistry server({"trickle"});
  TestClient client(server.authority(), {}, 8, std::chrono::seconds(60),
                    std::chrono::seconds(1));
  const Repository repository = client.repository();
  repository.put_manifest("1", make_manifest(describe("{}")), {});
  const base::Error error = error_of([&] { repository.get_manifest("1", {}); });
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK_THAT(error.message(), Contains(server.authority()) &&
                                  Contains("not whole after 1 second"));
}

TEST_CASE("a blob that comes too slowly is asked for again from there",
          "[repository]") {
  const TestRegistry server({"slow-blobs"});
  TestClient client(server.authority(), {}, 8, std::chrono::seconds(1));
  const Repository repository = client.repository();
  const std::string content = make_content(3000);
  CHECK(read_blob(repository, push_blob(repository, content)) == content);
  CHECK_FALSE(server.requests({" Range=bytes="}).empty());
}

TEST_CASE("a tag that is none is refused with the list", "[repository]") {
  const TestRegistry server;
  TestClient client(server.authority());
  int number = 0;
  for (const char* tag : {"a%0Ab", "%2Eb", "a%3F", "%E2%80%AEa", "a%20b"}) {
    CAPTURE(tag);
    const Repository repository =
        client.repository(fmt::format("team/{}", ++number));
    repository.put_manifest(tag, make_manifest(describe("{}")), {});
    CHECK_THROWS_MATCHES(repository.list_tags([](const auto&) {}, {}),
                         base::Error, tests::HasKind(ErrorKind::invalid_input));
  }
}

TEST_CASE("a manifest that is not there after all was not put",
          "[repository]") {
  const TestRegistry server({"yes"});
  TestClient client(server.authority());
  const base::Error error = error_of([&] {
    client.repository().put_manifest("1", make_manifest(describe("{}")), {});
  });
  CHECK_THAT(error.message(), Contains(server.authority()));
}

TEST_CASE("redirects of blobs are followed, but not for ever", "[repository]") {
  const TestRegistry loop({"loop"});
  TestClient client(loop.authority());
  const Repository to = client.repository();
  const base::Descriptor blob = push_blob(to, "some text");
  const base::Error error = error_of([&] { read_blob(to, blob); });
  CHECK(error.kind() == ErrorKind::invalid_input);
  CHECK_THAT(error.message(), Contains("redirects more than 10 times") &&
                                  Contains(loop.authority()) &&
                                  Contains(blob.digest.brief()));
}

TEST_CASE("tags come in pages", "[repository]") {
  for (const char* option : {"pages=1", "pages=3", "pages=100"}) {
    CAPTURE(option);
    const TestRegistry server({option});
    TestClient client(server.authority());
    const Repository to = client.repository();
    CHECK(tags_of(to).empty());
    for (const char* tag : {"a", "b", "c", "d"}) {
      to.put_manifest(tag, make_manifest(describe("{}")), {});
    }
    CHECK(tags_of(to) == std::vector<std::string>{"a", "b", "c", "d"});
  }
}

TEST_CASE("a list that leads in a circle is refused", "[repository]") {
  const TestRegistry server({"pages=1", "circle"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const Manifest image = make_manifest(describe("{}"));
  to.put_manifest("a", image, {});
  to.put_manifest("b", image, {});
  CHECK_THROWS_MATCHES(tags_of(to), base::Error,
                       tests::HasKind(ErrorKind::invalid_input));
  CHECK_THROWS_MATCHES(to.list_referrers(image.descriptor.digest, "", {}),
                       base::Error, tests::HasKind(ErrorKind::invalid_input));
}

TEST_CASE("referrers are listed by subject and type", "[repository]") {
  for (const char* option : {"pages=1", "pages=100"}) {
    const TestRegistry server({option});
    TestClient client(server.authority());
    const Repository to = client.repository();
    const Manifest image = make_manifest(describe("{}"));
    to.put_manifest("v1", image, {});
    const auto refer = [&](const std::string& type) {
      const Manifest one = make_manifest(
          describe("{}"),
          fmt::format(R"(,"artifactType":"{}","subject":{{"digest":"{}"}})",
                      type, image.descriptor.digest.str()));
      to.put_manifest(one.descriptor.digest.str(), one, {});
      return one.descriptor.digest;
    };
    const base::Digest signature = refer("application/signature");
    refer("application/sbom");
    CHECK(to.list_referrers(image.descriptor.digest, "", {}).size() == 2);
    const auto found =
        to.list_referrers(image.descriptor.digest, "application/signature", {});
    REQUIRE(found.size() == 1);
    CHECK(found[0].descriptor.digest == signature);
    CHECK(found[0].artifact_type == "application/signature");
    CHECK(to.list_referrers(signature, "", {}).empty());
  }
}

TEST_CASE("a tag stands in for referrers that a registry does not know",
          "[repository]") {
  const TestRegistry server({"no-referrers"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const Manifest image = make_manifest(describe("{}"));
  CHECK(to.list_referrers(image.descriptor.digest, "", {}).empty());
  Manifest index;
  index.bytes = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{{"mediaType":"{}",)"
      R"("digest":"{}","size":7,"artifactType":"application/sbom"}}]}})",
      base::media_type::kOciIndex, base::media_type::kOciManifest,
      base::Digest::of("sbom").str());
  index.descriptor = describe(index.bytes);
  index.descriptor.media_type = base::media_type::kOciIndex;
  to.put_manifest("sha256-" + image.descriptor.digest.hex(), index, {});
  const auto found = to.list_referrers(image.descriptor.digest, "", {});
  REQUIRE(found.size() == 1);
  CHECK(found[0].descriptor.digest == base::Digest::of("sbom"));
  CHECK(found[0].descriptor.size_bytes == 7);
}

TEST_CASE("manifests with a subject are listed where no registry does it",
          "[repository]") {
  const TestRegistry server({"no-referrers"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const Manifest image = make_manifest(describe("{}"));
  const auto refer = [&](const std::string& type) {
    return make_manifest(
        describe("{}"),
        fmt::format(R"(,"artifactType":"{}","annotations":{{"of":"{}"}},)"
                    R"("subject":{{"mediaType":"{}","digest":"{}","size":{}}})",
                    type, type, base::media_type::kOciManifest,
                    image.descriptor.digest.str(),
                    image.descriptor.size_bytes));
  };
  for (const char* type : {"test/one", "test/two", "test/one"}) {
    const Manifest manifest = refer(type);
    to.put_manifest(manifest.descriptor.digest.str(), manifest, {});
  }
  const auto found = to.list_referrers(image.descriptor.digest, "", {});
  REQUIRE(found.size() == 2);
  CHECK(found[0].descriptor.digest == refer("test/one").descriptor.digest);
  CHECK(found[1].artifact_type == "test/two");
  CHECK(found[1].descriptor.annotations.at("of") == "test/two");
  CHECK(to.list_referrers(image.descriptor.digest, "test/two", {}).size() == 1);

  const TestRegistry knowing;
  TestClient other(knowing.authority());
  const Manifest manifest = refer("test/one");
  other.repository().put_manifest("v1", manifest, {});
  CHECK(knowing.requests({"/manifests/sha256-"}).empty());
}

TEST_CASE("a deleted manifest is gone", "[repository]") {
  const TestRegistry server;
  TestClient client(server.authority());
  const Repository to = client.repository();
  const Manifest image = make_manifest(describe("{}"));
  to.put_manifest("v1", image, {});
  to.delete_manifest(image.descriptor.digest, {});
  CHECK_FALSE(to.find_manifest(image.descriptor.digest.str(), {}));
  CHECK_THROWS_MATCHES(to.delete_manifest(image.descriptor.digest, {}),
                       base::Error, tests::HasKind(ErrorKind::not_found));
}

TEST_CASE("a registry that asks for patience gets it", "[repository]") {
  using Clock = std::chrono::steady_clock;
  const TestRegistry server({"busy=2"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const auto start = Clock::now();
  CHECK_FALSE(to.find_manifest("v1", {}));
  CHECK(Clock::now() - start >= std::chrono::seconds(1));
}

TEST_CASE("a registry's own words reach the error, and no terminal's",
          "[repository]") {
  const TestRegistry server({"says=config is\x1b[2J missing"});
  TestClient client(server.authority());
  const base::Error error =
      error_of([&] { client.repository().get_manifest("v1", {}); });
  CHECK(error.kind() == ErrorKind::invalid_input);
  CHECK_THAT(error.message(), Contains(server.authority() +
                                       " says 400 Bad Request: config is [2J "
                                       "missing"));
}

TEST_CASE("who has to log in where is told by who refuses", "[repository]") {
  for (const auto& [status, hint] :
       {std::pair{"with=403", "strake login"},
        std::pair{"with=407", "http_proxy=http://NAME"}}) {
    const TestRegistry server({"says=no", status});
    TestClient client(server.authority());
    const base::Error error =
        error_of([&] { client.repository().get_manifest("v1", {}); });
    CHECK(error.kind() == ErrorKind::denied);
    CHECK_THAT(error.hint(), Contains(hint));
  }
}

TEST_CASE("a registry that is not there is named, with the tries",
          "[repository]") {
  TestClient client("127.0.0.1:1");
  const base::Error error =
      error_of([&] { client.repository().get_manifest("v1", {}); });
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK_THAT(error.message(),
             Contains("127.0.0.1") && Contains("tried 4 times"));
}
