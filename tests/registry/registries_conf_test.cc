#include "registry/registries_conf.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using registry::MirrorUse;
using registry::parse_reference;
using registry::RegistriesConf;
using registry::ShortNameMode;

namespace {

RegistriesConf parse(const std::string& text) {
  return registry::parse_registries_conf(text, "/r.conf");
}

// Where `name` is, by the rule found for it.
std::string find_location(const RegistriesConf& conf, const char* name) {
  const auto reference = parse_reference(name);
  const auto* rule = conf.find(reference);
  if (rule == nullptr) return "no rule";
  return rule->rewrite(reference, rule->endpoint).full();
}

// A home and an /etc below one directory.
class Home {
 public:
  Home() {
    places.etc = root_.path() / "etc";
    places.home = root_.path() / "home";
    places.config = places.home / ".config";
    places.short_name_aliases = root_.path() / "aliases.conf";
  }
  std::filesystem::path write(const std::string& name,
                              const std::string& text) const {
    const auto path = root_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    base::replace_file(path, text);
    return path;
  }
  std::vector<std::string> search() const {
    return registry::read_registries_conf(places).search.value_or(
        std::vector<std::string>{});
  }

  registry::ConfigPlaces places;

 private:
  base::TempDir root_;
};

std::string search_of(const std::string& host) {
  return "unqualified-search-registries = [\"" + host + "\"]\n";
}

}  // namespace

TEST_CASE("an image is at the location of the longest prefix of its name",
          "[registries_conf]") {
  const RegistriesConf conf = parse(R"(
[[registry]]
prefix = "example.com/team"
location = "inner.example/copies/"
[[registry]]
location = "example.com"
[[registry]]
prefix = "example.com/team/app:1"
location = "first.example/app:one"
)");
  CHECK(find_location(conf, "example.com/team/app:2") ==
        "inner.example/copies/app:2");
  CHECK(find_location(conf, "example.com/team/app:1") ==
        "first.example/app:one");
  CHECK(find_location(conf, "example.com/teams/app") ==
        "example.com/teams/app:latest");
  CHECK(find_location(conf, "example.com:5000/x:1") == "example.com:5000/x:1");
  CHECK(find_location(conf, "example.community/x") == "no rule");
  CHECK(find_location(conf, "debian") == "no rule");
}

TEST_CASE("a digest goes along to where a name leads", "[registries_conf]") {
  const std::string digest = base::Digest::of("x").str();
  const RegistriesConf conf = parse(R"(
[[registry]]
prefix = "docker.io"
location = "[::1]:5000/hub"
)");
  CHECK(find_location(conf, ("debian:12@" + digest).c_str()) ==
        "[::1]:5000/hub/library/debian:12@" + digest);
}

TEST_CASE("a wildcard stands for hosts below another one",
          "[registries_conf]") {
  const RegistriesConf conf = parse(R"(
[[registry]]
prefix = "*.example.com"
blocked = true
[[registry]]
prefix = "*.sub.example.com"
location = "mirror.example/sub"
[[registry]]
location = "x.sub.example.com"
)");
  CHECK(find_location(conf, "a.b.example.com/x") == "a.b.example.com/x:latest");
  CHECK(find_location(conf, "a.example.com:5000/x:1") ==
        "a.example.com:5000/x:1");
  CHECK(find_location(conf, "a.sub.example.com/x/y:1") ==
        "mirror.example/sub/x/y:1");
  CHECK(find_location(conf, "x.sub.example.com/x:1") ==
        "x.sub.example.com/x:1");
  CHECK(find_location(conf, "example.com/x") == "no rule");
  CHECK(find_location(conf, "a.example.com.org/x") == "no rule");
  CHECK(find_location(conf, "other.org/a.example.com/x") == "no rule");
}

TEST_CASE("mirrors are for all pulls, those by digest or those by tag",
          "[registries_conf]") {
  const RegistriesConf conf = parse(R"(
[[registry]]
location = "a.example"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m0.example"
insecure = true
[[registry]]
location = "b.example"
[[registry.mirror]]
location = "m1.example"
[[registry.mirror]]
location = "m2.example"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "m3.example"
pull-from-mirror = "tag-only"
)");
  const auto tagged = parse_reference("a.example/x:1");
  const auto pinned =
      parse_reference("a.example/x:1@" + base::Digest::of("x").str());
  const auto& a = conf.find(tagged)->mirrors;
  REQUIRE(a.size() == 1);
  CHECK(a[0].is_insecure);
  CHECK_FALSE(a[0].serves(tagged));
  CHECK(a[0].serves(pinned));
  const auto& b = conf.find(parse_reference("b.example/x"))->mirrors;
  REQUIRE(b.size() == 3);
  CHECK((b[0].serves(tagged) && b[0].serves(pinned)));
  CHECK((!b[1].serves(tagged) && b[1].serves(pinned)));
  CHECK((b[2].serves(tagged) && !b[2].serves(pinned)));
}

TEST_CASE("a rule knows the line it comes from", "[registries_conf]") {
  const RegistriesConf conf =
      parse("\n\n[[registry]]\nlocation = \"a.example\"\nblocked = true\n");
  REQUIRE(conf.rules.size() == 1);
  CHECK(conf.rules[0].origin == "/r.conf:3");
  CHECK(conf.rules[0].is_blocked);
}

TEST_CASE("version 1 says the same in other words", "[registries_conf]") {
  const RegistriesConf conf = parse(R"(
[registries.search]
registries = ['docker.io', 'quay.io']
[registries.insecure]
registries = ['a.example:5000', 'b.example']
[registries.block]
registries = ['b.example']
)");
  CHECK(conf.search == std::vector<std::string>{"docker.io", "quay.io"});
  const auto* a = conf.find(parse_reference("a.example:5000/x"));
  REQUIRE(a != nullptr);
  CHECK((a->endpoint.is_insecure && !a->is_blocked));
  const auto* b = conf.find(parse_reference("b.example/x"));
  REQUIRE(b != nullptr);
  CHECK((b->endpoint.is_insecure && b->is_blocked));
}

TEST_CASE("what makes no sense in registries.conf is refused with its line",
          "[registries_conf]") {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"a = 1\nb = \n", "/r.conf:2: missing value"},
      {"\n[x\n", "/r.conf:2: "},
      {"a = 1\na = 2\n", "/r.conf:2: "},
      {"[[registry]]\nlocation = 5\n", "/r.conf:2: \"location\""},
      {"[[registry]]\nlocation = \"https://a.example\"\n",
       "/r.conf:2: location \"https://a.example\""},
      {"[[registry]]\nlocation = \"mirror\"\n",
       "/r.conf:2: \"mirror\" is not a registry"},
      {"[[registry]]\nprefix = \"mirror\"\n", "/r.conf:2: \"mirror\" is not"},
      {"\n[[registry]]\nblocked = true\n", "/r.conf:2: a [[registry]] needs"},
      {"[[registry]]\nlocation = \"a.example\"\ninsecure = \"yes\"\n",
       "/r.conf:3: \"insecure\" has to be true or false"},
      {"[[registry]]\nprefix = \"*.a.example/x\"\n", "/r.conf:2: prefix"},
      {"[[registry]]\nlocation = \"a.b\"\npull-from-mirror = \"all\"\n",
       "/r.conf:3: \"pull-from-mirror\""},
      {"[[registry]]\nlocation = \"a.b\"\n[[registry.mirror]]\n",
       "/r.conf:3: a mirror needs"},
      {"[[registry]]\nlocation = \"a.b\"\n[[registry.mirror]]\n"
       "location = \"c.d\"\npull-from-mirror = \"some\"\n",
       "/r.conf:5: pull-from-mirror \"some\""},
      {"[[registry]]\nlocation = \"a.b\"\nmirror-by-digest-only = true\n"
       "[[registry.mirror]]\nlocation = \"c.d\"\npull-from-mirror = \"all\"\n",
       "/r.conf:6: either"},
      {"registry = 1\n", "/r.conf:1: \"registry\" has to be an array"},
      {"registry = [1]\n", "/r.conf:1: "},
      {"short-name-mode = \"sometimes\"\n", "/r.conf:1: short-name-mode"},
      {"unqualified-search-registries = [\"a.b/c\"]\n", "/r.conf:1: \"a.b/c\""},
      {"unqualified-search-registries = [\"\"]\n", "/r.conf:1: \"\" is not"},
      {"[aliases]\n\"a.b/c\" = \"d.e/f\"\n", "/r.conf:2: \"a.b/c\""},
      {"[aliases]\nx = \"y\"\n", "/r.conf:2: \"y\" has to be"},
      {"[aliases]\nx = \"a.b/y:1\"\n", "/r.conf:2: \"a.b/y:1\" has to be"},
      {"[aliases]\nx = \"a.b/Y\"\n", "/r.conf:2: \"a.b/Y\""},
      {"[aliases]\nx = \"a.b/y:latest\"\n", "/r.conf:2: \"a.b/y:latest\""},
      {"[[registry]]\nlocation = \"a.b\"\n[registries.block]\n"
       "registries = [\"c.d\"]\n",
       "do not mix"},
  };
  for (const auto& it : cases) {
    INFO(it.text);
    CHECK_THROWS_MATCHES(parse(it.text), base::Error,
                         tests::HasKind(ErrorKind::invalid_input, it.says));
  }
}

TEST_CASE("a registries.conf that nests for ever is refused",
          "[registries_conf]") {
  const std::string start =
      "\n\"a\\\"[{\" = 1\nb = \"\"\"\n[\n\"\"\"  # [\nc = ";
  for (const char* part : {"[", "{a=", "1.", "['[',"}) {
    INFO(part);
    std::string text = start;
    for (int i = 0; i < 100'000; ++i) text += part;
    CHECK_THROWS_MATCHES(
        parse(text), base::Error,
        tests::HasKind(ErrorKind::invalid_input, "/r.conf:6: nested more"));
  }
  std::string table = "[";
  for (int i = 0; i < 100'000; ++i) table += "a.";
  CHECK_THROWS_MATCHES(
      parse(table + "b]\n"), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "/r.conf:1: nested more"));
}

TEST_CASE("brackets and dots that do not nest are no matter",
          "[registries_conf]") {
  std::string text = "# " + std::string(1000, '[');
  text += "\nunqualified-search-registries = [";
  for (int i = 0; i < 1000; ++i) text += "'a.b.c', \"x.y\\u002ez\",\n";
  text += "]\nx = \"\\\"" + std::string(1000, '[') + "\"";
  text += "\nb = '''\n" + std::string(1000, '{') + "'''\n";
  for (int i = 0; i < 1000; ++i) text += "[[registry]]\nprefix = 'a.b'\n";
  CHECK(parse(text).search->size() == 2000);
}

TEST_CASE("a user's registries.conf stands in for the system's",
          "[registries_conf]") {
  Home home;
  CHECK(home.search().empty());
  home.write("etc/containers/registries.conf", search_of("system.example"));
  home.write("etc/containers/registries.conf.d/a.conf",
             search_of("dropin.example"));
  CHECK(home.search() == std::vector<std::string>{"dropin.example"});
  home.write("home/.config/containers/registries.conf",
             search_of("user.example"));
  CHECK(home.search() == std::vector<std::string>{"user.example"});
  home.write("home/.config/containers/registries.conf.d/a.conf",
             search_of("mine.example"));
  CHECK(home.search() == std::vector<std::string>{"mine.example"});
}

TEST_CASE("drop-in files go by name and only *.conf counts",
          "[registries_conf]") {
  const Home home;
  const std::string directory = "etc/containers/registries.conf.d/";
  home.write(directory + "2.conf", search_of("two.example"));
  home.write(directory + "10.conf", search_of("ten.example"));
  home.write(directory + "3.conf~", "this is no TOML");
  home.write(directory + "4.conf/x", "a directory");
  CHECK(home.search() == std::vector<std::string>{"two.example"});
  // The user's own come after the system's, whatever their names.
  home.write("home/.config/containers/registries.conf.d/0.conf",
             search_of("user.example"));
  CHECK(home.search() == std::vector<std::string>{"user.example"});
}

TEST_CASE("a later file replaces a rule of the same prefix as a whole",
          "[registries_conf]") {
  const Home home;
  home.write("etc/containers/registries.conf",
             "credential-helpers = [\"pass\"]\n"
             "short-name-mode = \"enforcing\"\n"
             "[[registry]]\nlocation = \"a.example\"\ninsecure = true\n"
             "[[registry]]\nlocation = \"b.example\"\n"
             "[aliases]\nx = \"a.example/x\"\ny = \"a.example/y\"\n");
  home.write("etc/containers/registries.conf.d/a.conf",
             "short-name-mode = \"disabled\"\n"
             "[[registry]]\nlocation = \"a.example\"\nblocked = true\n"
             "[aliases]\nx = \"\"\n");
  home.write("aliases.conf", "[aliases]\ny = \"chosen.example/y\"\n");
  const RegistriesConf conf = registry::read_registries_conf(home.places);
  CHECK(conf.rules.size() == 2);
  const auto* rule = conf.find(parse_reference("a.example/x"));
  REQUIRE(rule != nullptr);
  CHECK((rule->is_blocked && !rule->endpoint.is_insecure));
  CHECK(conf.aliases.at("x").name.empty());
  CHECK(conf.aliases.at("y").name == "chosen.example/y");
  CHECK(conf.credential_helpers == std::vector<std::string>{"pass"});
  CHECK(conf.short_name_mode == ShortNameMode::disabled);
}

TEST_CASE("variables name other files than the usual", "[registries_conf]") {
  Home home;
  home.write("etc/containers/registries.conf.d/a.conf",
             search_of("dropin.example"));
  home.places.registries_conf = home.write("x.conf", search_of("x.example"));
  CHECK(home.search() == std::vector<std::string>{"dropin.example"});
  home.places.registries_conf_dir = home.places.home / "nothing";
  CHECK(home.search() == std::vector<std::string>{"x.example"});
  home.places.registries_conf = home.places.home / "missing.conf";
  CHECK_THROWS_MATCHES(home.search(), base::Error,
                       tests::HasKind(ErrorKind::not_found, "missing.conf"));
}

TEST_CASE("an error in a drop-in file names that file", "[registries_conf]") {
  const Home home;
  const auto path =
      home.write("etc/containers/registries.conf.d/a.conf", "\n\nx =\n");
  CHECK_THROWS_MATCHES(
      home.search(), base::Error,
      tests::HasKind(ErrorKind::invalid_input, path.string() + ":3: "));
  home.write("etc/containers/registries.conf.d/a.conf",
             std::string((1U << 20U) + 1, '#'));
  CHECK_THROWS_MATCHES(home.search(), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, path.string()));
}

TEST_CASE("the environment says where settings are", "[registries_conf]") {
  const registry::ConfigPlaces usual({"HOME=/h", "XDG_CONFIG_HOME=relative"});
  CHECK(usual.home == "/h");
  CHECK(usual.config == "/h/.config");
  CHECK(usual.short_name_aliases ==
        "/h/.cache/containers/short-name-aliases.conf");
  const registry::ConfigPlaces own(
      {"HOME=/h", "XDG_CONFIG_HOME=/c", "CONTAINERS_REGISTRIES_CONF=/r",
       "REGISTRIES_CONFIG_PATH=/old", "CONTAINERS_REGISTRIES_CONF_DIR=/d"});
  CHECK(own.config == "/c");
  CHECK(own.registries_conf == "/r");
  CHECK(own.registries_conf_dir == "/d");
  const registry::ConfigPlaces none({"CONTAINERS_REGISTRIES_CONF="});
  CHECK(none.config.empty());
  CHECK_FALSE(none.registries_conf);
}
