#include "registry/certs_d.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "tests/has_kind.h"

using base::ErrorKind;

namespace {

const std::string kCertificate =
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";

class Home {
 public:
  Home() {
    places.etc = root_.path() / "etc";
    places.home = root_.path() / "home";
    places.config = places.home / ".config";
  }
  std::filesystem::path write(const std::string& name,
                              const std::string& text = kCertificate) const {
    const auto path = root_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    base::replace_file(path, text);
    return path;
  }
  registry::TlsSettings read(const std::string& registry = "r.example") const {
    return registry::read_tls_settings(places, registry);
  }

  registry::ConfigPlaces places;

 private:
  base::TempDir root_;
};

}  // namespace

TEST_CASE("a registry without a directory of certificates has none",
          "[certs_d]") {
  const Home home;
  home.write("etc/docker/certs.d/other.example/ca.crt");
  CHECK(home.read() == registry::TlsSettings{});
}

TEST_CASE("all authorities of a registry's directory are believed",
          "[certs_d]") {
  const Home home;
  home.write("etc/docker/certs.d/r.example:5000/b.crt", kCertificate + "b");
  home.write("etc/docker/certs.d/r.example:5000/a.crt", kCertificate + "a");
  home.write("etc/docker/certs.d/r.example:5000/README", "not one");
  CHECK(home.read("r.example:5000").authorities ==
        kCertificate + "a\n" + kCertificate + "b\n");
  CHECK(home.read("r.example").authorities.empty());
}

TEST_CASE("a client certificate comes with the key of its name", "[certs_d]") {
  const Home home;
  const auto key = home.write("etc/docker/certs.d/r.example/me.key", "k");
  CHECK_THROWS_MATCHES(home.read(), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, "/me.cert"));
  const auto certificate = home.write("etc/docker/certs.d/r.example/me.cert");
  const registry::TlsSettings tls = home.read();
  CHECK(tls.certificate == certificate);
  CHECK(tls.key == key);
  CHECK(tls.verifies);
  std::filesystem::remove(key);
  CHECK_THROWS_MATCHES(home.read(), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, "/me.key"));
}

TEST_CASE("two client certificates leave open which one is meant",
          "[certs_d]") {
  const Home home;
  for (const char* name : {"a.cert", "a.key", "b.cert", "b.key"}) {
    home.write(std::string("etc/docker/certs.d/r.example/") + name);
  }
  CHECK_THROWS_MATCHES(home.read(), base::Error,
                       tests::HasKind(ErrorKind::unsupported, "b.cert"));
}

TEST_CASE("an authority that is no certificate is named", "[certs_d]") {
  const Home home;
  const auto path = home.write("etc/docker/certs.d/r.example/x.crt", "\x30");
  CHECK_THROWS_MATCHES(home.read(), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, path.string()));
}

TEST_CASE("the user's certificates stand in for the system's", "[certs_d]") {
  const Home home;
  std::string nearest;
  for (const char* place : {"etc/docker", "etc/containers", "home/.docker",
                            "home/.config/docker", "home/.config/containers"}) {
    nearest = kCertificate + place;
    home.write(std::string(place) + "/certs.d/r.example/ca.crt", nearest);
    CHECK(home.read().authorities == nearest + "\n");
  }
}
