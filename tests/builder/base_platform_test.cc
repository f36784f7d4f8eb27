// What --platform, on the command line and on FROM, means for bases and images.
#include <catch2/catch.hpp>

#include "fakes.h"

using Catch::Contains;
using tests::FakeImages;
using tests::plan_error;
using tests::plan_of;

namespace {

builder::PlanOptions on(const char* platform) {
  builder::PlanOptions options;
  options.build_platform = {"linux", "amd64"};
  if (platform != nullptr) options.platform = builder::parse_platform(platform);
  return options;
}

}  // namespace

TEST_CASE("FROM --platform takes any platform, in any spelling",
          "[plan][D154][D158][D178][D180]") {
  FakeImages images;
  images.add("base");
  for (const char* platform :
       {"linux/amd64", "amd64", "linux/x86_64", "$BUILDPLATFORM", "Linux/AMD64",
        "${TARGETOS}/${TARGETARCH}", ""}) {
    INFO(platform);
    const auto plan =
        plan_of(std::string("FROM --platform=") + platform + " base\n", images,
                on(nullptr));
    CHECK(plan.mismatches.empty());
  }
  CHECK_THAT(
      plan_error("FROM --platform=linux/amd64/a/b base\n"),
      Contains("Dockerfile:1:17: \"linux/amd64/a/b\" is not a platform"));
  CHECK_THAT(plan_error("FROM --platform=$TARGETPLATFROM base\n"),
             Contains("\"$TARGETPLATFROM\" expands to nothing\n"
                      "did you mean \"$TARGETPLATFORM\"?"));
  CHECK_THAT(plan_error("FROM --platform=x base AS a\nFROM base\n"),
             Contains("Dockerfile:1:17:"));
}

TEST_CASE("a base for another platform than asked for is used and noted",
          "[plan][D181]") {
  FakeImages images;
  images.add("base");
  const auto plan = plan_of(
      "FROM --platform=linux/arm64 base AS a\nFROM base\n"
      "COPY --from=a x /\n",
      images, on(nullptr));
  REQUIRE(plan.mismatches.size() == 1);
  CHECK(plan.mismatches[0].name == "base");
  CHECK(plan.mismatches[0].range.start.line == 1);
  CHECK(render_platform(plan.mismatches[0].asked) == "linux/arm64");
  CHECK(render_platform(plan.mismatches[0].found) == "linux/amd64");
}

TEST_CASE("a stage's platform stays that of its base",
          "[plan][D178][D179][D184]") {
  FakeImages images;
  images.add("base");
  images.images["base"].config.architecture = "arm64";
  images.images["base"].config.variant = "v8";
  const auto architecture_of = [&](const char* text, const char* platform) {
    const auto config = plan_of(text, images, on(platform)).config;
    return config.os + "/" + config.architecture + "/" + config.variant;
  };
  // The base says what the image is for, unless the command line does.
  CHECK(architecture_of("FROM base\n", nullptr) == "linux/arm64/");
  CHECK(architecture_of("FROM --platform=linux/riscv64 base\n", nullptr) ==
        "linux/arm64/");
  CHECK(architecture_of("FROM base\n", "linux/arm/v6") == "linux/arm/v6");
  CHECK(architecture_of("FROM base AS a\nFROM --platform=linux/386 a\n",
                        nullptr) == "linux/arm64/");
  CHECK(architecture_of("FROM --platform=linux/386 scratch\n", "linux/arm") ==
        "linux/arm/v7");
}

TEST_CASE("the platform arguments tell where is built and for what",
          "[plan][D143][D144][D145]") {
  FakeImages images;
  images.add("base");
  images.add("base-linux-arm-v7");
  const auto plan = plan_of(
      "FROM --platform=$BUILDPLATFORM base-$TARGETOS-$TARGETARCH-$TARGETVARIANT"
      "\nARG TARGETPLATFORM BUILDPLATFORM TARGETVARIANT BUILDVARIANT\nRUN x\n",
      images, on("linux/arm"));
  CHECK(images.asked == std::vector<std::string>{"base-linux-arm-v7"});
  CHECK(tests::last_run_sees(plan, "TARGETPLATFORM") == "linux/arm/v7");
  CHECK(tests::last_run_sees(plan, "TARGETVARIANT") == "v7");
  CHECK(tests::last_run_sees(plan, "BUILDPLATFORM") == "linux/amd64");
  CHECK(tests::last_run_sees(plan, "BUILDVARIANT").empty());
}
