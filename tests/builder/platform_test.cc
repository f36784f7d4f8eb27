// Platforms: how they are written, which runs what.
#include "builder/platform.h"

#include <catch2/catch.hpp>

#include "tests/has_kind.h"

using builder::host_platform;
using builder::is_runnable;
using builder::parse_platform;
using builder::Platform;
using builder::render_platform;

namespace {

std::string normal(const char* text) {
  return render_platform(parse_platform(text));
}

}  // namespace

TEST_CASE("every spelling of a platform has one normal form",
          "[platform][D145][D178]") {
  CHECK(normal("linux/amd64") == "linux/amd64");
  CHECK(normal("Linux/X86_64") == "linux/amd64");
  CHECK(normal("linux/amd64/v1") == "linux/amd64");
  CHECK(normal("linux/amd64/v2") == "linux/amd64/v2");
  CHECK(normal("linux/aarch64") == "linux/arm64");
  CHECK(normal("linux/arm64/v8") == "linux/arm64");
  CHECK(normal("linux/arm") == "linux/arm/v7");
  CHECK(normal("linux/arm/6") == "linux/arm/v6");
  CHECK(normal("linux/armhf") == "linux/arm/v7");
  CHECK(normal("linux/armel") == "linux/arm/v6");
  CHECK(normal("linux/i386") == "linux/386");
  CHECK(normal("macos/arm64") == "darwin/arm64");
  CHECK(normal("linux/neverheard") == "linux/neverheard");
}

TEST_CASE("one part is a system or an architecture, the rest is this machine",
          "[platform][D178]") {
  CHECK(parse_platform("linux") == host_platform());
  CHECK(normal("arm64") == "linux/arm64");
  CHECK(normal("armhf") == "linux/arm/v7");
  CHECK(parse_platform("windows").architecture == host_platform().architecture);
}

TEST_CASE("the version of a system stands in parentheses", "[platform]") {
  const Platform platform = parse_platform("windows(10.0.17763)/amd64");
  CHECK(platform.os == "windows");
  CHECK(platform.os_version == "10.0.17763");
  CHECK(render_platform(platform) == "windows/amd64");
}

TEST_CASE("what is no platform is refused", "[platform][D180]") {
  for (const char* text :
       {"", "/", "linux/", "/amd64", "a/b/c/d", "linux/amd 64", "linux/*",
        "nonsense", "linux/arm64/", "linux()x/amd64"}) {
    INFO(text);
    CHECK_THROWS_MATCHES(parse_platform(text), base::Error,
                         tests::HasKind(base::ErrorKind::invalid_input));
  }
  try {
    parse_platform("amd46");
    FAIL();
  } catch (const base::Error& error) {
    CHECK(error.hint() == "did you mean \"amd64\"?");
  }
}

TEST_CASE("a machine runs older variants and its 32-bit relatives",
          "[platform][D182]") {
  const auto runs = [](const char* machine, const char* image) {
    return is_runnable(parse_platform(image), parse_platform(machine));
  };
  CHECK(runs("linux/amd64", "linux/amd64"));
  CHECK(runs("linux/amd64", "linux/386"));
  CHECK(runs("linux/amd64/v3", "linux/amd64/v2"));
  CHECK(runs("linux/arm64", "linux/arm/v6"));
  CHECK(runs("linux/arm/v7", "linux/arm/v5"));
  CHECK_FALSE(runs("linux/arm/v6", "linux/arm/v7"));
  CHECK_FALSE(runs("linux/386", "linux/amd64"));
  CHECK_FALSE(runs("linux/amd64", "linux/arm64"));
  CHECK_FALSE(runs("linux/amd64", "windows/amd64"));
  CHECK(is_runnable({"", ""}, parse_platform("linux/amd64")));
}
