// Who strake is to a bucket, looked up when it is first needed.
//
// In this order, which is that of AWS's own programs: the keys that were given;
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; the role of
// AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN; the profile AWS_PROFILE of the
// shared files (aws_profile.h), with keys or a web identity in it; the
// container's endpoint; the instance's (aws_endpoints.h). Temporary ones are
// asked for again some minutes before they run out.
//
// Threads: all members may be called at once; one looks up, the others wait.
#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "base/guarded.h"
#include "registry/aws_signature.h"
#include "registry/http_client.h"

namespace registry {

struct S3CredentialSources {
  AwsCredentials given{};  // empty: not given
  // The environment.
  std::map<std::string, std::string> variables{};
  std::string region{};  // whose token service is asked for a role

  static std::map<std::string, std::string> variables_of_process();
};

class S3Credentials {
 public:
  S3Credentials(S3CredentialSources sources, Proxies proxies,
                HttpLimits limits);

  // Throws: denied when there are none; invalid_input for half of a pair, or a
  // source that answers nonsense; unavailable; cancelled. No message has a
  // secret in it.
  AwsCredentials get(const std::stop_token& stop);

  // A server says that these are used up. Whether get() may give others.
  bool expire(const AwsCredentials& used);

 private:
  AwsCredentials look_up(const std::stop_token& stop) const;
  AwsCredentials of_profile(const std::stop_token& stop) const;
  AwsCredentials of_web_identity(const std::string& token_file,
                                 const std::string& role,
                                 const std::string& session,
                                 const std::stop_token& stop) const;
  std::string variable(const std::string& name) const;

  S3CredentialSources sources_;
  Proxies proxies_;
  HttpLimits limits_;
  base::Guarded<AwsCredentials> found_;
};

}  // namespace registry
