// Blobs on their way to registries that cut, forget and refuse.
#include "registry/blob_upload.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <future>

#include "test_registry.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
using registry::BlobUpload;
using registry::Repository;
using tests::describe;
using tests::error_of;
using tests::make_blob;
using tests::make_content;
using tests::push_blob;
using tests::read_blob;
using tests::TestClient;
using tests::TestRegistry;

namespace {

// Its digest is known when all of it was sent.
base::Descriptor stream_blob(const Repository& to, const std::string& content) {
  return BlobUpload(to, {}).run(std::nullopt, make_blob(content));
}

using Push = base::Descriptor (*)(const Repository&, const std::string&);
constexpr Push kPushes[] = {&push_blob, &stream_blob};

}  // namespace

TEST_CASE("a blob goes up whole or as it is made", "[upload]") {
  for (const char* option : {"", "absolute", "query"}) {
    const TestRegistry server({option});
    TestClient client(server.authority());
    for (const std::size_t size : {0UL, 1UL, 100'000UL, 5'000'000UL}) {
      CAPTURE(option, size);
      const std::string content = make_content(size);
      for (const Push push : kPushes) {
        const Repository to = client.repository(
            fmt::format("{}/{}", push == &push_blob ? "whole" : "made", size));
        const base::Descriptor blob = push(to, content);
        CHECK(blob.digest == base::Digest::of(content));
        CHECK(blob.size_bytes == size);
        CHECK(read_blob(to, blob) == content);
      }
    }
  }
}

TEST_CASE("a blob whose digest is known goes up in one request", "[upload]") {
  const TestRegistry server;
  TestClient client(server.authority());
  push_blob(client.repository(), make_content(5'000'000));
  CHECK(server.requests({"registry PATCH"}).empty());
  CHECK(server.requests({"registry PUT", "Content-Length=5000000"}).size() ==
        1);
}

TEST_CASE("an upload that is cut goes on where the registry says", "[upload]") {
  for (const Push push : kPushes) {
    const TestRegistry server({"cut-uploads=3"});
    TestClient client(server.authority());
    const Repository to = client.repository();
    const std::string content = make_content(5'000'000);
    CHECK(read_blob(to, push(to, content)) == content);
    CHECK(server.requests({"registry POST"}).size() == 1);
    CHECK(server.requests({"registry GET", "/uploads/", " 204 "}).size() == 3);
  }
}

TEST_CASE("what keeps nothing of a cut upload gets chunks", "[upload]") {
  for (const Push push : kPushes) {
    for (const char* least : {"chunk-min=1", "chunk-min=9000000"}) {
      const TestRegistry server(
          {"cut-uploads=2", "cut-at=3000000", "forgets", least});
      TestClient client(server.authority());
      const Repository to = client.repository();
      const std::string content = make_content(20'000'000);
      CHECK(read_blob(to, push(to, content)) == content);
      CHECK(server.requests({"Content-Range="}).size() >= 2);
    }
  }
}

TEST_CASE("a chunk that is lost is sent again, and no other", "[upload]") {
  const TestRegistry server({"forgets", "cut-uploads=1", "cut-at=3000000"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  const std::string content = make_content(20'000'000);
  int made = 0;
  const auto blob = BlobUpload(to, {}).run(
      std::nullopt, [&](const std::function<void(std::string_view)>& sink) {
        ++made;
        make_blob(content)(sink);
      });
  CHECK(read_blob(to, blob) == content);
  CHECK(made == 2);
}

TEST_CASE("an upload that the registry has forgotten begins anew", "[upload]") {
  for (const Push push : kPushes) {
    const TestRegistry server({"loses=3"});
    TestClient client(server.authority());
    const Repository to = client.repository();
    const std::string content = make_content(300'000);
    CHECK(read_blob(to, push(to, content)) == content);
    CHECK(server.requests({"registry POST"}).size() == 4);
  }
}

TEST_CASE("a blob that arrived is not sent again when the reply is lost",
          "[upload]") {
  for (const Push push : kPushes) {
    const TestRegistry server({"lost-replies=1"});
    TestClient client(server.authority());
    const Repository to = client.repository();
    const std::string content = make_content(300'000);
    CHECK(read_blob(to, push(to, content)) == content);
    CHECK(server.requests({"registry POST"}).size() == 1);
  }
}

TEST_CASE("a registry may think about a blob for long", "[upload]") {
  const TestRegistry server({"thinks=8"});
  TestClient client(server.authority(), {}, 1, std::chrono::seconds(1));
  const Repository to = client.repository();
  // At once: it takes long.
  auto whole =
      std::async(std::launch::async, [&] { return push_blob(to, "whole"); });
  CHECK(read_blob(to, stream_blob(to, "made")) == "made");
  CHECK(read_blob(to, whole.get()) == "whole");
}

TEST_CASE("a blob is mounted from another repository", "[upload]") {
  const TestRegistry server;
  TestClient client(server.authority());
  const auto blob = push_blob(client.repository("team/base"), "some text");
  const Repository to = client.repository();
  CHECK(BlobUpload(to, {}).mount(blob, "team/base"));
  CHECK(read_blob(to, blob) == "some text");
}

TEST_CASE("what is not mounted is sent", "[upload]") {
  for (const char* option : {"no-mount", "mount-fails=404", "mount-fails=405",
                             "mount-fails=400", "mount-fails=403"}) {
    CAPTURE(option);
    const TestRegistry server({option});
    TestClient client(server.authority());
    const std::string content = "some text";
    const auto blob = push_blob(client.repository("team/base"), content);
    const Repository to = client.repository();
    BlobUpload upload(to, {});
    CHECK_FALSE(upload.mount(blob, "team/base"));
    CHECK(upload.run(blob, make_blob(content)) == blob);
    CHECK(read_blob(to, blob) == content);
  }
}

TEST_CASE("the upload that a registry begins in place of a mount is used",
          "[upload]") {
  const TestRegistry server({"no-mount"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  BlobUpload upload(to, {});
  CHECK_FALSE(upload.mount(describe("some text"), "team/base"));
  upload.run(describe("some text"), make_blob("some text"));
  CHECK(server.requests({"registry POST"}).size() == 1);
}

TEST_CASE("bytes that are not those promised never become a blob", "[upload]") {
  const TestRegistry server;
  TestClient client(server.authority());
  const Repository to = client.repository();
  const base::Descriptor promised = describe("some text");
  const base::Error error = error_of(
      [&] { BlobUpload(to, {}).run(promised, make_blob("other tex")); });
  CHECK(error.kind() == ErrorKind::corrupt);
  CHECK_THAT(error.message(), Contains(promised.digest.str()));
  CHECK_FALSE(to.has_blob(promised, {}));
  CHECK_FALSE(to.has_blob(describe("other tex"), {}));
}

TEST_CASE("what fails while a blob is made ends its upload", "[upload]") {
  const TestRegistry server;
  TestClient client(server.authority());
  const Repository to = client.repository();
  const base::Error error = error_of([&] {
    BlobUpload(to, {}).run(std::nullopt, [](const auto& sink) {
      sink("some");
      throw base::Error(ErrorKind::corrupt, "the layer is damaged");
    });
  });
  CHECK(error.message() == "the layer is damaged");
  CHECK(server.requests({"registry DELETE", "/uploads/", " 204 "}).size() == 1);
}

TEST_CASE("an upload tells how far it is", "[upload]") {
  const TestRegistry server({"cut-uploads=1"});
  TestClient client(server.authority());
  const Repository to = client.repository();
  std::uint64_t last = 0;
  BlobUpload upload(to, {}, [&](std::uint64_t bytes) { last = bytes; });
  upload.run(std::nullopt, make_blob(make_content(1'000'000)));
  CHECK(last == 1'000'000);
}

TEST_CASE("an upload that never comes through says what was tried",
          "[upload]") {
  for (const Push push : kPushes) {
    for (const char* option : {"", "forgets"}) {
      const TestRegistry server({"cut-uploads=1000", "cut-at=500000", option});
      TestClient client(server.authority());
      const Repository to = client.repository();
      const base::Error error =
          error_of([&] { push(to, make_content(41'000'000)); });
      CHECK(error.kind() == ErrorKind::unavailable);
      CHECK_THAT(error.message(), Contains(server.authority()) &&
                                      Catch::Matches(".*\\(tried [0-9]+ "
                                                     "times\\)"));
    }
  }
}

TEST_CASE("what a registry says it has received is not believed for long",
          "[upload]") {
  for (const char* range :
       {"0-0", "0-10", "0-4999999", "0-99999999", "7-3",
        "0-9999999999999999999", "0-18446744073709551615", "bytes", "-1--1"}) {
    for (const Push push : kPushes) {
      CAPTURE(range, push == &push_blob);
      const TestRegistry server(
          {"cut-uploads=1", fmt::format("says-range={}", range)});
      TestClient client(server.authority());
      const Repository to = client.repository();
      const std::string content = make_content(5'000'000);
      CHECK(read_blob(to, push(to, content)) == content);
    }
  }
}

TEST_CASE("an upload goes with its body to where it is sent", "[upload]") {
  for (const char* option : {"moves=307", "moves=308"}) {
    const TestRegistry server({option, "basic", "cut-uploads=1"});
    TestClient client(server.authority(), TestClient::ann());
    const Repository to = client.repository();
    for (const Push push : kPushes) {
      // What fits into buffers is sent before the answer comes.
      for (const std::size_t size : {10UL, 5'000'000UL}) {
        CAPTURE(option, size);
        const std::string content =
            make_content(size) + (push == &push_blob ? "whole" : "made");
        CHECK(read_blob(to, push(to, content)) == content);
      }
    }
    CHECK_FALSE(server.requests({"other P"}).empty());
    CHECK(server.requests({"other ", "Authorization="}).empty());
  }
}

TEST_CASE("a body follows no redirect that does not ask for it", "[upload]") {
  const TestRegistry server({"moves=302"});
  TestClient client(server.authority());
  const base::Error error =
      error_of([&] { push_blob(client.repository(), "some text"); });
  CHECK(error.kind() == ErrorKind::invalid_input);
  CHECK_THAT(error.message(), Contains("302") && Contains("does not follow"));
}

TEST_CASE("a stop ends an upload", "[upload]") {
  const TestRegistry server;
  TestClient client(server.authority());
  const Repository to = client.repository();
  std::stop_source stop;
  BlobUpload upload(to, stop.get_token());
  const auto make = [&](const std::function<void(std::string_view)>& sink) {
    sink("some");
    stop.request_stop();
    sink("text");
  };
  CHECK_THROWS_MATCHES(upload.run(std::nullopt, make), base::Error,
                       tests::HasKind(ErrorKind::cancelled));
}
