// Who is told what: credentials, tokens and their scopes.
#include "registry/authenticator.h"

#include <catch2/catch.hpp>

#include "test_registry.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
using registry::BlobUpload;
using registry::Credential;
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

TEST_CASE("challenges are read as servers write them", "[auth]") {
  const auto all = registry::parse_challenges(
      "Basic realm=\"a \\\"b\\\"\", , BEARER Realm = \"https://x/t\" , "
      "service=reg,scope=\"repository:a:pull,push\", Negotiate, "
      "NTLM TlRMTQ==");
  REQUIRE(all.size() == 4);
  CHECK(all[0].scheme == "basic");
  CHECK(all[0].parameters.at("realm") == "a \"b\"");
  CHECK(all[1].scheme == "bearer");
  CHECK(all[1].parameters.at("realm") == "https://x/t");
  CHECK(all[1].parameters.at("service") == "reg");
  CHECK(all[1].parameters.at("scope") == "repository:a:pull,push");
  CHECK(all[2].scheme == "negotiate");
  CHECK(registry::parse_challenges("").empty());
  CHECK(registry::parse_challenges("\"\" = ,").empty());
}

TEST_CASE("credentials are looked up when a registry asks for them", "[auth]") {
  const TestRegistry open;
  TestClient stranger(open.authority(), TestClient::ann());
  push_blob(stranger.repository(), "some text");
  CHECK(stranger.lookups == 0);
  CHECK(open.requests({"Authorization"}).empty());

  const TestRegistry closed({"basic"});
  TestClient ann(closed.authority(), TestClient::ann());
  const auto blob = push_blob(ann.repository(), "some text");
  CHECK(read_blob(ann.repository(), blob) == "some text");
  CHECK(ann.lookups == 1);
  CHECK(closed.requests({"/blobs/", " 401 "}).size() == 1);
}

TEST_CASE("what comes with a 401 may be of any length", "[auth]") {
  for (const char* option : {"basic", "token"}) {
    const TestRegistry server({option, "bulky"});
    TestClient ann(server.authority(), TestClient::ann());
    const auto blob = push_blob(ann.repository(), "some text");
    CHECK(read_blob(ann.repository(), blob) == "some text");
  }
}

TEST_CASE("who has no credentials, or wrong ones, is told so", "[auth]") {
  for (const char* option : {"basic", "token"}) {
    const TestRegistry server({option});
    Credential wrong = TestClient::ann();
    wrong.password = "guess";
    TestClient nobody(server.authority());
    TestClient liar(server.authority(), wrong);
    for (TestClient* client : {&nobody, &liar}) {
      const base::Error error =
          error_of([&] { push_blob(client->repository("secret/app"), "x"); });
      CHECK(error.kind() == ErrorKind::denied);
      CHECK_THAT(error.message(), Contains(server.authority()));
      CHECK(error.hint() ==
            "\"strake login " + server.authority() + "\" tells it who you are");
      CHECK(error.message().find("guess") == std::string::npos);
    }
  }
}

TEST_CASE("why credentials cannot be read is said at each request", "[auth]") {
  const TestRegistry server({"basic"});
  registry::RegistryHost host({.name = server.authority(),
                               .authority = server.authority(),
                               .tls = {},
                               .is_insecure = true},
                              []() -> std::optional<Credential> {
                                throw base::Error(ErrorKind::denied,
                                                  "the helper is locked");
                              },
                              registry::Proxies(), {});
  const Repository repository(host, "team/app");
  for (int i = 0; i < 2; ++i) {
    const base::Error error =
        error_of([&] { repository.get_manifest("v1", {}); });
    CHECK_THAT(error.message(), Contains("the helper is locked"));
  }
}

TEST_CASE("a token is got for what is asked, and kept", "[auth]") {
  const TestRegistry server({"token"});
  TestClient client(server.authority(), TestClient::ann());
  const Repository to = client.repository();
  const auto blob = push_blob(to, "some text");
  for (int i = 0; i < 3; ++i) CHECK(read_blob(to, blob) == "some text");
  const auto asked = server.requests({"other GET /token"});
  REQUIRE(asked.size() == 2);
  CHECK_THAT(asked[0],
             Contains("service=test-registry") && Contains("account=ann") &&
                 Contains("scope=repository%3Ateam%2Fapp%3Apull%2Cpush"));
  CHECK_THAT(asked[1], Contains("scope=repository%3Ateam%2Fapp%3Apull&"));
}

TEST_CASE("a token for one repository asks for no other", "[auth]") {
  const TestRegistry server({"token"});
  TestClient client(server.authority(), TestClient::ann());
  push_blob(client.repository("team/one"), "some text");
  push_blob(client.repository("team/two"), "some text");
  for (const std::string& line : server.requests({"other GET /token"})) {
    const bool has_both =
        line.find("one") != line.npos && line.find("two") != line.npos;
    CHECK_FALSE(has_both);
  }
}

TEST_CASE("a mount has a token for both repositories", "[auth]") {
  const TestRegistry server({"token"});
  TestClient client(server.authority(), TestClient::ann());
  const auto blob = push_blob(client.repository("team/base"), "some text");
  const Repository to = client.repository();
  CHECK(BlobUpload(to, {}).mount(blob, "team/base"));
  CHECK(server
            .requests({"other GET /token", "team%2Fbase%3Apull",
                       "team%2Fapp%3Apull%2Cpush"})
            .size() == 1);
}

TEST_CASE("a stranger may pull what is public", "[auth]") {
  const TestRegistry server({"token"});
  TestClient ann(server.authority(), TestClient::ann());
  TestClient stranger(server.authority());
  const auto blob = push_blob(ann.repository(), "some text");
  CHECK(read_blob(stranger.repository(), blob) == "some text");
  CHECK(server.requests({"other GET /token", "Authorization"}).size() == 1);
}

TEST_CASE("a refresh token is exchanged and told to nobody else", "[auth]") {
  const TestRegistry server({"token"});
  Credential credential;
  credential.identity_token = "refresh-ann";
  TestClient client(server.authority(), credential);
  push_blob(client.repository(), "some text");
  CHECK(server.requests({"other POST /token"}).size() == 1);
  CHECK(server.requests({"refresh-ann"}).empty());
}

TEST_CASE("a token that has run out is renewed, in mid-upload as well",
          "[auth]") {
  for (const char* option :
       {"token-uses=1", "token-uses=2", "token-uses=3", "token-lasts=1"}) {
    CAPTURE(option);
    const TestRegistry server({"token", option, "cut-uploads=1", "forgets"});
    TestClient client(server.authority(), TestClient::ann());
    const Repository to = client.repository();
    const std::string content = make_content(20'000'000);
    CHECK(read_blob(to, push_blob(to, content)) == content);
    const auto image = make_manifest(describe(content));
    to.put_manifest("v1", image, {});
    CHECK(to.get_manifest("v1", {}).bytes == image.bytes);
  }
}

TEST_CASE("a refused token is not tried for ever", "[auth]") {
  const TestRegistry server({"token", "same-token"});
  TestClient client(server.authority());
  const base::Error error =
      error_of([&] { push_blob(client.repository(), "x"); });
  CHECK(error.kind() == ErrorKind::denied);
  CHECK(server.requests({"other GET /token"}).size() <= 2);
}

TEST_CASE("a busy token service is asked again, and named in the end",
          "[auth]") {
  const TestRegistry server({"token", "token-busy=1"});
  TestClient client(server.authority(), TestClient::ann());
  push_blob(client.repository(), "some text");

  const TestRegistry never({"token", "token-busy=1000"});
  TestClient other(never.authority(), TestClient::ann(), 2);
  const base::Error error =
      error_of([&] { push_blob(other.repository(), "some text"); });
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK_THAT(error.message(), Contains(never.authority()) &&
                                  Contains("its token service") &&
                                  Contains("says 503"));
}

TEST_CASE("a token service may lead to another, which is not told who asks",
          "[auth]") {
  const TestRegistry own({"token", "token-moves=own"});
  TestClient ann(own.authority(), TestClient::ann());
  push_blob(ann.repository("secret/app"), "some text");
  CHECK_FALSE(own.requests({"other GET /moved", "Authorization"}).empty());

  // A stranger there, who may not push.
  const TestRegistry others({"token", "token-moves=registry"});
  TestClient known(others.authority(), TestClient::ann());
  const base::Error error =
      error_of([&] { push_blob(known.repository(), "some text"); });
  CHECK(error.kind() == ErrorKind::denied);
  CHECK_FALSE(others.requests({"other GET /token", "Authorization"}).empty());
  CHECK_FALSE(others.requests({"registry GET /moved"}).empty());
  CHECK(others.requests({"registry GET /moved", "Authorization"}).empty());

  const TestRegistry circle({"token", "token-moves=circle"});
  TestClient dizzy(circle.authority());
  CHECK_THAT(error_of([&] { push_blob(dizzy.repository(), "x"); }).message(),
             Contains("its token service") && Contains("says 307"));
  CHECK(circle.requests({"other GET /token"}).size() == 11);
}

TEST_CASE("a refresh token is not sent on", "[auth]") {
  const TestRegistry server({"token", "token-moves=own"});
  Credential credential;
  credential.identity_token = "refresh-ann";
  TestClient client(server.authority(), credential);
  CHECK_THAT(error_of([&] { push_blob(client.repository(), "x"); }).message(),
             Contains("its token service") && Contains("says 307"));
  CHECK(server.requests({"/moved"}).empty());
}

TEST_CASE("where blobs are kept elsewhere, no credentials go there", "[auth]") {
  for (const char* option : {"basic", "token"}) {
    const TestRegistry server({option, "redirect", "cut-blobs=1"});
    TestClient client(server.authority(), TestClient::ann());
    const Repository to = client.repository();
    const std::string content = make_content(500'000);
    CHECK(read_blob(to, push_blob(to, content)) == content);
    CHECK(server.requests({"other GET /storage/"}).size() == 2);
    CHECK(server.requests({"other GET /storage/", "Authorization"}).empty());
  }
}
