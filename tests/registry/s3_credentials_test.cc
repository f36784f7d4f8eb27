// Who we are to a bucket: from what was given, the environment, files, and the
// services of aws_server.py.
#include "registry/s3_credentials.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "python_server.h"
#include "registry/aws_profile.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
using registry::AwsCredentials;
using registry::S3Credentials;
using registry::S3CredentialSources;
using tests::HasKind;

namespace {

using Variables = std::map<std::string, std::string>;

struct Fixture {
  base::TempDir home;
  AwsCredentials given{};
  Variables variables = {{"HOME", home.path().native()},
                         {"AWS_EC2_METADATA_DISABLED", "true"}};

  std::string write(const std::string& name, const std::string& text) const {
    const auto path = home.path() / name;
    std::filesystem::create_directories(path.parent_path());
    base::replace_file(path, text);
    return path.native();
  }
  S3Credentials open() const {
    return S3Credentials({given, variables, "eu-central-1"},
                         registry::Proxies(),
                         {.connect = std::chrono::seconds(2),
                          .stall = std::chrono::seconds(2),
                          .first_delay = std::chrono::milliseconds(1)});
  }
  AwsCredentials get() const { return open().get({}); }
};

}  // namespace

TEST_CASE("credentials that are given come before those of the environment",
          "[s3]") {
  Fixture fixture;
  fixture.variables["AWS_ACCESS_KEY_ID"] = "variable";
  fixture.variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  fixture.variables["AWS_SESSION_TOKEN"] = "token";
  CHECK(fixture.get().access_key_id == "variable");
  CHECK(fixture.get().session_token == "token");
  fixture.given = {"given", "secret", {}};
  CHECK(fixture.get().access_key_id == "given");
  // A token belongs to its own keys.
  CHECK(fixture.get().session_token.empty());
}

TEST_CASE("credentials of the environment come before those of files", "[s3]") {
  Fixture fixture;
  fixture.write(".aws/credentials",
                "[default]\naws_access_key_id = file\n"
                "aws_secret_access_key = s/e+c=r#t ; a comment\n"
                "[work]\nAWS_ACCESS_KEY_ID=work\naws_secret_access_key=s\n"
                "aws_session_token = t\n");
  CHECK(fixture.get().access_key_id == "file");
  CHECK(fixture.get().secret_access_key == "s/e+c=r#t");
  fixture.variables["AWS_PROFILE"] = "work";
  CHECK(fixture.get().access_key_id == "work");
  CHECK(fixture.get().session_token == "t");
  fixture.variables["AWS_ACCESS_KEY_ID"] = "variable";
  fixture.variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  CHECK(fixture.get().access_key_id == "variable");
}

TEST_CASE("a profile may stand in the configuration", "[s3]") {
  Fixture fixture;
  fixture.variables["AWS_PROFILE"] = "work";
  fixture.variables["AWS_CONFIG_FILE"] = fixture.write(
      "elsewhere",
      "# [profile work]\n[work]\naws_access_key_id = not this\n"
      "[profile  work]\naws_access_key_id = this\naws_secret_access_key = s\n"
      "s3 =\n  aws_access_key_id = nested\nno line\n[profile other]\n"
      "aws_access_key_id = other\n");
  CHECK(fixture.get().access_key_id == "this");
}

TEST_CASE("half of a pair is refused without telling it", "[s3]") {
  Fixture fixture;
  SECTION("given") { fixture.given.secret_access_key = "hush"; }
  SECTION("in the environment") {
    fixture.variables["AWS_SECRET_ACCESS_KEY"] = "hush";
  }
  SECTION("in a file") {
    fixture.write(".aws/credentials",
                  "[default]\naws_secret_access_key = hush\n");
  }
  try {
    fixture.get();
    FAIL("it was taken");
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::invalid_input);
    CHECK_THAT(error.message(), Contains("without an access key id"));
    CHECK_THAT(error.message(), !Contains("hush"));
  }
}

TEST_CASE("without any credentials it is said what to do", "[s3]") {
  Fixture fixture;
  try {
    fixture.get();
    FAIL("there were some");
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::denied);
    CHECK_THAT(error.hint(), Contains("AWS_ACCESS_KEY_ID"));
  }
  fixture.variables["AWS_PROFILE"] = "nobody";
  CHECK_THROWS_MATCHES(fixture.get(), base::Error,
                       HasKind(ErrorKind::denied, "\"nobody\""));
}

TEST_CASE("a profile by other means is refused by name", "[s3]") {
  Fixture fixture;
  fixture.write(".aws/config", "[default]\nsso_session = corporate\n");
  CHECK_THROWS_MATCHES(fixture.get(), base::Error,
                       HasKind(ErrorKind::unsupported, "sso_session"));
}

TEST_CASE("a key that would break a header is refused", "[s3]") {
  Fixture fixture;
  fixture.given = {"id\r\nX-Evil: 1", "secret", {}};
  CHECK_THROWS_MATCHES(fixture.get(), base::Error,
                       HasKind(ErrorKind::invalid_input, "control character"));
}

TEST_CASE("an instance's role is asked for with a token", "[s3]") {
  Fixture fixture;
  const tests::PythonServer server("aws_server.py");
  fixture.variables.erase("AWS_EC2_METADATA_DISABLED");
  fixture.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] =
      fmt::format("http://127.0.0.1:{}/", server.port());
  S3Credentials credentials = fixture.open();
  const AwsCredentials found = credentials.get({});
  CHECK(found.access_key_id == "AKID-instance");
  CHECK(found.secret_access_key == "secret-instance");
  CHECK(found.session_token == "token-instance");
  CHECK(found.expiry > std::chrono::system_clock::now());
  credentials.get({});
  CHECK(server.requests().size() == 3);  // once is enough
  CHECK(credentials.expire(found));
  credentials.get({});
  CHECK(server.requests().size() == 6);
}

TEST_CASE("a container's credentials are asked for with its token", "[s3]") {
  Fixture fixture;
  const tests::PythonServer server("aws_server.py");
  const auto lead_to = [&](const std::string& path) {
    fixture.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] =
        fmt::format("http://127.0.0.1:{}{}", server.port(), path);
  };
  lead_to("/container");
  CHECK_THROWS_MATCHES(fixture.get(), base::Error,
                       HasKind(ErrorKind::denied, "refuses with 401"));
  fixture.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "container-token";
  CHECK(fixture.get().access_key_id == "AKID-container");
  fixture.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "an old one";
  fixture.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] =
      fixture.write("token", "container-token\n");
  CHECK(fixture.get().session_token == "token-container");
  lead_to("/nonsense");
  CHECK_THROWS_MATCHES(fixture.get(), base::Error,
                       HasKind(ErrorKind::invalid_input, "no credentials"));
  fixture.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] =
      "http://evil.example/container";
  CHECK_THROWS_MATCHES(
      fixture.get(), base::Error,
      HasKind(ErrorKind::invalid_input, "evil.example without TLS"));
}

TEST_CASE("credentials that are about to run out are asked for again", "[s3]") {
  Fixture fixture;
  const tests::PythonServer server("aws_server.py");
  fixture.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] =
      fmt::format("http://127.0.0.1:{}/soon", server.port());
  S3Credentials credentials = fixture.open();
  CHECK(credentials.get({}).access_key_id == "AKID-soon");
  credentials.get({});
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a web identity is changed for a role", "[s3]") {
  Fixture fixture;
  const tests::PythonServer server("aws_server.py");
  fixture.variables["AWS_ENDPOINT_URL_STS"] =
      fmt::format("http://127.0.0.1:{}", server.port());
  const std::string token = fixture.write("identity", "good-identity\n");
  SECTION("of the environment") {
    fixture.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = token;
    CHECK_THROWS_MATCHES(fixture.get(), base::Error,
                         HasKind(ErrorKind::invalid_input, "without the role"));
    fixture.variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r";
  }
  SECTION("of a profile") {
    fixture.write(".aws/config",
                  "[default]\nrole_arn = arn:aws:iam::1:role/r\n"
                  "web_identity_token_file = " +
                      token + "\n");
  }
  const AwsCredentials found = fixture.get();
  CHECK(found.access_key_id == "AKID-role");
  CHECK(found.session_token == "arn:aws:iam::1:role/r:strake");
  CHECK(found.expiry > std::chrono::system_clock::now());
  fixture.write("identity", "bad-identity");
  try {
    fixture.get();
    FAIL("it was taken");
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::denied);
    CHECK_THAT(error.message(), Contains("InvalidIdentityToken"));
    CHECK_THAT(error.message(), !Contains("bad-identity"));
  }
}

TEST_CASE("static credentials that a server calls expired stay so", "[s3]") {
  Fixture fixture;
  fixture.given = {"id", "secret", "token"};
  S3Credentials credentials = fixture.open();
  CHECK_FALSE(credentials.expire(credentials.get({})));
}
