#include "registry/registries.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "credential_scripts.h"
#include "http_server.h"
#include "test_registry.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using registry::parse_reference;
using registry::Registries;

namespace {

class Home {
 public:
  // Once its files are written.
  Registries& registries() {
    if (!registries_) {
      options.places = registry::ConfigPlaces();
      options.places.etc = root_.path();
      registries_ = std::make_unique<Registries>(options);
    }
    return *registries_;
  }
  void conf(const std::string& text) const {
    write("containers/registries.conf", text);
  }
  void write(const std::string& name, const std::string& text) const {
    const auto path = root_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    base::replace_file(path, text);
  }
  // "authority/path reference" of each, "!" in front of those that may be
  // without TLS.
  std::string pull(const std::string& name) {
    std::string text;
    const auto sources = registries().pull_sources(parse_reference(name));
    for (const auto& source : sources.list()) {
      text += describe(source.repository) + " " + source.reference + "\n";
    }
    return text;
  }
  std::string push(const std::string& name) {
    return describe(registries().push_target(parse_reference(name)));
  }
  std::string candidates(const std::string& written) {
    std::string text;
    for (const auto& it : registries().find_candidates(written)) {
      text += it.full() + "\n";
    }
    return text;
  }

  registry::RegistriesOptions options;

 private:
  static std::string describe(const registry::Repository& repository) {
    const auto& settings = repository.host().settings();
    return (settings.is_insecure ? "!" : "") + settings.authority + "/" +
           repository.path();
  }
  base::TempDir root_;
  std::unique_ptr<Registries> registries_;
};

const std::string kMirrored =
    "[[registry]]\nprefix = \"a.example/team\"\nlocation = \"b.example/t\"\n"
    "insecure = true\n"
    "[[registry.mirror]]\nlocation = \"m1.example/copies\"\n"
    "[[registry.mirror]]\nlocation = \"m2.example\"\ninsecure = true\n"
    "pull-from-mirror = \"digest-only\"\n";

}  // namespace

TEST_CASE("without settings an image is where its name says", "[registries]") {
  Home home;
  CHECK(home.pull("debian:12") == "registry-1.docker.io/library/debian 12\n");
  CHECK(home.pull("r.example:5000/team/app") ==
        "r.example:5000/team/app latest\n");
  const std::string digest = base::Digest::of("x").str();
  CHECK(home.pull("r.example/x:1@" + digest) == "r.example/x " + digest + "\n");
  CHECK(home.push("team/app") == "registry-1.docker.io/team/app");
  const auto docker = home.registries().settings_of("docker.io");
  CHECK(docker.name == "docker.io");
  CHECK(docker.authority == "registry-1.docker.io");
}

TEST_CASE("this machine may be without TLS unasked", "[registries]") {
  Home home;
  CHECK(home.pull("localhost:5000/x") == "!localhost:5000/x latest\n");
  CHECK(home.pull("127.0.0.1:5000/x") == "!127.0.0.1:5000/x latest\n");
  CHECK(home.pull("[::1]:5000/x") == "![::1]:5000/x latest\n");
  CHECK(home.push("localhost/x") == "!localhost/x");
  CHECK(home.pull("[::2]:5000/x") == "[::2]:5000/x latest\n");
}

TEST_CASE("mirrors are asked first, in their order", "[registries]") {
  Home home;
  home.conf(kMirrored);
  CHECK(home.pull("a.example/team/x:1") ==
        "m1.example/copies/x 1\n!b.example/t/x 1\n");
  const std::string digest = base::Digest::of("x").str();
  CHECK(home.pull("a.example/team/x@" + digest) ==
        "m1.example/copies/x " + digest + "\n!m2.example/x " + digest +
            "\n!b.example/t/x " + digest + "\n");
}

TEST_CASE("what is pushed goes to its own registry", "[registries]") {
  Home home;
  home.conf(kMirrored);
  CHECK(home.push("a.example/team/x:1") == "!a.example/team/x");
  CHECK(home.push("a.example/other:1") == "a.example/other");
}

TEST_CASE("a mirror has the settings of its own registry as well",
          "[registries]") {
  Home home;
  home.conf(kMirrored +
            "[[registry]]\nlocation = \"m1.example\"\ninsecure = true\n");
  CHECK(home.pull("a.example/team/x:1") ==
        "!m1.example/copies/x 1\n!b.example/t/x 1\n");
}

TEST_CASE("the flag --tls-verify overrides what files say", "[registries]") {
  Home lax;
  lax.options.verifies_tls = false;
  CHECK(lax.pull("r.example/x") == "!r.example/x latest\n");
  Home strict;
  strict.options.verifies_tls = true;
  strict.conf(kMirrored);
  CHECK(strict.pull("a.example/team/x:1") ==
        "m1.example/copies/x 1\nb.example/t/x 1\n");
  CHECK(strict.push("localhost:5000/x") == "localhost:5000/x");
}

TEST_CASE("a blocked registry is refused with the line that says so",
          "[registries]") {
  Home home;
  home.conf(
      "[[registry]]\nlocation = \"a.example\"\nblocked = true\n"
      "[[registry]]\nprefix = \"b.example\"\nlocation = \"c.example\"\n"
      "blocked = true\n");
  CHECK_THROWS_MATCHES(
      home.pull("a.example/x"), base::Error,
      tests::HasKind(ErrorKind::denied, "registries.conf:1 blocks a.example"));
  CHECK_THROWS_MATCHES(
      home.push("a.example/x"), base::Error,
      tests::HasKind(ErrorKind::denied, "registries.conf:1 blocks a.example"));
  CHECK_THROWS_MATCHES(
      home.pull("b.example/x"), base::Error,
      tests::HasKind(ErrorKind::denied, "registries.conf:4 blocks b.example"));
}

TEST_CASE("the mirrors of a blocked registry serve in its stead",
          "[registries]") {
  Home home;
  home.conf(
      "[[registry]]\nlocation = \"a.example\"\nblocked = true\n"
      "[[registry.mirror]]\nlocation = \"m.example\"\n"
      "[[registry.mirror]]\nlocation = \"n.example\"\n"
      "[[registry]]\nlocation = \"n.example\"\nblocked = true\n");
  CHECK(home.pull("a.example/x:1") == "m.example/x 1\n");
}

TEST_CASE("Docker's own mirrors serve where registries.conf is silent",
          "[registries]") {
  const char* const daemon =
      R"({"registry-mirrors": ["https://m.example"],
          "insecure-registries": ["m.example", "r.example:5000"]})";
  Home home;
  home.write("docker/daemon.json", daemon);
  CHECK(home.pull("debian:12") ==
        "!m.example/library/debian 12\n"
        "registry-1.docker.io/library/debian 12\n");
  CHECK(home.push("r.example:5000/x") == "!r.example:5000/x");
  Home both;
  both.write("docker/daemon.json", daemon);
  both.conf(
      "[[registry]]\nlocation = \"docker.io\"\n"
      "[[registry]]\nlocation = \"r.example:5000\"\n");
  CHECK(both.pull("debian:12") == "registry-1.docker.io/library/debian 12\n");
  CHECK(both.push("r.example:5000/x") == "r.example:5000/x");
}

TEST_CASE("a short name is docker.io's unless settings say otherwise",
          "[registries]") {
  Home none;
  CHECK(none.candidates("debian:12") == "docker.io/library/debian:12\n");
  Home home;
  home.conf(
      "unqualified-search-registries = [\"quay.io\", \"docker.io\"]\n"
      "[aliases]\nfedora = \"r.example/fedora\"\ngone = \"\"\n");
  CHECK(home.candidates("debian:12") ==
        "quay.io/debian:12\ndocker.io/library/debian:12\n");
  CHECK(home.candidates("team/app") ==
        "quay.io/team/app:latest\ndocker.io/team/app:latest\n");
  CHECK(home.candidates("gone") ==
        "quay.io/gone:latest\ndocker.io/library/gone:latest\n");
  const std::string digest = base::Digest::of("x").str();
  CHECK(home.candidates("fedora:40@" + digest) ==
        "r.example/fedora:40@" + digest + "\n");
  CHECK(home.candidates("fedora@" + digest) ==
        "r.example/fedora@" + digest + "\n");
  CHECK(home.candidates("docker.io/debian") ==
        "docker.io/library/debian:latest\n");
  CHECK(home.candidates("localhost:5000/fedora") ==
        "localhost:5000/fedora:latest\n");
}

TEST_CASE("an enforced choice between registries is left to the user",
          "[registries]") {
  const std::string enforcing = "short-name-mode = \"enforcing\"\n";
  Home one;
  one.conf(enforcing + "unqualified-search-registries = [\"quay.io\"]\n");
  CHECK(one.candidates("x") == "quay.io/x:latest\n");
  Home two;
  two.conf(enforcing +
           "unqualified-search-registries = [\"quay.io\", \"docker.io\"]\n");
  CHECK_THROWS_MATCHES(
      two.candidates("x"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "registries.conf:2"));
}

TEST_CASE("no file is read before an image needs it", "[registries]") {
  Home home;
  home.conf("this is no TOML");
  Registries& registries = home.registries();
  CHECK(home.candidates("docker.io/x") == "docker.io/library/x:latest\n");
  CHECK_THROWS_MATCHES(
      home.pull("docker.io/x"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "registries.conf:1: "));
  // Once read, it is not read again.
  home.conf("");
  CHECK_NOTHROW(home.pull("docker.io/x"));
  home.conf("this is no TOML");
  CHECK_NOTHROW(registries.pull_sources(parse_reference("docker.io/x")));
}

TEST_CASE("a repository has one host, whoever asks", "[registries]") {
  Home home;
  Registries& registries = home.registries();
  const auto x = parse_reference("r.example/x");
  std::vector<registry::RegistryHost*> hosts(4);
  {
    std::vector<std::jthread> threads;
    for (auto& host : hosts) {
      threads.emplace_back([&] { host = &registries.push_target(x).host(); });
    }
  }
  for (const auto* host : hosts) CHECK(host == hosts[0]);
  CHECK(&registries.pull_sources(x).list()[0].repository.host() == hosts[0]);
  // Another one's credentials may be others.
  const auto y = parse_reference("r.example/y");
  CHECK(&registries.push_target(y).host() != hosts[0]);
}

TEST_CASE("a host believes the authorities of its directory", "[registries]") {
  Home home;
  home.write("docker/certs.d/r.example:5000/ca.crt",
             "-----BEGIN CERTIFICATE-----\n");
  const auto x = parse_reference("r.example:5000/x");
  CHECK_FALSE(home.registries()
                  .push_target(x)
                  .host()
                  .settings()
                  .tls.authorities.empty());
}

TEST_CASE("helpers that registries.conf names are asked in their order",
          "[registries]") {
  const tests::TestRegistry server({"basic"});
  const tests::CredentialScripts scripts;
  scripts.add("none", "echo credentials not found in native keychain; exit 1");
  scripts.add("ann", R"(cat >> "$0.asked"; echo '{"Username": "ann",)"
                     R"( "Secret": "secret"}')");
  // Whom files know as "ben", if anybody.
  const auto is_let_in = [&](const std::string& helpers, bool files_know) {
    Home home;
    home.conf("credential-helpers = " + helpers);
    home.options.find_credential =
        [&](const auto&, const auto&) -> std::optional<registry::Credential> {
      if (!files_know) return std::nullopt;
      return registry::Credential{"ben", "secret", {}, {}};
    };
    const auto reference = parse_reference(server.authority() + "/team/app");
    try {
      home.registries().push_target(reference).find_manifest("1", {});
      return true;
    } catch (const base::Error& error) {
      CHECK(error.kind() == ErrorKind::denied);
      return false;
    }
  };
  CHECK_FALSE(is_let_in("[]", false));
  CHECK_FALSE(is_let_in(R"(["none"])", false));
  CHECK_FALSE(is_let_in(R"(["containers-auth.json"])", false));
  CHECK(is_let_in(R"(["none", "ann"])", false));
  CHECK(scripts.read("ann.asked") == server.authority());
  CHECK(is_let_in(R"(["containers-auth.json", "ann"])", false));
  // What the files say counts where they stand; else before all others.
  CHECK(is_let_in(R"(["ann", "containers-auth.json"])", true));
  CHECK_FALSE(is_let_in(R"(["containers-auth.json", "ann"])", true));
  CHECK_FALSE(is_let_in(R"(["ann"])", true));
}

TEST_CASE("credentials are looked for by registry and repository, when asked",
          "[registries]") {
  const tests::HttpServer server;
  server.put("x", "bytes");
  std::vector<std::string> asked;
  Home home;
  home.options.find_credential = [&](const std::string& name,
                                     const std::string& path) {
    asked.push_back(name + " " + path);
    return registry::Credential{"me", "secret", {}, {}};
  };
  const std::string name = "127.0.0.1:" + std::to_string(server.port());
  const auto reference = parse_reference(name + "/team/app");
  auto& host = home.registries().push_target(reference).host();
  registry::Call call;
  call.path = "/plain/x";
  CHECK(host.open(call, {}).read_all(100) == "bytes");
  CHECK(asked.empty());
  call.path = "/auth/x";
  CHECK_THROWS_MATCHES(host.open(call, {}), base::Error,
                       tests::HasKind(ErrorKind::denied));
  CHECK(asked == std::vector<std::string>{name + " team/app"});
}
