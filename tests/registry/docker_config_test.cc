// What config.json and auth.json say of credentials.
#include "registry/docker_config.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/error.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
using registry::CredentialKey;
using registry::DockerConfig;

namespace {

// {"KEY": {"auth": base64 of VALUE}, …}
DockerConfig auths(
    std::initializer_list<std::pair<const char*, const char*>> entries) {
  auto document = nlohmann::ordered_json::object();
  for (const auto& [key, value] : entries) {
    document["auths"][key]["auth"] = base::encode_base64(value);
  }
  return {"config.json", document.dump()};
}

// "user:password" for a registry, or a repository of it; "none".
std::string found(const DockerConfig& config, const std::string& host,
                  const std::string& path = {}) {
  const auto credential = config.find({host, path});
  return credential ? credential->user + ":" + credential->password : "none";
}

std::string helper(const std::string& text, const std::string& host,
                   const std::string& path = {}) {
  const auto name = DockerConfig("config.json", text).find_helper({host, path});
  return name ? name->name + " " + name->server : "none";
}

}  // namespace

TEST_CASE("a registry is found by its name and by its address",
          "[credentials]") {
  for (const char* key :
       {"host:5000", "HOST:5000", "https://host:5000", "http://host:5000/",
        "https://host:5000/v1/", "host:5000/v2/", "https://host:5000/team"}) {
    INFO(key);
    CHECK(found(auths({{key, "u:p"}}), "host:5000") == "u:p");
    CHECK(found(auths({{key, "u:p"}}), "host:5000", "any/path") == "u:p");
    CHECK(found(auths({{key, "u:p"}}), "host") == "none");
    CHECK(found(auths({{key, "u:p"}}), "host:50001") == "none");
  }
}

TEST_CASE("all names of Docker Hub are one", "[credentials]") {
  for (const char* key :
       {"https://index.docker.io/v1/", "index.docker.io", "docker.io",
        "https://registry-1.docker.io", "https://docker.io/v1/"}) {
    INFO(key);
    CHECK(found(auths({{key, "u:p"}}), "docker.io", "library/x") == "u:p");
  }
}

TEST_CASE("the longest path that covers a repository counts", "[credentials]") {
  const auto config = auths({{"quay.io", "a:1"},
                             {"quay.io/team/app", "c:3"},
                             {"quay.io/team", "b:2"}});
  CHECK(found(config, "quay.io") == "a:1");
  CHECK(found(config, "quay.io", "other/app") == "a:1");
  CHECK(found(config, "quay.io", "team/tool") == "b:2");
  CHECK(found(config, "quay.io", "teams/app") == "a:1");
  CHECK(found(config, "quay.io", "team/app") == "c:3");
  CHECK(found(config, "quay.io", "team/app/deep") == "c:3");
  CHECK(found(auths({{"quay.io/team", "b:2"}}), "quay.io") == "none");
}

TEST_CASE("docker's spelling comes before others of the same registry",
          "[credentials]") {
  CHECK(found(auths({{"docker.io", "old:1"},
                     {"https://index.docker.io/v1/", "new:2"}}),
              "docker.io") == "new:2");
  CHECK(found(auths({{"https://host/v1/", "old:1"}, {"host", "new:2"}}),
              "host") == "new:2");
}

TEST_CASE("credentials are read in every form they are written in",
          "[credentials]") {
  const DockerConfig config("config.json", R"({"auths": {
    "a": {"username": "u", "password": "p:q"},
    "b": {"auth": "MDA6", "identitytoken": "refresh"},
    "c": {"registrytoken": "bearer"},
    "d": {"auth": "dTpwOnEAAA==", "email": "x@y"},
    "e": {}, "f": null}})");
  CHECK(found(config, "a") == "u:p:q");
  CHECK(found(config, "b") == "00:");
  CHECK(config.find({"b", {}})->identity_token == "refresh");
  CHECK(config.find({"c", {}})->registry_token == "bearer");
  CHECK(found(config, "d") == "u:p:q");
  CHECK(found(config, "e") == "none");
}

TEST_CASE("an empty file and one without credentials say nothing",
          "[credentials]") {
  for (const char* text : {"", " \n", "{}", R"({"auths": null})",
                           R"({"credsStore": "", "credHelpers": {}})"}) {
    const DockerConfig config("config.json", text);
    CHECK(found(config, "host") == "none");
    CHECK_FALSE(config.find_helper({"host", {}}));
  }
}

TEST_CASE("broken files are located and never quoted", "[credentials]") {
  const auto refuse = [](const char* text, const char* place) {
    INFO(text);
    CHECK_THROWS_MATCHES(found({"/x/config.json", text}, "host"), base::Error,
                         tests::HasKind(ErrorKind::invalid_input, place));
    CHECK_THROWS_WITH(found({"/x/config.json", text}, "host"),
                      !Contains("hunter2"));
  };
  refuse("{\"auths\": {\n  \"host\": {\"auth\": \"hunter2\" hunter2}}}",
         "/x/config.json:2:30: this is no JSON");
  refuse("[\"hunter2\"]", "/x/config.json:1:1: this is no JSON object");
  refuse("{\"auths\": {\"host\": {\"auth\": \"hunter2\"}}}",
         "\"auth\" of host is no base64");
  refuse("{\"auths\": {\"host\": {\"auth\": \"aHVudGVyMg==\"}}}",
         "\"auth\" of host is no base64 of \"user:password\"");
  refuse("{\"auths\": {\"host\": {\"password\": [\"hunter2\"]}}}",
         "\"password\" of host is no text");
  refuse("{\"auths\": [\"hunter2\"]}", "\"auths\" is no object");
  refuse(("{\"x\": " + std::string(1U << 20U, '[')).c_str(),
         "/x/config.json: nested more than 100 levels deep");
  // An entry of somebody else's does no harm.
  CHECK(found({"x", R"({"auths": {"other": 1, "host": {"auth": "dTpw"}}})"},
              "host") == "u:p");
}

TEST_CASE("a helper is chosen by registry, then for all", "[credentials]") {
  const char* const text = R"({"credsStore": "all", "credHelpers": {
    "quay.io": "q", "quay.io/team": "t", "none.io": "",
    "index.docker.io": "d"}})";
  CHECK(helper(text, "quay.io", "x") == "q quay.io");
  CHECK(helper(text, "quay.io", "team/x") == "t quay.io/team");
  CHECK(helper(text, "other.io") == "all other.io");
  CHECK(helper(text, "none.io") == "none");
  CHECK(helper(text, "docker.io") == "d https://index.docker.io/v1/");
  CHECK(helper("{}", "quay.io") == "none");
}

TEST_CASE("a change keeps all that belongs to others", "[credentials]") {
  DockerConfig config("config.json", R"({"zeta": 1, "psFormat": "a\u00e9",
    "auths": {"other": {"auth": "eDp5"},
              "host": {"auth": "b2xkOjE=", "email": "x@y",
                       "password": "old"}},
    "alpha": {"deep": [1.5, -3, true, null, 18446744073709551615]}})");
  config.set({"host", {}}, {"u", "p", {}, {}});
  CHECK(config.render() ==
        "{\n\t\"zeta\": 1,\n\t\"psFormat\": \"aé\",\n\t\"auths\": {\n"
        "\t\t\"other\": {\n\t\t\t\"auth\": \"eDp5\"\n\t\t},\n"
        "\t\t\"host\": {\n\t\t\t\"email\": \"x@y\",\n"
        "\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t},\n"
        "\t\"alpha\": {\n\t\t\"deep\": [\n\t\t\t1.5,\n\t\t\t-3,\n\t\t\ttrue,\n"
        "\t\t\tnull,\n\t\t\t18446744073709551615\n\t\t]\n\t}\n}\n");
}

TEST_CASE("what is set is found, and nothing after it is erased",
          "[credentials]") {
  DockerConfig config("config.json", "");
  config.set({"docker.io", {}}, {"u", "p", {}, {}});
  config.set({"host", {}}, {{}, {}, "token", {}});
  CHECK_THAT(config.render(), Contains("\"https://index.docker.io/v1/\""));
  DockerConfig again("config.json", config.render());
  CHECK(found(again, "docker.io") == "u:p");
  CHECK(again.find({"host", {}})->identity_token == "token");
  again.set({"host", {}}, {});
  CHECK_FALSE(again.find({"host", {}}));
  CHECK(again.erase({"docker.io", {}}));
  CHECK_FALSE(again.erase({"docker.io", {}}));
  CHECK(found(again, "docker.io") == "none");
}

TEST_CASE("erasing takes every spelling of a registry and no repositories",
          "[credentials]") {
  auto config = auths({{"https://host/v1/", "a:1"},
                       {"host", "b:2"},
                       {"host/team", "c:3"},
                       {"other", "d:4"}});
  CHECK(config.erase({"host", {}}));
  CHECK(found(config, "host") == "none");
  CHECK(found(config, "host", "team/x") == "c:3");
  CHECK(found(config, "other") == "d:4");
}
