#include "base/error.h"

#include <cerrno>

#include <catch2/catch.hpp>

TEST_CASE("context goes in front, and the kind stays") {
  base::Error error(base::ErrorKind::corrupt, "blob is short");
  error.add_context("layer 2").add_context("pulling x");
  CHECK(error.message() == "pulling x: layer 2: blob is short");
  CHECK(error.kind() == base::ErrorKind::corrupt);
}

TEST_CASE("a system error ends in the reason, and missing rights are denied") {
  const base::Error full = base::system_error(ENOSPC, "writing x");
  CHECK(full.message() == "writing x: No space left on device");
  CHECK(full.kind() == base::ErrorKind::system);
  CHECK(base::system_error(EACCES, "x").kind() == base::ErrorKind::denied);
}
