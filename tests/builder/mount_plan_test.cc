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

TEST_CASE("an agent's socket is numbered unless it has a target",
          "[plan][D298]") {
  const auto mounts = mounts_of(
      "--mount=type=ssh --mount=type=ssh,id=other,target=sock "
      "--mount=type=ssh,id=third");
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].target == "/run/buildkit/ssh_agent.0");
  CHECK(mounts[0].option.id == "default");
  CHECK(mounts[1].target == "/run/buildkit/ssh_agent.2");
  CHECK(mounts[2].target == "/sock");
  CHECK(mounts[2].option.id == "other");
}

TEST_CASE("SSH_AUTH_SOCK is the first agent's socket, unless the stage set it",
          "[plan][D298]") {
  const auto variable = [](const std::string& lines) {
    return tests::last_run_sees(plan_of("FROM base\n" + lines),
                                "SSH_AUTH_SOCK");
  };
  CHECK(variable("RUN x\n") == "-");
  CHECK(variable(
            "RUN --mount=type=ssh,target=/z --mount=type=ssh,target=/a x\n") ==
        "/z");
  CHECK(variable("ENV SSH_AUTH_SOCK=/own\nRUN --mount=type=ssh x\n") == "/own");
}

TEST_CASE("a cache may start as a stage's directory", "[plan][D278]") {
  const ExecMount cache =
      mounts_of("--mount=type=cache,target=/c,from=tools,source=/x")[0];
  CHECK(cache.source.kind == builder::TreeSource::Kind::vertex);
  CHECK(builder::reads_tree(cache));
  CHECK_FALSE(
      builder::reads_tree(mounts_of("--mount=type=cache,target=/c")[0]));
}

TEST_CASE("RUN's network is its flag's, else the command line's",
          "[plan][D254]") {
  const auto network = [](const char* flags, builder::NetworkMode mode) {
    builder::PlanOptions options;
    options.network = mode;
    options.allowed.host_network = true;
    return tests::operation_of<ExecOp>(
               plan_of(std::string("FROM base\nRUN ") + flags + " x\n",
                       options))
        .network;
  };
  using Mode = builder::NetworkMode;
  CHECK(network("", Mode::standard) == Mode::standard);
  CHECK(network("", Mode::none) == Mode::none);
  CHECK(network("--network=default", Mode::none) == Mode::none);
  CHECK(network("--network=none", Mode::standard) == Mode::none);
  CHECK(network("--network=host", Mode::none) == Mode::host);
  CHECK_THAT(error_of("--network=moon"), Contains("\"moon\""));
}

TEST_CASE(
    "the host's network and no sandbox take consent, before anything runs",
    "[plan][D254][D255][D256]") {
  CHECK_THAT(error_of("--network=host"),
             Contains("Dockerfile:2:5: RUN --network=host needs the user's "
                      "consent") &&
                 Contains("--allow network.host"));
  CHECK_THAT(error_of("--security=insecure"),
             Contains("--allow security.insecure"));
  builder::PlanOptions options;
  options.network = builder::NetworkMode::host;  // the user's own --network
  options.allowed.insecure = true;
  const auto plan = plan_of(
      "FROM base\nRUN --network=host --security=insecure x\n"
      "RUN --security=sandbox x\n",
      options);
  const auto& first = tests::operation_of<ExecOp>(plan, 0);
  CHECK(first.network == builder::NetworkMode::host);
  CHECK(first.security == builder::SecurityMode::insecure);
  CHECK(tests::operation_of<ExecOp>(plan, 1).security ==
        builder::SecurityMode::sandbox);
  CHECK_THAT(error_of("--security=none"), Contains("\"none\""));
}

TEST_CASE("flags of which there can be one are not given twice",
          "[plan][D258]") {
  CHECK_THAT(error_of("--network=none --network=none"), Contains("twice"));
  CHECK_THAT(error_of("--security=sandbox --security=sandbox"),
             Contains("twice"));
  CHECK(mounts_of("--mount=target=/a --mount=target=/b").size() == 2);
}

TEST_CASE("the sandbox's host name is a build argument, and in the key",
          "[plan][D153]") {
  const auto digest = [](const builder::BuildArgs& args) {
    const auto plan = plan_of("FROM base\nRUN x\n",
                              {.target = {}, .build_args = args, .labels = {}});
    return builder::operation_digest(tests::operation_of<ExecOp>(plan));
  };
  const auto named = [&](const char* name) {
    return digest({{"BUILDKIT_SANDBOX_HOSTNAME", name}});
  };
  CHECK(named("a") != named("b"));
  CHECK(named("a") != digest({}));
  CHECK(named("") == digest({}));
  CHECK_THROWS_WITH(named(std::string(65, 'x').c_str()),
                    Contains("at most 64 bytes"));
}

TEST_CASE("a key has what the command line gives a step to see",
          "[plan][D314][D319][D430][D431]") {
  const auto digest = [](const builder::RunSettings& settings) {
    builder::PlanOptions options;
    options.run = settings;
    return builder::operation_digest(
        tests::operation_of<ExecOp>(plan_of("FROM base\nRUN x\n", options)));
  };
  builder::RunSettings hosts;
  hosts.extra_hosts = {{"a", "1.2.3.4"}};
  builder::RunSettings memory;
  memory.shm_bytes = 1 << 20;
  builder::RunSettings limits;
  limits.rlimits = {{"RLIMIT_NOFILE", 1, 2}};
  builder::RunSettings moved_hosts;
  moved_hosts.extra_hosts = {{"a", "5.6.7.8"}, {"a", "::1"}};
  builder::RunSettings other_hosts;
  other_hosts.extra_hosts = {{"b", "1.2.3.4"}};
  CHECK(digest(hosts) != digest({}));
  CHECK(digest(hosts) == digest(moved_hosts));
  CHECK(digest(hosts) != digest(other_hosts));
  CHECK(digest(memory) != digest({}));
  CHECK(digest(limits) != digest({}));
}
