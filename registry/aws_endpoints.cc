#include "registry/aws_endpoints.h"

#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "registry/percent_encoding.h"
#include "registry/retry.h"
#include "registry/xml_tree.h"

namespace registry {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 1U << 20U;
constexpr const char* kContainerHost = "http://169.254.170.2";
constexpr const char* kInstanceHost = "http://169.254.169.254";

base::Error nonsense(std::string_view who) {
  return base::Error(
      base::ErrorKind::invalid_input,
      fmt::format("{} answers with something that is no credentials", who));
}

struct Answer {
  int status = 0;
  std::string body;
};

// Any answer but "later" is one.
Answer ask(HttpClient& client, const HttpRequest& request, std::string_view who,
           const std::stop_token& stop) {
  Retry retry(client.limits(), stop);
  for (;;) {
    try {
      HttpExchange exchange(client, request, stop);
      const HttpReply head = exchange.reply();
      if (is_later(head.status)) {
        Unavailable later(fmt::format("it says {}", head.status));
        later.asked_pause = find_retry_after(head);
        throw later;
      }
      return {head.status, exchange.read_all(kMostBytes)};
    } catch (base::Error& error) {
      error.add_context(who);
      retry.wait(error, false);
    }
  }
}

void judge(int status, std::string_view who) {
  constexpr int kOk = 200;
  if (status == kOk) return;
  throw base::Error(base::ErrorKind::denied,
                    fmt::format("{} refuses with {}", who, status));
}

// "2016-02-25T06:03:31Z", perhaps with a fraction of a second.
std::chrono::sys_seconds parse_time(const std::string& text,
                                    std::string_view who) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) {
    throw nonsense(who);
  }
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

// What the container's and the instance's endpoints have in common.
AwsCredentials parse_json(const std::string& text, std::string_view who) {
  const json document = json::parse(text, nullptr, false);
  const auto field = [&](const char* name) {
    const auto it = document.find(name);
    return it != document.end() && it->is_string() ? it->get<std::string>()
                                                   : std::string();
  };
  if (!document.is_object()) throw nonsense(who);
  AwsCredentials found{field("AccessKeyId"), field("SecretAccessKey"),
                       field("Token")};
  if (found.access_key_id.empty() || found.secret_access_key.empty()) {
    throw nonsense(who);
  }
  const std::string expiry = field("Expiration");
  if (!expiry.empty()) found.expiry = parse_time(expiry, who);
  return found;
}

// Of this machine, or of its link alone.
bool is_near(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "[::1]" ||
         host == "169.254.170.2" || host == "169.254.170.23" ||
         host == "[fd00:ec2::23]";
}

std::string read_token(const std::filesystem::path& path) {
  std::string token = base::read_file(path, kMostBytes);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) {
    token.pop_back();
  }
  if (token.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{}: a token is one line", path.native()));
  }
  return token;
}

}  // namespace

AwsCredentials ask_container(const ContainerEndpoint& endpoint,
                             const Proxies& proxies, const HttpLimits& limits,
                             const std::stop_token& stop) {
  constexpr std::string_view kWho = "the container's credentials endpoint";
  const HttpAddress address(endpoint.relative_uri.empty()
                                ? endpoint.full_uri
                                : kContainerHost + endpoint.relative_uri);
  const bool is_own = is_near(address.host);
  if (address.scheme != "https" && !is_own) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI leads to {} without "
                    "TLS",
                    address.host))
        .hint("only this machine's own addresses may be without");
  }
  HttpRequest request{.url = address.url};
  const std::string token = endpoint.token_file.empty()
                                ? endpoint.token
                                : read_token(endpoint.token_file);
  if (!token.empty()) request.headers.push_back("Authorization: " + token);
  HttpClient client(is_own ? Proxies() : proxies, limits);
  const Answer answer = ask(client, request, kWho, stop);
  judge(answer.status, kWho);
  return parse_json(answer.body, kWho);
}

AwsCredentials ask_instance(const std::string& endpoint, HttpLimits limits,
                            const std::stop_token& stop) {
  constexpr std::string_view kWho = "the instance's metadata service";
  std::string host = endpoint.empty() ? kInstanceHost : endpoint;
  while (host.ends_with('/')) host.pop_back();
  limits.connect = std::chrono::seconds(1);
  limits.stall = std::chrono::seconds(2);
  limits.unreached_tries = 1;
  limits.fruitless_tries = 2;
  HttpClient client(Proxies(), limits);
  HttpRequest request{.url = host + "/latest/api/token",
                      .headers = {"X-aws-ec2-metadata-token-ttl-seconds: 300"},
                      .method = "PUT"};
  Answer answer;
  try {
    answer = ask(client, request, kWho, stop);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::unavailable) throw;
    return {};
  }
  if (answer.status == 404) return {};  // a metadata service, not EC2's
  judge(answer.status, kWho);
  const std::string path = host + "/latest/meta-data/iam/security-credentials/";
  request = {.url = path,
             .headers = {"X-aws-ec2-metadata-token: " + answer.body}};
  answer = ask(client, request, kWho, stop);
  if (answer.status == 404) return {};  // no role
  judge(answer.status, kWho);
  const std::string role = answer.body.substr(0, answer.body.find('\n'));
  request.url = path + percent_encode(role);
  answer = ask(client, request, kWho, stop);
  judge(answer.status, kWho);
  return parse_json(answer.body, kWho);
}

AwsCredentials assume_role(const WebIdentity& identity, const Proxies& proxies,
                           const HttpLimits& limits,
                           const std::stop_token& stop) {
  constexpr std::string_view kWho = "the token service";
  const auto word = [](const std::string& text) {
    return percent_encode(text);
  };
  const std::string usual =
      fmt::format("https://sts.{}.amazonaws.com{}/", identity.region,
                  identity.region.starts_with("cn-") ? ".cn" : "");
  HttpRequest request{
      .url = identity.endpoint.empty() ? usual : identity.endpoint,
      .headers = {"Content-Type: application/x-www-form-urlencoded"},
      .method = "POST"};
  request.body = fmt::format(
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&"
      "RoleSessionName={}&WebIdentityToken={}",
      word(identity.role), word(identity.session),
      word(read_token(identity.token_file)));
  HttpClient client(proxies, limits);
  const Answer answer = ask(client, request, kWho, stop);
  const XmlElement* credentials = nullptr;
  std::optional<XmlElement> document;
  try {
    document = parse_xml(answer.body);
  } catch (const base::Error&) {
    judge(answer.status, kWho);
    throw nonsense(kWho);
  }
  if (const XmlElement* const error = document->find("Error")) {
    throw base::Error(
        base::ErrorKind::denied,
        fmt::format("{} refuses the role {}: {}: {}", kWho, identity.role,
                    error->text_of("Code"), error->text_of("Message")));
  }
  judge(answer.status, kWho);
  if (const auto* result = document->find("AssumeRoleWithWebIdentityResult")) {
    credentials = result->find("Credentials");
  }
  if (credentials == nullptr) throw nonsense(kWho);
  AwsCredentials found{credentials->text_of("AccessKeyId"),
                       credentials->text_of("SecretAccessKey"),
                       credentials->text_of("SessionToken")};
  if (found.access_key_id.empty() || found.secret_access_key.empty()) {
    throw nonsense(kWho);
  }
  found.expiry = parse_time(credentials->text_of("Expiration"), kWho);
  return found;
}

}  // namespace registry
