// Programs that keep credentials, here small shell scripts.
#include "registry/credential_program.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "credential_scripts.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
using registry::CredentialProgram;
using tests::CredentialScripts;

namespace {

CredentialProgram helper(
    std::chrono::milliseconds limit = std::chrono::minutes(1)) {
  return CredentialProgram({"test", "host:5000", "/x/config.json"}, limit);
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::denied);
    return error.message();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a helper is asked on its input and answers on its output",
          "[credentials]") {
  const CredentialScripts scripts;
  scripts.add("test", R"sh(echo "$*" > "$0.args"; cat > "$0.input"
echo '{"ServerURL":"x","Username":"u","Secret":"p\u00e9"}')sh");
  const auto credential = helper().get({});
  REQUIRE(credential);
  CHECK(credential->user == "u");
  CHECK(credential->password == "pé");
  CHECK(scripts.read("test.args") == "get\n");
  CHECK(scripts.read("test.input") == "host:5000");
}

TEST_CASE("the user <token> of a helper means an identity token",
          "[credentials]") {
  const CredentialScripts scripts;
  scripts.add("test", R"(echo '{"Username":"<token>","Secret":"refresh"}')");
  const auto credential = helper().get({});
  REQUIRE(credential);
  CHECK(credential->identity_token == "refresh");
  CHECK_FALSE(credential->has_password());

  scripts.add("test", R"(cat > "$0.input")");
  helper().store(*credential, {});
  CHECK(scripts.read("test.input") ==
        R"({"Secret":"refresh","ServerURL":"host:5000","Username":"<token>"})");
}

TEST_CASE("a helper that has nothing is no failure", "[credentials]") {
  const CredentialScripts scripts;
  for (const char* script :
       {"echo 'credentials not found in native keychain'; exit 1",
        "echo 'credentials not found in native keychain' >&2; exit 1",
        R"(echo '{"Username":"","Secret":""}')"}) {
    INFO(script);
    scripts.add("test", script);
    CHECK_FALSE(helper().get({}));
  }
  scripts.add("test",
              "echo 'credentials not found in native keychain'; exit 1");
  CHECK_FALSE(helper().erase({}));
}

TEST_CASE("a helper's failure is told in its own words", "[credentials]") {
  const CredentialScripts scripts;
  CHECK(message_of([] { helper().get({}); }) ==
        "docker-credential-test, which /x/config.json names for host:5000: "
        "there is no program \"docker-credential-test\"");
  scripts.add("test", "printf 'the\\033 keychain\\nis locked\\n'; exit 3");
  CHECK(message_of([] { helper().get({}); }) ==
        "docker-credential-test, which /x/config.json names for host:5000: "
        "\"get\" failed with exit code 3: the keychain is locked");
  scripts.add("test", "kill -SEGV $$");
  CHECK_THAT(message_of([] { helper().get({}); }),
             Contains("failed with signal 11"));
  scripts.add("test", "yes");
  CHECK_THAT(message_of([] { helper().get({}); }),
             Contains("it wrote more than 1024 KiB"));
  scripts.add("test", "exec sleep 1000");
  CHECK_THAT(message_of([] { helper(std::chrono::milliseconds(200)).get({}); }),
             Contains("it has not ended after 0.2 s"));
}

TEST_CASE("an answer that makes no sense is not shown", "[credentials]") {
  const CredentialScripts scripts;
  for (const char* script :
       {"echo hunter2", "true", "echo '{\"Secret\":\"hunter2\"'",
        "echo '[\"hunter2\"]'", "echo '{\"Secret\":\"hunter2\"}'"}) {
    INFO(script);
    scripts.add("test", script);
    const std::string message = message_of([] { helper().get({}); });
    CHECK_THAT(message, Contains("no JSON object with a Username"));
    CHECK_THAT(message, !Contains("hunter2"));
  }
}

TEST_CASE("no secret is in what a helper is quoted with", "[credentials]") {
  const CredentialScripts scripts;
  scripts.add("test", R"sh(input=$(cat); echo "cannot store $input" >&2
echo "cannot store hunter2"; exit 1)sh");
  const std::string of_store = message_of([] {
    helper().store({"u", "hunter2", {}, {}}, {});
  });
  CHECK_THAT(of_store, Contains("cannot store ***"));
  CHECK_THAT(of_store, !Contains("hunter2"));

  scripts.add("test", R"sh(echo '{"Username":"u","Secret":"hunter2"}'
echo "leaving hunter2 behind" >&2; exit 1)sh");
  const std::string of_get = message_of([] { helper().get({}); });
  CHECK_THAT(of_get, Contains("leaving *** behind"));
  CHECK_THAT(of_get, !Contains("hunter2"));
}

TEST_CASE("a helper's name is a file's and no path", "[credentials]") {
  CHECK_THROWS_MATCHES(
      CredentialProgram({"../sh", "host", "/x/config.json"}), base::Error,
      tests::HasKind(ErrorKind::invalid_input,
                     "/x/config.json: \"../sh\" names no credential helper"));
}

TEST_CASE("a stop ends a helper that waits", "[credentials]") {
  const CredentialScripts scripts;
  std::stop_source stop;
  stop.request_stop();
  scripts.add("test", "exec sleep 1000");
  CHECK_THROWS_MATCHES(helper().get(stop.get_token()), base::Error,
                       tests::HasKind(ErrorKind::cancelled));
}
