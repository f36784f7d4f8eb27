// Requests whose signatures are known: AWS's "Signature Version 4 test suite"
// and the examples in "Authenticating Requests: Using the Authorization
// Header" of the S3 API reference.
#include "registry/aws_signature.h"

#include <catch2/catch.hpp>

#include "registry/percent_encoding.h"

using registry::AwsCredentials;
using registry::AwsRequest;
using registry::AwsScope;
using registry::Slashes;

namespace {

constexpr std::chrono::sys_seconds kSuiteTime{
    std::chrono::seconds(1'440'938'160)};  // 2015-08-30 12:36:00
constexpr std::chrono::sys_seconds kS3Time{
    std::chrono::seconds(1'369'353'600)};  // 2013-05-24 00:00:00

// The signature alone.
std::string suite(const std::string& method, const std::string& path,
                  std::vector<std::string> headers = {},
                  const std::string& body = {}) {
  headers.emplace_back("X-Amz-Date: 20150830T123600Z");
  const std::string value = registry::authorize_aws(
      {method, "https://example.amazonaws.com" + path, headers,
       registry::hash_payload(body)},
      {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", {}},
      {"us-east-1", "service"}, kSuiteTime);
  return value.substr(value.rfind('=') + 1);
}

std::string s3(const std::string& method, const std::string& path,
               const std::vector<std::string>& headers,
               const std::string& body = {}) {
  const std::string value =
      registry::sign_aws(
          {method, "https://examplebucket.s3.amazonaws.com" + path, headers,
           registry::hash_payload(body)},
          {"AKIAIOSFODNN7EXAMPLE",
           "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
           {}},
          {"us-east-1", "s3"}, kS3Time)
          .back();
  return value.substr(value.rfind('=') + 1);
}

}  // namespace

TEST_CASE("requests are signed as AWS's test suite has them", "[s3]") {
  CHECK(suite("GET", "/") ==
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(suite("POST", "/") ==
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  CHECK(suite("GET", "/?Param2=value2&Param1=value1") ==
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  CHECK(suite("GET", "/" + registry::percent_encode("\u1234", Slashes::kept)) ==
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
  CHECK(suite("GET", "/",
              {"My-Header1: value2", "My-Header1: value2",
               "My-Header1: value1"}) ==
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
}

TEST_CASE("requests are signed as S3's examples have them", "[s3]") {
  CHECK(s3("GET", "/test.txt", {"Range: bytes=0-9"}) ==
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(s3("PUT",
           "/" + registry::percent_encode("test$file.text", Slashes::kept),
           {"Date: Fri, 24 May 2013 00:00:00 GMT",
            "X-Amz-Storage-Class: REDUCED_REDUNDANCY"},
           "Welcome to Amazon S3.") ==
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  CHECK(s3("GET", "/?lifecycle", {}) ==
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  CHECK(s3("GET", "/?max-keys=2&prefix=J", {}) ==
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("a session's token is sent and signed", "[s3]") {
  const std::vector<std::string> headers = registry::sign_aws(
      {"GET", "https://b.s3.amazonaws.com/k", {}, "UNSIGNED-PAYLOAD"},
      {"id", "secret", "the token"}, {"us-east-1", "s3"}, kS3Time);
  CHECK_THAT(headers, Catch::VectorContains(
                          std::string("X-Amz-Security-Token: the token")));
  CHECK_THAT(headers.back(),
             Catch::Contains("SignedHeaders=host;x-amz-content-sha256;"
                             "x-amz-date;x-amz-security-token,"));
}

TEST_CASE("a port is signed where it is not the usual one", "[s3]") {
  const auto sign = [](const std::string& url) {
    return registry::authorize_aws({"GET", url, {}, "UNSIGNED-PAYLOAD"},
                                   {"id", "secret", {}}, {"r", "s3"}, kS3Time);
  };
  CHECK(sign("https://host:443/k") == sign("https://HOST/k"));
  CHECK(sign("http://host:80/k") == sign("http://host/k"));
  CHECK(sign("https://host:9000/k") != sign("https://host/k"));
  CHECK(sign("http://host:443/k") != sign("http://host/k"));
}
