// Registries that would take a request, were it smaller or later.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "test_registry.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
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
using tests::TestRegistry;

TEST_CASE("a blob that is too large for one request goes up in several",
          "[refusals]") {
  const int most = GENERATE(1 << 20, 3 << 20, 9 << 20);
  const bool is_known = GENERATE(true, false);
  // A build cache's patience.
  const int fruitless_tries = 3;
  CAPTURE(most, is_known);
  const TestRegistry server({fmt::format("most-body={}", most)});
  TestClient client(server.authority(), {}, fruitless_tries);
  const Repository to = client.repository();
  const std::string content = make_content(10'000'000);
  const auto known = is_known ? std::optional(describe(content)) : std::nullopt;
  const base::Descriptor sent =
      BlobUpload(to, {}).run(known, make_blob(content));
  CHECK(sent.digest == describe(content).digest);
  CHECK(read_blob(to, describe(content)) == content);
  CHECK_FALSE(server.requests({" 413"}).empty());
}

TEST_CASE("what is too large for any request says what to raise",
          "[refusals]") {
  const TestRegistry server({"most-body=100"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const std::string content = make_content(3'000'000);
  const bool is_known = GENERATE(true, false);
  const auto known = is_known ? std::optional(describe(content)) : std::nullopt;
  const base::Error blob =
      error_of([&] { BlobUpload(to, {}).run(known, make_blob(content)); });
  const Manifest large = make_manifest(
      describe("{}"), R"("annotations": {)" +
                          fmt::format(R"("a": "{}"}})", std::string(200, 'x')));
  const base::Error manifest =
      error_of([&] { to.put_manifest("v1", large, {}); });
  for (const base::Error& error : {blob, manifest}) {
    CHECK(error.kind() == ErrorKind::invalid_input);
    CHECK_THAT(error.message(), Contains(server.authority() + " says 413"));
    CHECK_THAT(error.hint(), Contains("client_max_body_size"));
  }
  // The whole of it, a chunk or two, and the manifest.
  CHECK(server.requests({" 413"}).size() <= 4);
}

// The server refuses for good who comes back too early.
TEST_CASE("a registry that says when to come back is asked then, not before",
          "[refusals]") {
  const std::string form = GENERATE("dated", "in-seconds");
  CAPTURE(form);
  const std::vector<std::string> words = {"busy=1", "busy-for=2", form};
  const std::string content = "some bytes";
  SECTION("when a blob is sent") {
    const TestRegistry server(words);
    TestClient client(server.authority());
    CHECK(push_blob(client.repository(), content).digest ==
          describe(content).digest);
    CHECK(server.requests({" 429"}).size() == 1);
  }
  SECTION("when a manifest is sent, asked for and got") {
    const TestRegistry server(words);
    TestClient client(server.authority());
    const Repository to = client.repository();
    const Manifest image = make_manifest(describe("{}"));
    to.put_manifest("v1", image, {});
    CHECK(to.find_manifest("v1", {}) == image.descriptor);
    CHECK(server.requests({" 429"}).size() == 1);
  }
  SECTION("when something is asked for") {
    const TestRegistry server(words);
    TestClient client(server.authority());
    CHECK_FALSE(client.repository().find_manifest("v1", {}));
    CHECK(server.requests({" 429"}).size() == 1);
  }
  SECTION("when a blob is read") {
    const TestRegistry server(words);
    TestClient client(server.authority());
    CHECK_THROWS_MATCHES(read_blob(client.repository(), describe(content)),
                         base::Error, tests::HasKind(ErrorKind::not_found));
    CHECK(server.requests({" 429"}).size() == 1);
  }
}

TEST_CASE("who is to come back when nobody waits any more is told when",
          "[refusals]") {
  const std::string form = GENERATE("dated", "in-seconds");
  const TestRegistry server({"busy=1000", "busy-for=3600", form});
  TestClient client(server.authority());
  const base::Error error =
      error_of([&] { client.repository().get_manifest("v1", {}); });
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK_THAT(error.message(), Contains("says 429"));
  CHECK_THAT(error.hint(), Contains("it asks not to be asked for 3"));
  CHECK(server.requests({" 429"}).size() == 1);
}
