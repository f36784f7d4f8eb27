// The values of the flags about RUN steps.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/temp_dir.h"
#include "builder/unix_socket.h"
#include "cli/allow_flag.h"
#include "cli/host_flag.h"
#include "cli/limit_flags.h"
#include "cli/secret_flag.h"
#include "cli/ssh_flag.h"

using Catch::Contains;

namespace {

// "<message>\n<hint>" of what a reader throws.
template <typename Read>
std::string error_of(Read read) {
  try {
    read();
  } catch (const base::Error& error) {
    return error.message() + "\n" + error.hint();
  }
  return "no error";
}

std::vector<runtime::Rlimit> limits_of(const std::string& word) {
  std::vector<runtime::Rlimit> limits;
  cli::add_ulimit(word, limits);
  return limits;
}

builder::Secrets secrets_of(const std::string& word) {
  builder::Secrets secrets;
  cli::add_secret(word, secrets);
  return secrets;
}

void write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("a limit is soft and hard, the last of a name", "[cli][D319]") {
  const auto one = limits_of("nofile=1024");
  REQUIRE(one.size() == 1);
  CHECK(one[0].type == "RLIMIT_NOFILE");
  CHECK(one[0].soft == 1024);
  CHECK(one[0].hard == 1024);
  CHECK(limits_of("NPROC=1:2")[0].hard == 2);
  CHECK(limits_of("core=0:-1")[0].hard == RLIM_INFINITY);
  CHECK(limits_of("core=-1")[0].soft == RLIM_INFINITY);
  auto limits = limits_of("cpu=1");
  cli::add_ulimit("cpu=2", limits);
  REQUIRE(limits.size() == 1);
  CHECK(limits[0].soft == 2);
}

TEST_CASE("what is no limit is refused", "[cli][D319]") {
  const auto error = [](const char* word) {
    return error_of([word] { limits_of(word); });
  };
  CHECK_THAT(error("nofiles=1"), Contains("did you mean \"nofile\"?"));
  CHECK_THAT(error("moon=1"), Contains("it is one of core, cpu"));
  for (const char* word : {"nofile", "nofile=", "nofile=1:", "nofile=x",
                           "nofile=1:2:3", "nofile=-2", ""}) {
    INFO(word);
    CHECK_THROWS_AS(limits_of(word), base::Error);
  }
  CHECK_THAT(error("nofile=2:1"), Contains("above the hard one"));
  CHECK_THAT(error("nofile=-1:1"), Contains("above the hard one"));
}

TEST_CASE("shared memory has a size above nothing", "[cli][D311]") {
  CHECK(cli::read_shm_size("128m") == 128U << 20U);
  CHECK_THROWS_AS(cli::read_shm_size("0"), base::Error);
  CHECK_THROWS_AS(cli::read_shm_size("-1"), base::Error);
  CHECK_THROWS_AS(cli::read_shm_size("much"), base::Error);
}

TEST_CASE("a host is a name and an address of either family", "[cli][D314]") {
  const auto host = [](const char* word) {
    const builder::ExtraHost parsed = cli::parse_host(word);
    return parsed.name + " " + parsed.address;
  };
  CHECK(host("a:1.2.3.4") == "a 1.2.3.4");
  CHECK(host("a=1.2.3.4") == "a 1.2.3.4");
  CHECK(host("a:::1") == "a ::1");
  CHECK(host("a=::1") == "a ::1");
  CHECK(host("a:[::1]") == "a ::1");
  CHECK(host("a:host-gateway") == "a host-gateway");
  for (const char* word :
       {"a", "a:", ":1.2.3.4", "a:b", "a:1.2.3", "a b:1.1.1.1",
        "a\n6.6.6.6 b:1.1.1.1", "a:1.2.3.4 x"}) {
    INFO(word);
    CHECK_THROWS_AS(cli::parse_host(word), base::Error);
  }
}

TEST_CASE("consent is given by name, several at once", "[cli][D256]") {
  builder::Entitlements allowed;
  cli::add_entitlements("network.host,security.insecure", allowed);
  CHECK(allowed.host_network);
  CHECK(allowed.insecure);
  CHECK_FALSE(allowed.allows_device("a.com/gpu=0"));
  cli::add_entitlements("device=a.com/gpu", allowed);
  CHECK(allowed.allows_device("a.com/gpu=0"));
  CHECK(allowed.allows_device("a.com/gpu=*"));
  CHECK_FALSE(allowed.allows_device("a.com/gpus=0"));
  cli::add_entitlements("device=b.com/x=1", allowed);
  CHECK(allowed.allows_device("b.com/x=1"));
  CHECK_FALSE(allowed.allows_device("b.com/x=2"));
  cli::add_entitlements("device", allowed);
  CHECK(allowed.allows_device("b.com/x=2"));
  CHECK_THAT(error_of([&] { cli::add_entitlements("network.hots", allowed); }),
             Contains("did you mean \"network.host\"?"));
  CHECK_THROWS_AS(cli::add_entitlements("", allowed), base::Error);
  CHECK_THROWS_AS(cli::add_entitlements("device=", allowed), base::Error);
}

TEST_CASE("a secret is a file's bytes or a variable's", "[cli][D288]") {
  const base::TempDir directory;
  const std::string file = directory.path() / "token";
  write(file, "bytes\n");
  ::setenv("STRAKE_TEST_TOKEN", "of the variable", 1);
  ::setenv("STRAKE_TEST_EMPTY", "", 1);
  CHECK(secrets_of("id=a,src=" + file).at("a") == "bytes\n");
  CHECK(secrets_of("id=a,source=" + file).at("a") == "bytes\n");
  CHECK(secrets_of("type=file,id=a,src=" + file).at("a") == "bytes\n");
  CHECK(secrets_of("id=a,env=STRAKE_TEST_TOKEN").at("a") == "of the variable");
  CHECK(secrets_of("id=a,type=env,src=STRAKE_TEST_TOKEN").at("a") ==
        "of the variable");
  CHECK(secrets_of("id=STRAKE_TEST_TOKEN").at("STRAKE_TEST_TOKEN") ==
        "of the variable");
  CHECK(secrets_of("type=env,id=STRAKE_TEST_TOKEN").size() == 1);
  CHECK(secrets_of("id=a,env=STRAKE_TEST_EMPTY").at("a").empty());
  CHECK(secrets_of("id=" + file).at(file) == "bytes\n");
  write(directory.path() / "a,b", "comma");
  CHECK(secrets_of("id=a,\"src=" + directory.path().native() + "/a,b\"")
            .at("a") == "comma");
}

TEST_CASE("a secret that is nowhere is named", "[cli][D288]") {
  const auto error = [](const std::string& word) {
    return error_of([&word] { secrets_of(word); });
  };
  CHECK_THAT(error("src=x"), Contains("there is no id="));
  CHECK_THAT(error("id=a,src=/nonexistent/x"),
             Contains("there is no file /nonexistent/x"));
  CHECK_THAT(error("id=a,src=/"), Contains("/ is a directory"));
  CHECK_THAT(error("id=a,env=STRAKE_TEST_UNSET"),
             Contains("the variable STRAKE_TEST_UNSET is not set"));
  CHECK_THAT(error("id=a,type=moon"), Contains("not \"moon\""));
  CHECK_THAT(error("id=a,scr=x"), Contains("did you mean \"src\"?"));
  CHECK_THAT(error("id=a,src"), Contains("\"src\" has no value"));
  CHECK_THAT(error("id=a,src=x,env=y"), Contains("src or env, not both"));
}

TEST_CASE("a secret above 500 KiB is refused", "[cli][D293]") {
  const base::TempDir directory;
  const std::string file = directory.path() / "big";
  write(file, std::string(500 << 10, 'x'));
  CHECK(secrets_of("id=a,src=" + file).at("a").size() == 500U << 10U);
  write(file, std::string((500 << 10) + 1, 'x'));
  CHECK_THAT(error_of([&] { secrets_of("id=a,src=" + file); }),
             Contains("secret \"a\" is larger than 500 KiB"));
}

TEST_CASE("an agent is a socket or keys, by its id", "[cli][D297]") {
  const base::TempDir directory;
  const std::string socket = directory.path() / "agent";
  const std::string key = directory.path() / "key";
  const base::Fd listening = builder::listen_on(socket);
  write(key, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
  ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
  builder::SshAgents agents;
  cli::add_agent("default", agents);
  CHECK(agents.at("default").socket == socket);
  cli::add_agent("other=" + socket, agents);
  CHECK(agents.at("other").socket == socket);
  cli::add_agent("keys=" + key + "," + key, agents);
  CHECK(agents.at("keys").keys.size() == 2);
  const auto error = [&](const std::string& word) {
    return error_of([&] { cli::add_agent(word, agents); });
  };
  CHECK_THAT(error("default"), Contains("\"default\" is given twice"));
  CHECK_THAT(error("x=" + socket + "," + key), Contains("a socket and keys"));
  CHECK_THAT(error("x=" + socket + "," + socket), Contains("one socket"));
  CHECK_THAT(error("x=/nonexistent"), Contains("/nonexistent"));
  CHECK_THAT(error("x=/dev/null"), Contains("neither a socket nor a key"));
  write(key, "ssh-ed25519 AAAA public\n");
  CHECK_THAT(error("x=" + key), Contains("is not a private key"));
  ::unsetenv("SSH_AUTH_SOCK");
  CHECK_THAT(error("x"), Contains("SSH_AUTH_SOCK is not set"));
}
