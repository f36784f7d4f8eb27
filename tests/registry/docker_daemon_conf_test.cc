#include "registry/docker_daemon_conf.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using registry::is_loopback;

namespace {

class Home {
 public:
  Home() {
    places.etc = root_.path();
    std::filesystem::create_directory(root_.path() / "docker");
  }
  registry::DockerDaemonConf read(const std::string& text) const {
    base::replace_file(root_.path() / "docker/daemon.json", text);
    return registry::read_docker_daemon_conf(places);
  }

  registry::ConfigPlaces places;

 private:
  base::TempDir root_;
};

}  // namespace

TEST_CASE("the mirrors of Docker's daemon are docker.io's", "[docker_conf]") {
  const Home home;
  CHECK_FALSE(registry::read_docker_daemon_conf(home.places).hub);
  const auto conf = home.read(R"({"registry-mirrors": [
      "https://m.example/", "http://n.example:5000", "http://near",
      "https://o.example/path", "ftp://p.example", ""]})");
  REQUIRE(conf.hub);
  const auto wanted = registry::parse_reference("debian:12");
  std::string places;
  for (const auto& mirror : conf.hub->mirrors) {
    places += conf.hub->rewrite(wanted, mirror).full();
    places += mirror.is_insecure ? " insecure\n" : "\n";
  }
  CHECK(places ==
        "m.example/library/debian:12\n"
        "n.example:5000/library/debian:12 insecure\n"
        "near:80/library/debian:12 insecure\n");
}

TEST_CASE("insecure registries are hosts with their port or address blocks",
          "[docker_conf]") {
  const auto conf = Home().read(R"({"insecure-registries": [
      "a.example:5000", "http://b.example", "10.1.0.0/17", "fd00::/8"]})");
  CHECK_FALSE(conf.hub);
  for (const char* host : {"a.example:5000", "b.example", "10.1.127.255",
                           "10.1.0.0:5000", "[fd12::1]:5000"}) {
    INFO(host);
    CHECK(conf.is_insecure(host));
  }
  for (const char* host : {"a.example", "10.1.128.0", "10.2.0.1:5000",
                           "[fe80::1]", "127.0.0.1", "[::ffff:10.2.0.1]"}) {
    INFO(host);
    CHECK_FALSE(conf.is_insecure(host));
  }
  CHECK(conf.is_insecure("[::ffff:10.1.0.1]"));
}

TEST_CASE("a name is insecure by the addresses it has", "[docker_conf]") {
  const auto conf =
      Home().read(R"({"insecure-registries": ["127.0.0.0/8", "::1/128"]})");
  CHECK(conf.is_insecure("localhost:5000"));
  CHECK_FALSE(conf.is_insecure("nobody.invalid"));
}

TEST_CASE("a daemon.json that makes no sense is named", "[docker_conf]") {
  const Home home;
  CHECK_THROWS_MATCHES(
      home.read("{\n\"registry-mirrors\": [,]\n}"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "docker/daemon.json:2: "));
  CHECK_THROWS_MATCHES(
      home.read(R"({"insecure-registries": "x"})"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "\"insecure-registries\""));
  CHECK_THROWS_MATCHES(home.read("[]"), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, "an object"));
  CHECK_FALSE(home.read("").hub);
}

TEST_CASE("this machine is known by its spelling", "[docker_conf]") {
  for (const char* host :
       {"localhost", "127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"}) {
    INFO(host);
    CHECK(is_loopback(host));
  }
  for (const char* host : {"128.0.0.1", "127.0.0.1.example", "::2", "example",
                           "localhost.example", "127.1"}) {
    INFO(host);
    CHECK_FALSE(is_loopback(host));
  }
  CHECK(registry::host_of("[::1]:5000") == "::1");
  CHECK(registry::host_of("[::1]") == "::1");
  CHECK(registry::host_of("a.example:5000") == "a.example");
}

TEST_CASE("what is no block of addresses is none", "[docker_conf]") {
  for (const char* text :
       {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "/8", "::/129", "10.0.0.0/8x",
        "a.example/8", "10.0.0.0/-1"}) {
    INFO(text);
    CHECK_FALSE(registry::IpRange::find_in(text));
  }
  const auto all = registry::IpRange::find_in("0.0.0.0/0");
  REQUIRE(all);
  CHECK(all->contains(*registry::IpAddress::find_in("255.1.2.3")));
  CHECK_FALSE(all->contains(*registry::IpAddress::find_in("::1")));
}
