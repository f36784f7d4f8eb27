#include "registry/s3_credentials.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <utility>

#include "base/error.h"
#include "registry/aws_endpoints.h"
#include "registry/aws_profile.h"

namespace registry {
namespace {

// A request that is signed just before they run out still has to arrive.
constexpr std::chrono::minutes kMargin{5};

bool is_over(const AwsCredentials& credentials) {
  return credentials.expiry &&
         *credentials.expiry - kMargin <= std::chrono::system_clock::now();
}

// nullopt when neither is there.
std::optional<AwsCredentials> pair_of(std::string id, std::string secret,
                                      std::string token,
                                      std::string_view where) {
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty()) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("{} has {} without {}", where,
                    id.empty() ? "a secret access key" : "an access key id",
                    id.empty() ? "an access key id" : "a secret access key"));
  }
  // They become headers.
  for (const std::string* word : {&id, &token}) {
    for (const char c : *word) {
      if (c >= ' ' && c != '\x7f') continue;
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("{} has a key or token with a control "
                                    "character in it",
                                    where));
    }
  }
  return AwsCredentials{std::move(id), std::move(secret), std::move(token)};
}

std::string find_in(const AwsProfile& profile, const std::string& name) {
  const auto it = profile.find(name);
  return it == profile.end() ? std::string() : it->second;
}

}  // namespace

std::map<std::string, std::string> S3CredentialSources::variables_of_process() {
  std::map<std::string, std::string> variables;
  for (char** word = environ; word != nullptr && *word != nullptr; ++word) {
    const std::string text(*word);
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

S3Credentials::S3Credentials(S3CredentialSources sources, Proxies proxies,
                             HttpLimits limits)
    : sources_(std::move(sources)),
      proxies_(std::move(proxies)),
      limits_(limits) {}

std::string S3Credentials::variable(const std::string& name) const {
  const auto it = sources_.variables.find(name);
  return it == sources_.variables.end() ? std::string() : it->second;
}

AwsCredentials S3Credentials::get(const std::stop_token& stop) {
  const auto found = found_.lock();
  if (found->access_key_id.empty() || is_over(*found)) *found = look_up(stop);
  return *found;
}

bool S3Credentials::expire(const AwsCredentials& used) {
  const auto found = found_.lock();
  if (found->session_token != used.session_token ||
      found->access_key_id != used.access_key_id) {
    return true;  // somebody else has done it
  }
  if (!found->expiry) return false;
  *found = {};
  return true;
}

AwsCredentials S3Credentials::look_up(const std::stop_token& stop) const {
  const AwsCredentials& given = sources_.given;
  if (auto pair = pair_of(given.access_key_id, given.secret_access_key,
                          given.session_token, "what was given")) {
    return *pair;
  }
  if (auto pair = pair_of(variable("AWS_ACCESS_KEY_ID"),
                          variable("AWS_SECRET_ACCESS_KEY"),
                          variable("AWS_SESSION_TOKEN"), "the environment")) {
    return *pair;
  }
  const std::string token_file = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!token_file.empty()) {
    return of_web_identity(token_file, variable("AWS_ROLE_ARN"),
                           variable("AWS_ROLE_SESSION_NAME"), stop);
  }
  AwsCredentials found = of_profile(stop);
  if (!found.access_key_id.empty()) return found;

  const ContainerEndpoint container = {
      variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
      variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
      variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
      variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")};
  if (container.is_set()) {
    return ask_container(container, proxies_, limits_, stop);
  }
  if (variable("AWS_EC2_METADATA_DISABLED") != "true") {
    found = ask_instance(variable("AWS_EC2_METADATA_SERVICE_ENDPOINT"), limits_,
                         stop);
  }
  if (!found.access_key_id.empty()) return found;
  throw base::Error(base::ErrorKind::denied, "there are no credentials for S3")
      .hint(
          "give access_key_id and secret_access_key, set AWS_ACCESS_KEY_ID "
          "and AWS_SECRET_ACCESS_KEY, or put them into ~/.aws/credentials");
}

// Empty when the profile says nothing of it.
AwsCredentials S3Credentials::of_profile(const std::stop_token& stop) const {
  const std::string home = variable("HOME");
  const auto path = [&](const char* name, const char* usual) {
    const std::string named = variable(name);
    if (!named.empty() || home.empty()) return std::filesystem::path(named);
    return std::filesystem::path(home) / usual;
  };
  AwsProfileFiles files;
  files.credentials = path("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
  files.config = path("AWS_CONFIG_FILE", ".aws/config");
  const std::string asked = variable("AWS_PROFILE");
  if (!asked.empty()) files.profile = asked;
  const AwsProfile profile = read_aws_profile(files);
  const std::string named = fmt::format("the profile \"{}\"", files.profile);
  if (profile.empty() && !asked.empty()) {
    throw base::Error(
        base::ErrorKind::denied,
        fmt::format("{} of AWS_PROFILE is neither in {} nor in "
                    "{}",
                    named, files.credentials.native(), files.config.native()));
  }
  if (auto pair = pair_of(find_in(profile, "aws_access_key_id"),
                          find_in(profile, "aws_secret_access_key"),
                          find_in(profile, "aws_session_token"), named)) {
    return *pair;
  }
  const std::string token_file = find_in(profile, "web_identity_token_file");
  if (!token_file.empty()) {
    return of_web_identity(token_file, find_in(profile, "role_arn"),
                           find_in(profile, "role_session_name"), stop);
  }
  for (const char* other : {"role_arn", "credential_process", "sso_session",
                            "sso_start_url", "login_session"}) {
    if (find_in(profile, other).empty()) continue;
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("{} gets its credentials by {}, which strake "
                                  "does not do",
                                  named, other))
        .hint(
            "\"aws configure export-credentials --format env\" prints them for "
            "the environment");
  }
  return {};
}

AwsCredentials S3Credentials::of_web_identity(
    const std::string& token_file, const std::string& role,
    const std::string& session, const std::stop_token& stop) const {
  if (role.empty()) {
    throw base::Error(base::ErrorKind::invalid_input,
                      "a web identity's token file is named without the role "
                      "it is for")
        .hint("set AWS_ROLE_ARN");
  }
  WebIdentity identity;
  identity.token_file = token_file;
  identity.role = role;
  if (!session.empty()) identity.session = session;
  identity.endpoint = variable("AWS_ENDPOINT_URL_STS");
  identity.region = sources_.region;
  return assume_role(identity, proxies_, limits_, stop);
}

}  // namespace registry
