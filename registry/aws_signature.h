// Signature Version 4: how a request proves to Amazon's services, and to those
// that speak as they do, who sends it, without telling the secret.
//
// AWS's "Create a signed AWS API request". The request is written in one
// canonical form (method, path, query sorted, headers sorted, the body's
// hash); its SHA-256, the time and the scope are what a key derived from the
// secret for that day, region and service signs. A signature holds for one
// host, one request and fifteen minutes, so it is made anew for each try.
//
// The path is signed as it stands in the address, which is what S3 wants;
// other services want it escaped once more, which for "/" is the same.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace registry {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;  // never in a message
  std::string session_token;      // empty: they are not temporary
  // They hold no longer than this.
  std::optional<std::chrono::sys_seconds> expiry{};
};

// For whom a signature is.
struct AwsScope {
  std::string region;
  std::string service;
};

struct AwsRequest {
  std::string method;
  std::string url;  // escaped as percent_encode() does it
  // "Name: value"; all are signed, so none may change on its way. Host is
  // taken from the address.
  std::vector<std::string> headers;
  // SHA-256 of the body in hexadecimal, or kUnsignedPayload.
  std::string payload_hash;
};

// In place of a body's hash where TLS keeps the body from being altered.
extern const std::string_view kUnsignedPayload;

// SHA-256 of `payload`, as `payload_hash`.
std::string hash_payload(std::string_view payload);

// The value of the header Authorization. The caller's headers must hold
// "X-Amz-Date: <render_aws_time(time)>"; sign_aws() sees to that.
std::string authorize_aws(const AwsRequest& request,
                          const AwsCredentials& credentials,
                          const AwsScope& scope, std::chrono::sys_seconds time);

// The request's headers with all that S3 wants beside them: X-Amz-Date,
// X-Amz-Content-Sha256, X-Amz-Security-Token where there is one, Authorization.
std::vector<std::string> sign_aws(AwsRequest request,
                                  const AwsCredentials& credentials,
                                  const AwsScope& scope,
                                  std::chrono::sys_seconds time);

// "20150830T123600Z"
std::string render_aws_time(std::chrono::sys_seconds time);

}  // namespace registry
