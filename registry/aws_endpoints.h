// Temporary credentials from those who give them out on AWS: a container's
// endpoint (ECS, EKS Pod Identity), an instance's metadata service (EC2,
// IMDSv2), and the token service's AssumeRoleWithWebIdentity (EKS, GitHub
// Actions, GitLab).
//
// The first two speak plain HTTP on addresses of the machine's own link and are
// never reached through a proxy; a container's address without TLS must be such
// a one, as AWS's programs demand it, so that no variable can lead a token
// elsewhere. All throw: denied, unavailable after some tries, invalid_input for
// an answer that makes no sense, cancelled.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "registry/aws_signature.h"
#include "registry/http_client.h"

namespace registry {

struct ContainerEndpoint {
  std::string relative_uri;  // at 169.254.170.2
  std::string full_uri;
  std::string token;  // the header Authorization
  std::filesystem::path token_file;

  bool is_set() const { return !relative_uri.empty() || !full_uri.empty(); }
};
AwsCredentials ask_container(const ContainerEndpoint& endpoint,
                             const Proxies& proxies, const HttpLimits& limits,
                             const std::stop_token& stop);

// Empty credentials when this is no instance, or one without a role: nobody
// answers within a second. `endpoint` empty: the usual one.
AwsCredentials ask_instance(const std::string& endpoint, HttpLimits limits,
                            const std::stop_token& stop);

struct WebIdentity {
  std::filesystem::path token_file;
  std::string role;  // its ARN
  std::string session = "strake";
  std::string endpoint;  // empty: the region's token service
  std::string region;
};
AwsCredentials assume_role(const WebIdentity& identity, const Proxies& proxies,
                           const HttpLimits& limits,
                           const std::stop_token& stop);

}  // namespace registry
