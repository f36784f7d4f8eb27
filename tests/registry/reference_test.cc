#include "registry/reference.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/has_kind.h"

using registry::parse_reference;

TEST_CASE("a bare name is docker.io's library at latest", "[D176]") {
  CHECK(parse_reference("debian").full() == "docker.io/library/debian:latest");
  CHECK(parse_reference("debian:12").full() == "docker.io/library/debian:12");
  CHECK(parse_reference("team/app").full() == "docker.io/team/app:latest");
  CHECK(parse_reference("docker.io/debian").full() ==
        "docker.io/library/debian:latest");
}

TEST_CASE("a first part with a dot, a port or localhost is a host", "[D176]") {
  CHECK(parse_reference("localhost/x").full() == "localhost/x:latest");
  CHECK(parse_reference("localhost:5000/x:1").full() == "localhost:5000/x:1");
  CHECK(parse_reference("ghcr.io/a/b/c").full() == "ghcr.io/a/b/c:latest");
  CHECK(parse_reference("[::1]:5000/x").full() == "[::1]:5000/x:latest");
  CHECK(parse_reference("x:5000").full() == "docker.io/library/x:5000");
}

TEST_CASE("a digest pins and a tag beside it is kept", "[D176]") {
  const std::string digest = base::Digest::of("x").str();
  CHECK(parse_reference("debian@" + digest).full() ==
        "docker.io/library/debian@" + digest);
  CHECK(parse_reference("debian:12@" + digest).familiar() ==
        "debian:12@" + digest);
}

TEST_CASE("the familiar form leaves out what docker fills in") {
  CHECK(parse_reference("docker.io/library/x:1").familiar() == "x:1");
  CHECK(parse_reference("docker.io/team/x").familiar() == "team/x:latest");
  CHECK(parse_reference("ghcr.io/x").familiar() == "ghcr.io/x:latest");
  for (const char* const full :
       {"docker.io/a.b/c:1", "docker.io/localhost/c:1",
        "docker.io/library/x/y:1", "docker.io/library/localhost/y:1"}) {
    INFO(full);
    CHECK(parse_reference(parse_reference(full).familiar()).full() == full);
  }
}

TEST_CASE("hosts keep their case, their port and their brackets", "[D176]") {
  for (const char* text :
       {"Foo/bar:1", "FOO.example:5000/bar:1", "[2001:DB8::1]/x:1",
        "[2001:db8::]:5000/x/y:1", "[2001:db8::]/x:1", "127.0.0.1:5000/x:1",
        "xn--n3h.com/x:n.x-y", "x:65535/y:1", "a-b.c--d/x__y/z---w/v.u:1"}) {
    CHECK(parse_reference(text).full() == text);
  }
  CHECK(parse_reference("index.docker.io/x").full() ==
        "docker.io/library/x:latest");
  CHECK(parse_reference("test_com/x").full() == "docker.io/test_com/x:latest");
  CHECK(parse_reference("192.168.0.1:80").full() ==
        "docker.io/library/192.168.0.1:80");
}

TEST_CASE("names and tags are as long as Docker has them", "[D177]") {
  const std::string name(255 - std::string("library/").size(), 'a');
  const std::string tag(128, 't');
  CHECK(parse_reference(name + ":" + tag).full() ==
        "docker.io/library/" + name + ":" + tag);
  CHECK(parse_reference("r.example/" + std::string(255, 'a')).path.size() ==
        255);
  CHECK_THROWS_MATCHES(
      parse_reference(name + "a"), base::Error,
      tests::HasKind(base::ErrorKind::invalid_input, "over 255 bytes"));
  CHECK_THROWS_MATCHES(
      parse_reference("r.example:5000/x:" + tag + "t"), base::Error,
      tests::HasKind(base::ErrorKind::invalid_input, "tag is over 128 bytes"));
}

TEST_CASE("a digest of another algorithm is not supported", "[D177]") {
  for (const std::string& digest :
       {"sha512:" + std::string(128, 'f'), "sha384:" + std::string(96, 'f')}) {
    CHECK_THROWS_MATCHES(parse_reference("x:1@" + digest), base::Error,
                         tests::HasKind(base::ErrorKind::unsupported, digest));
  }
  CHECK_THROWS_MATCHES(parse_reference("x@sha512:ff"), base::Error,
                       tests::HasKind(base::ErrorKind::invalid_input));
}

TEST_CASE("an image's ID alone is not a name", "[D177]") {
  const std::string id = base::Digest::of("x").hex();
  CHECK_THROWS_MATCHES(
      parse_reference(id), base::Error,
      tests::HasKind(base::ErrorKind::invalid_input, "image's ID"));
  const std::string full = "docker.io/library/" + id + ":latest";
  CHECK(parse_reference("docker.io/" + id).full() == full);
  CHECK(parse_reference(full).familiar() == full);
  CHECK(parse_reference(id.substr(1)).familiar() == id.substr(1) + ":latest");
}

TEST_CASE("a reason says which part is wrong", "[D177]") {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"https://r.example/x", "leave out \"https://\""},
      {"r.example:5000/Team/x:1", "lower case"},
      {"Team:1", "lower case"},
      {"r.example/x:-1", "the tag \"-1\""},
      {"x:", "the tag \"\""},
      {"x:a:b", "the tag \"a:b\""},
      {"r.example:65536/x", "port is over 65535"},
      {"[fe80::1%eth0]:5000/x", "write [host"},
  };
  for (const auto& it : cases) {
    INFO(it.text);
    CHECK_THROWS_MATCHES(
        parse_reference(it.text), base::Error,
        tests::HasKind(base::ErrorKind::invalid_input, it.says));
  }
}

TEST_CASE("a name says its registry or leaves it open", "[D176]") {
  for (const char* text : {"localhost/x", "x:1/y", "x.y/z", "[::1]/x", "X/y",
                           "docker.io/x", "r.example/x:1"}) {
    INFO(text);
    CHECK(registry::names_registry(text));
  }
  for (const char* text : {"x", "x:1", "x/y", "x/y.z:1", "x.y", "x:1@sha256:0/",
                           "localhost", "", "/", "a_b.c/x"}) {
    INFO(text);
    CHECK_FALSE(registry::names_registry(text));
  }
}

TEST_CASE("invalid references are refused with a reason", "[D177]") {
  for (const char* text : {"",
                           ":tag",
                           "a:",
                           "a@",
                           "a//b",
                           "a b",
                           "Upper",
                           "a:b:c",
                           "-a",
                           "a/",
                           "a@sha256:12",
                           "a@md5:d41d8cd98f00b204e9800998ecf8427e",
                           "a..b/-",
                           "\xff",
                           "[fc00::1]",
                           "[fc00::1]:5000",
                           "fc00::1:5000/x",
                           "a.b:/x",
                           "-a.b/x",
                           "a-/b",
                           "_a/b",
                           "a___b",
                           "a._b",
                           "a/b//c",
                           "a.b/",
                           "/a",
                           "[::1%eth0]/x",
                           "a@sha256:",
                           "x@y",
                           "docker/Docker",
                           "a b/c"}) {
    INFO(text);
    CHECK_THROWS_MATCHES(parse_reference(text), base::Error,
                         tests::HasKind(base::ErrorKind::invalid_input));
  }
  CHECK_THROWS_MATCHES(
      parse_reference("Upper"), base::Error,
      tests::HasKind(base::ErrorKind::invalid_input, "lower case"));
}
