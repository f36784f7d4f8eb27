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

TEST_CASE("invalid references are refused with a reason", "[D177]") {
  for (const char* text :
       {"", ":tag", "a:", "a@", "a//b", "a b", "Upper", "a:b:c", "-a", "a/",
        "a@sha256:12", "a@md5:d41d8cd98f00b204e9800998ecf8427e", "a..b/-",
        "\xff"}) {
    INFO(text);
    CHECK_THROWS_MATCHES(parse_reference(text), base::Error,
                         tests::HasKind(base::ErrorKind::invalid_input));
  }
  CHECK_THROWS_MATCHES(
      parse_reference("Upper"), base::Error,
      tests::HasKind(base::ErrorKind::invalid_input, "lower case"));
}
