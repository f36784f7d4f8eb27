// Windows images: what they say is read, nothing is run in them.
#include <catch2/catch.hpp>

#include "fakes.h"
#include "tests/has_kind.h"

using tests::FakeImages;
using tests::plan_of;

TEST_CASE("a Windows file is read, and refused when a RUN is reached",
          "[plan][D482]") {
  FakeImages images;
  images.add("windows");
  images.images.at("windows").config.os = "windows";
  const std::string head =
      "# escape=`\nFROM windows\nSHELL [\"cmd\", \"/S\", \"/C\"]\n"
      "ENV A=C:\\x `\n  B=c:\\\\y\nCMD dir C:\\\n";
  const auto plan = plan_of(head, images);
  CHECK(plan.config.config.env[plan.config.config.env.size() - 2] == "A=C:\\x");
  CHECK(plan.config.config.cmd ==
        std::vector<std::string>{"cmd", "/S", "/C", "dir C:\\"});
  CHECK_THROWS_MATCHES(
      plan_of(head + "RUN dir\n", images), base::Error,
      tests::HasKind(base::ErrorKind::unsupported,
                     "Dockerfile:7:1: RUN in a Windows image"));
}
