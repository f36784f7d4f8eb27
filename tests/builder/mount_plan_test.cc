// RUN's flags, as the plan has them.
#include <catch2/catch.hpp>

#include "fakes.h"

using builder::ExecMount;
using builder::ExecOp;
using Catch::Contains;
using parser::MountType;
using tests::plan_error;
using tests::plan_of;

namespace {

// The mounts of `RUN <flags> x` in /work.
std::vector<ExecMount> mounts_of(const std::string& flags,
                                 const builder::BuildArgs& args = {}) {
  const auto plan = plan_of(
      "FROM base AS tools\nRUN y\nFROM base\nARG T=/t S=a,b\nWORKDIR /work\n"
      "RUN " +
          flags + " x\n",
      {.target = {}, .build_args = args, .labels = {}});
  const std::size_t count = flags.find("from=tools") == flags.npos ? 0 : 1;
  return tests::operation_of<ExecOp>(plan, count).mounts;
}

std::string error_of(const std::string& flags) {
  return plan_error("FROM base\nRUN " + flags + " x\n");
}

}  // namespace

TEST_CASE("a mount stands where its target says, seen from WORKDIR",
          "[plan][D266][D271]") {
  CHECK(mounts_of("--mount=target=/a/../b")[0].target == "/b");
  CHECK(mounts_of("--mount=target=sub")[0].target == "/work/sub");
  CHECK(mounts_of("--mount=type=bind")[0].target == "/work");
  CHECK(mounts_of("--mount=type=tmpfs,target=$T")[0].target == "/t");
  CHECK(mounts_of("--mount=target=/a")[0].source.kind ==
        builder::TreeSource::Kind::context);
  CHECK(mounts_of("--mount=from=tools,target=/a")[0].source.kind ==
        builder::TreeSource::Kind::vertex);
  CHECK_THAT(error_of("--mount=type=cache,target=$X/.."),
             Contains("would hide the whole image"));
}

TEST_CASE("a variable's comma stays in its field", "[plan][D265]") {
  CHECK(mounts_of("--mount=target=/m,source=$S")[0].option.source == "a,b");
}

TEST_CASE("mounts are made parents first, and never two on one target",
          "[plan][D267]") {
  const auto mounts = mounts_of(
      "--mount=target=/a/b --mount=type=tmpfs,target=/a-b "
      "--mount=type=cache,target=/a");
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].target == "/a");
  CHECK(mounts[1].target == "/a/b");
  CHECK(mounts[2].target == "/a-b");
  CHECK_THAT(error_of("--mount=target=/a --mount=type=tmpfs,dst=/b/../a/"),
             Contains("Dockerfile:2:23: two mounts have the target \"/a\""));
}

TEST_CASE("a cache mount's id is its target as written, cleaned",
          "[plan][D276][D282]") {
  CHECK(mounts_of("--mount=type=cache,target=/a//b/")[0].option.id == "/a/b");
  CHECK(mounts_of("--mount=type=cache,target=sub/.")[0].option.id == "sub");
  CHECK(mounts_of("--mount=type=cache,id=x,target=/a")[0].option.id == "x");
  CHECK(mounts_of("--mount=type=cache,id=x,target=/a",
                  {{"BUILDKIT_CACHE_MOUNT_NS", "ci"}})[0]
            .option.id == "ci/x");
  CHECK_FALSE(mounts_of("--mount=type=cache,target=/a")[0].option.read_only);
}

TEST_CASE("a secret is a file, a variable, or both",
          "[plan][D288][D289][D290]") {
  const auto secret = [](const std::string& keys) {
    return mounts_of("--mount=type=secret," + keys).at(0);
  };
  CHECK(secret("id=a/token").target == "/run/secrets/token");
  CHECK(secret("source=tok").target == "/run/secrets/tok");
  CHECK(secret("target=/etc/tok").option.id == "tok");
  CHECK(secret("id=t,target=etc/tok").target == "/etc/tok");
  CHECK(secret("id=t,env=TOKEN").target.empty());
  CHECK(secret("id=t,env=TOKEN,target=/a").target == "/a");
  CHECK(secret("id=t,env=TOKEN,target=/a").option.env == "TOKEN");
}

TEST_CASE("two secrets that are only variables do not collide",
          "[plan][D267][D290]") {
  CHECK(mounts_of("--mount=type=secret,id=a,env=A "
                  "--mount=type=secret,id=b,env=B")
            .size() == 2);
}

TEST_CASE("a mount that a variable makes wrong is shown whole",
          "[plan][D261]") {
  CHECK_THAT(plan_error("FROM base\nARG M\n"
                        "RUN --mount=type=cache,mode=9$M,target=/a x\n"),
             Contains("Dockerfile:3:5: mount key \"mode\""));
}

TEST_CASE("RUN's network is its flag's, the host's only with consent",
          "[plan][D254][D256]") {
  const auto network = [](const char* flags, builder::NetworkMode mode) {
    return tests::operation_of<ExecOp>(
               plan_of(std::string("FROM base\nRUN ") + flags + " x\n",
                       {.target = {},
                        .build_args = {},
                        .labels = {},
                        .network = mode}))
        .network;
  };
  using Mode = builder::NetworkMode;
  CHECK(network("", Mode::standard) == Mode::standard);
  CHECK(network("", Mode::none) == Mode::none);
  CHECK(network("--network=none", Mode::standard) == Mode::none);
  CHECK(network("--network=host", Mode::host) == Mode::host);
  CHECK_THAT(error_of("--network=host"), Contains("consent"));
  CHECK_THAT(error_of("--network=moon"), Contains("\"moon\""));
  CHECK_THAT(error_of("--security=insecure"), Contains("not supported yet"));
}
