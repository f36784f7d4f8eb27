// Where credentials are found, kept and forgotten.
#include "registry/credential_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "credential_scripts.h"
#include "tests/has_kind.h"

namespace fs = std::filesystem;
using base::ErrorKind;
using registry::CredentialPlaces;
using registry::CredentialStore;
using tests::CredentialScripts;

namespace {

std::vector<std::string> places(std::map<std::string, std::string> variables,
                                const std::optional<std::string>& config = {}) {
  const auto found = CredentialPlaces::find(
      config, [&](const char* name) { return variables[name]; }, 7);
  std::vector<std::string> out(found.files.begin(), found.files.end());
  out.push_back("> " + found.written.native());
  return out;
}

// u:p for "host"
constexpr const char* kHost = R"({"auths": {"host": {"auth": "dTpw"}}})";

struct Home {
  base::TempDir directory;
  fs::path path = directory.path();
  fs::path config = path / ".docker/config.json";

  CredentialStore store(std::string text = {}) const {
    auto found = CredentialPlaces::find(
        {},
        [this](const char* name) {
          return std::string(name) == "HOME" ? path.native() : std::string();
        },
        // Whose files are in no test's way.
        ~0U);
    found.text = std::move(text);
    return CredentialStore(std::move(found));
  }
  void write(const std::string& text) const {
    fs::create_directories(config.parent_path());
    base::replace_file(config, text, 0600);
  }
};

std::string found(const CredentialStore& store, const char* registry,
                  const char* path = "") {
  const auto credential = store.find(registry, path, {});
  return credential ? credential->user + ":" + credential->password : "none";
}

registry::Credential login(const char* user, const char* password) {
  return {user, password, {}, {}};
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("credentials are looked for where other tools have them",
          "[credentials]") {
  using Paths = std::vector<std::string>;
  CHECK(places({{"HOME", "/h"}}) ==
        Paths{"/h/.docker/config.json", "/run/containers/7/auth.json",
              "/h/.config/containers/auth.json", "> /h/.docker/config.json"});
  CHECK(places({{"HOME", "/h"},
                {"XDG_RUNTIME_DIR", "/r"},
                {"XDG_CONFIG_HOME", "/c"}}) ==
        Paths{"/h/.docker/config.json", "/r/containers/auth.json",
              "/c/containers/auth.json", "> /h/.docker/config.json"});
  CHECK(places({}) == Paths{"/run/containers/7/auth.json", "> "});
}

TEST_CASE("a place that was named is the only one", "[credentials]") {
  using Paths = std::vector<std::string>;
  CHECK(places({{"HOME", "/h"}, {"DOCKER_CONFIG", "/d"}}) ==
        Paths{"/d/config.json", "> /d/config.json"});
  CHECK(places({{"HOME", "/h"},
                {"DOCKER_CONFIG", "/d"},
                {"REGISTRY_AUTH_FILE", "/a.json"}}) ==
        Paths{"/a.json", "/d/config.json", "> /a.json"});
  CHECK(places({{"DOCKER_CONFIG", "/d"}, {"REGISTRY_AUTH_FILE", "/a.json"}},
               "/named") ==
        Paths{"/named/config.json", "> /named/config.json"});
}

TEST_CASE("the first place that knows the registry is right", "[credentials]") {
  const Home home;
  fs::create_directories(home.path / ".config/containers");
  base::replace_file(home.path / ".config/containers/auth.json",
                     R"({"auths": {"host": {"auth": "YTox"},
                                   "host/team": {"auth": "Yjoy"}}})");
  CHECK(found(home.store(), "host") == "a:1");
  CHECK(found(home.store(), "host", "team/app") == "b:2");
  home.write(kHost);
  CHECK(found(home.store(), "host") == "u:p");
  CHECK(found(home.store(R"({"auths": {"host": {"auth": "Yzoz"}}})"), "host") ==
        "c:3");
  CHECK(found(home.store(R"({"auths": {"other": {"auth": "Yzoz"}}})"),
              "host") == "u:p");
  CHECK(found(home.store(), "elsewhere") == "none");
}

TEST_CASE("a broken file is an error for who needs credentials",
          "[credentials]") {
  const Home home;
  home.write("{\n oops");
  const CredentialStore store = home.store();
  CHECK_THROWS_MATCHES(
      found(store, "host"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, home.config.native() + ":2:2:"));
  fs::remove(home.config);
  fs::create_directory(home.config);
  CHECK_THROWS_MATCHES(found(store, "host"), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, home.config));
  CHECK_THROWS_MATCHES(
      found(home.store("{"), "host"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "DOCKER_AUTH_CONFIG:1:2:"));
}

TEST_CASE("a helper is run when its registry is asked for, and not before",
          "[credentials]") {
  const CredentialScripts scripts;
  scripts.add("test", R"sh(touch "$0.ran"
echo '{"Username":"h","Secret":"s"}')sh");
  const Home home;
  home.write(R"({"auths": {"host": {}, "plain": {"auth": "dTpw"}},
                 "credHelpers": {"host": "test"}})");
  const CredentialStore store = home.store();
  CHECK(found(store, "plain") == "u:p");
  CHECK_FALSE(scripts.has("test.ran"));
  CHECK(found(store, "host", "team/app") == "h:s");
  CHECK(scripts.has("test.ran"));
}

TEST_CASE("what a helper does not have is looked for in the file",
          "[credentials]") {
  const CredentialScripts scripts;
  scripts.add("test",
              "echo 'credentials not found in native keychain'; exit 1");
  const Home home;
  home.write(R"({"auths": {"host": {"auth": "dTpw"}}, "credsStore": "test"})");
  CHECK(found(home.store(), "host") == "u:p");
  CHECK(found(home.store(), "other") == "none");
}

TEST_CASE("a login is private whatever the umask and the old file's mode",
          "[credentials]") {
  const mode_t before = ::umask(0);
  const Home home;
  const auto kept = home.store().store("host", login("u", "p"), {});
  CHECK(kept.where == home.config);
  CHECK(kept.is_readable);
  CHECK(kept.hidden_by.empty());
  CHECK(mode_of(home.config) == 0600);
  CHECK(mode_of(home.config.parent_path()) == 0700);
  CHECK(found(home.store(), "host") == "u:p");
  fs::permissions(home.config, fs::perms(0644));
  home.store().store("other", login("a", "b"), {});
  CHECK(mode_of(home.config) == 0600);
  ::umask(before);
}

TEST_CASE("a place that only root may look into holds nothing",
          "[credentials]") {
  const Home home;
  const fs::path closed = home.path / "closed";
  fs::create_directories(closed / "containers");
  base::replace_file(closed / "containers/auth.json", kHost);
  fs::permissions(closed / "containers", fs::perms::none);
  const auto store = [&](const char* docker) {
    return CredentialStore(CredentialPlaces::find(
        {},
        [&](const char* name) {
          const std::map<std::string, fs::path> variables = {
              {"HOME", home.path / docker}, {"XDG_RUNTIME_DIR", closed}};
          const auto it = variables.find(name);
          return it == variables.end() ? std::string() : it->second.native();
        },
        ~0U));
  };
  const bool is_root = ::geteuid() == 0;
  CHECK(found(store("none"), "host") == (is_root ? "u:p" : "none"));
  CHECK(store("none").erase("host", {}).left_in.empty() == !is_root);
  // What login writes is ours, and has to be readable.
  fs::create_directories(home.path / "mine/.docker");
  fs::permissions(home.path / "mine/.docker", fs::perms::none);
  if (!is_root) {
    CHECK_THROWS_MATCHES(found(store("mine"), "host"), base::Error,
                         tests::HasKind(ErrorKind::denied));
  }
  fs::permissions(home.path / "mine/.docker", fs::perms::owner_all);
  fs::permissions(closed / "containers", fs::perms::owner_all);
}

TEST_CASE("a login by root leaves a file to its owner, in its directory",
          "[credentials][root]") {
  const Home home;
  home.write("{}");
  constexpr uid_t kOther = 12345;
  const auto owner_after_login = [&] {
    REQUIRE(::chown(home.config.c_str(), kOther, kOther) == 0);
    home.store().store("host", login("u", "p"), {});
    CHECK(mode_of(home.config) == 0600);
    struct stat status {};
    REQUIRE(::stat(home.config.c_str(), &status) == 0);
    return status.st_uid;
  };
  // Who has put a file where everybody may is not given the password.
  CHECK(owner_after_login() == 0);
  REQUIRE(::chown(home.config.parent_path().c_str(), kOther, kOther) == 0);
  CHECK(owner_after_login() == kOther);
}

TEST_CASE("a login follows a link to where the file is", "[credentials]") {
  const Home home;
  fs::create_directories(home.path / "elsewhere");
  fs::create_directories(home.config.parent_path());
  const fs::path real = home.path / "elsewhere/docker.json";
  fs::create_symlink("../elsewhere/docker.json", home.config);
  // To nothing at first, and then to what the first login has written.
  for (const char* user : {"first", "second"}) {
    home.store().store("host", login(user, "p"), {});
    CHECK(fs::is_symlink(home.config));
    CHECK(found(home.store(), "host") == std::string(user) + ":p");
    CHECK(fs::is_regular_file(real));
    CHECK(mode_of(real) == 0600);
  }
}

TEST_CASE("logins at once all count", "[credentials]") {
  const Home home;
  std::vector<std::string> names;
  for (int i = 0; i < 32; ++i) names.push_back("host" + std::to_string(i));
  {
    std::vector<std::jthread> threads;
    for (int start = 0; start < 4; ++start) {
      threads.emplace_back([&, start] {
        for (std::size_t i = static_cast<std::size_t>(start); i < names.size();
             i += 4) {
          home.store().store(names[i], login("u", "p"), {});
        }
      });
    }
  }
  const CredentialStore store = home.store();
  for (const std::string& name : names)
    CHECK(found(store, name.c_str()) == "u:p");
}

TEST_CASE("a login leaves its secret with the helper alone", "[credentials]") {
  const CredentialScripts scripts;
  scripts.add("test", R"(echo "$@" > "$0.args"; cat > "$0.input")");
  const Home home;
  home.write(R"({"auths": {"host": {"auth": "dTpw"}}, "credsStore": "test"})");
  const auto kept = home.store().store("host", login("u", "hunter2"), {});
  CHECK(kept.where == "docker-credential-test");
  CHECK_FALSE(kept.is_readable);
  CHECK(scripts.read("test.args") == "store\n");
  CHECK(scripts.read("test.input") ==
        R"({"Secret":"hunter2","ServerURL":"host","Username":"u"})");
  // docker's note that there is something.
  CHECK(base::read_file(home.config) ==
        "{\n\t\"auths\": {\n\t\t\"host\": {}\n\t},\n"
        "\t\"credsStore\": \"test\"\n}\n");
}

TEST_CASE("a login that the helper refuses changes nothing", "[credentials]") {
  const CredentialScripts scripts;
  scripts.add("test", "exit 1");
  const Home home;
  const std::string text =
      R"({"auths": {"host": {"auth": "dTpw"}}, "credsStore": "test"})";
  home.write(text);
  CHECK_THROWS_MATCHES(home.store().store("host", login("a", "b"), {}),
                       base::Error, tests::HasKind(ErrorKind::denied));
  CHECK(base::read_file(home.config) == text);
}

TEST_CASE("what comes before a login's file is told", "[credentials]") {
  const Home home;
  CHECK(home.store(kHost).store("host", login("a", "b"), {}).hidden_by ==
        "DOCKER_AUTH_CONFIG");
  CHECK(home.store(kHost).store("other", login("a", "b"), {}).hidden_by == "");
}

TEST_CASE("a broken file is not replaced by a login", "[credentials]") {
  const Home home;
  home.write("{ broken");
  CHECK_THROWS_AS(home.store().store("host", login("a", "b"), {}), base::Error);
  CHECK(base::read_file(home.config) == "{ broken");
}

TEST_CASE("a logout forgets here and tells what other tools keep",
          "[credentials]") {
  const CredentialScripts scripts;
  scripts.add("test", R"(echo "$@" > "$0.args"; cat > "$0.input")");
  const Home home;
  CHECK_FALSE(home.store().erase("host", {}).was_there);
  CHECK_FALSE(fs::exists(home.config.parent_path()));

  home.write(kHost);
  fs::create_directories(home.path / ".config/containers");
  const fs::path other = home.path / ".config/containers/auth.json";
  base::replace_file(other, kHost);
  const auto forgotten = home.store(kHost).erase("host", {});
  CHECK(forgotten.was_there);
  CHECK(forgotten.where == home.config);
  CHECK(forgotten.left_in ==
        std::vector<std::string>{"DOCKER_AUTH_CONFIG", other});
  CHECK(base::read_file(other) == kHost);
  CHECK_FALSE(home.store().erase("host", {}).was_there);

  home.write(R"({"auths": {"host": {}}, "credHelpers": {"host": "test"}})");
  CHECK(home.store().erase("host", {}).was_there);
  CHECK(scripts.read("test.args") == "erase\n");
  CHECK(scripts.read("test.input") == "host");
}
