// Which repositories registries have, and how each kind of them says so.
#include "registry/search.h"

#include <catch2/catch.hpp>

#include "registry/reference.h"
#include "test_registry.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
using registry::FoundRepository;
using tests::error_of;
using tests::TestClient;
using tests::TestRegistry;

namespace {

using Names = std::vector<std::string>;

void fill(TestClient& client) {
  const auto image = tests::make_manifest(tests::describe("{}"));
  for (const char* path :
       {"library/web", "team/web-app", "team/web-site", "team/shell"}) {
    client.repository(path).put_manifest("v1", image, {});
  }
  client.repository("team/web-app").put_manifest("v2", image, {});
}

Names names_of(const std::vector<FoundRepository>& all) {
  Names names;
  for (const FoundRepository& one : all) names.push_back(one.name);
  return names;
}

}  // namespace

TEST_CASE("an index tells what it finds by a word", "[search]") {
  const TestRegistry server({"index"});
  TestClient client(server.authority());
  fill(client);
  const auto found = registry::search(client.host, "web", 25, {});
  REQUIRE(names_of(found) == Names{"web", "team/web-app", "team/web-site"});
  CHECK(found[0].is_official);
  CHECK(found[1].stars == 2);
  CHECK_FALSE(found[1].is_official);
  CHECK_THAT(found[1].description, Contains("What team/web-app is about"));
  CHECK(registry::search(client.host, "web", 2, {}).size() == 2);
  CHECK(registry::search(client.host, "w&n=b %", 25, {}).empty());
  CHECK(server.requests({"q=w%26n%3Db%20%25&n=25"}).size() == 1);
  CHECK(server.requests({"_catalog"}).empty());
}

TEST_CASE("what nobody could pull is not found", "[search]") {
  for (const char* option : {"index", ""}) {
    const TestRegistry server({option});
    TestClient client(server.authority());
    fill(client);
    const auto image = tests::make_manifest(tests::describe("{}"));
    for (const char* path : {"team/web%1B%5B2J", "team/-web"}) {
      client.repository(path).put_manifest("v1", image, {});
    }
    CHECK(registry::search(client.host, "web", 25, {}).size() == 3);
  }
}

TEST_CASE("what has no index is searched in its catalog", "[search]") {
  for (const char* option : {"pages=1", "pages-for-people"}) {
    const TestRegistry server({option});
    TestClient client(server.authority());
    fill(client);
    const auto find = [&](const std::string& word, std::size_t most) {
      return names_of(registry::search(client.host, word, most, {}));
    };
    CHECK(find("web", 25) ==
          Names{"library/web", "team/web-app", "team/web-site"});
    CHECK(find("SHELL", 25) == Names{"team/shell"});
    CHECK(find("", 25).size() == 4);
    CHECK(find("none", 25).empty());
  }
}

TEST_CASE("no more pages are read than it takes", "[search]") {
  const TestRegistry server({"pages=1"});
  TestClient client(server.authority());
  fill(client);
  CHECK(names_of(registry::search(client.host, "web", 1, {})) ==
        Names{"library/web"});
  CHECK(server.requests({"_catalog"}).size() == 1);

  const TestRegistry endless({"pages=1", "circle"});
  TestClient other(endless.authority());
  fill(other);
  const base::Error error =
      error_of([&] { registry::search(other.host, "none", 25, {}); });
  CHECK_THAT(error.message(), Contains("never end"));
}

TEST_CASE("a registry that keeps its names to itself is told as that",
          "[search]") {
  for (const std::vector<std::string>& options :
       {Names{"no-catalog"}, Names{"no-catalog", "pages-for-people"}}) {
    const TestRegistry server(options);
    TestClient client(server.authority());
    const base::Error error =
        error_of([&] { registry::search(client.host, "web", 25, {}); });
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK_THAT(error.message(),
               Contains(server.authority() +
                        " can neither be searched nor does it list"));
  }
  const TestRegistry closed({"basic"});
  TestClient nobody(closed.authority());
  const base::Error error =
      error_of([&] { registry::search(nobody.host, "web", 25, {}); });
  CHECK(error.kind() == ErrorKind::denied);
  CHECK_THAT(error.message(),
             Contains("listing what " + closed.authority() + " has"));
  CHECK_THAT(error.hint(), Contains("strake login"));
}

TEST_CASE("docker.io is asked by its index alone", "[search]") {
  const TestRegistry server({"index", "busy=1"});
  const TestRegistry broken;
  const auto hub_at = [](const TestRegistry& at) {
    return registry::HostSettings{.name = registry::kHub,
                                  .authority = at.authority(),
                                  .tls = {},
                                  .is_insecure = true};
  };
  const auto nobody = [] { return std::nullopt; };
  registry::RegistryHost hub(hub_at(server), nobody, registry::Proxies(), {});
  CHECK(registry::search(hub, "web", 25, {}).empty());
  registry::RegistryHost other(hub_at(broken), nobody, registry::Proxies(), {});
  CHECK_THROWS_AS(registry::search(other, "web", 25, {}), base::Error);
  CHECK(broken.requests({"_catalog"}).empty());
}

TEST_CASE("a catalog is asked for with a token of its own", "[search]") {
  const TestRegistry server({"token"});
  TestClient client(server.authority(), TestClient::ann());
  fill(client);
  CHECK(registry::search(client.host, "shell", 25, {}).size() == 1);
  CHECK(server.requests({"other GET /token", "registry%3Acatalog%3A%2A"})
            .size() == 1);
}
