#include "cli/registry_name.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/has_kind.h"

using cli::read_registry_name;

TEST_CASE("a registry is named as scripts write it for docker",
          "[registry_name]") {
  CHECK(read_registry_name({}) == "docker.io");
  CHECK(read_registry_name("https://index.docker.io/v1/") == "docker.io");
  CHECK(read_registry_name("Quay.io") == "quay.io");
  CHECK(read_registry_name("ghcr.io/owner") == "ghcr.io");
  CHECK(read_registry_name("http://[::1]:5000/v2/") == "[::1]:5000");
  for (const char* word : {"", "https://", "ann@host.io", "a b", "host",
                           "host.io:x", "host?x", "-u="}) {
    INFO(word);
    CHECK_THROWS_MATCHES(
        read_registry_name(word), base::Error,
        tests::HasKind(base::ErrorKind::usage, "names no registry"));
  }
}
