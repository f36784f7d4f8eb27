#include "registry/s3_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "registry/retry.h"
#include "registry/xml_tree.h"

namespace registry {
namespace {

constexpr std::size_t kMostShownBytes = 300;
// S3 refuses signatures that are off by more.
constexpr std::chrono::minutes kMostSkew{15};

// Bytes of a stranger's, for a terminal.
std::string clean(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMostShownBytes)) {
    const bool is_control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    out += is_control ? ' ' : c;
  }
  return out;
}

// Errors that are no 5xx and still pass.
bool is_passing(const S3Error& error) {
  constexpr std::array<std::string_view, 9> kCodes = {
      "RequestTimeout",     "SlowDown",         "InternalError",
      "ServiceUnavailable", "OperationAborted", "ConditionalRequestConflict",
      "IncompleteBody",     "Throttling",       "RequestLimitExceeded"};
  return is_later(error.status) ||
         std::find(kCodes.begin(), kCodes.end(), error.code) != kCodes.end();
}

// How far the server's clock is ahead of ours.
std::chrono::minutes find_skew(const HttpReply& head) {
  const auto date = find_http_date(head.header("date"));
  if (!date) return {};
  const std::chrono::sys_seconds theirs{std::chrono::seconds(*date)};
  return std::chrono::duration_cast<std::chrono::minutes>(
      theirs - std::chrono::system_clock::now());
}

std::string hint_of(const S3Error& error) {
  if (error.code == "SignatureDoesNotMatch") {
    return "check secret_access_key, or where it comes from";
  }
  if (error.code == "InvalidAccessKeyId") {
    return "check access_key_id, or where it comes from";
  }
  if (error.is_expiry()) {
    return "the session token has run out; get new credentials";
  }
  if (error.code == "NoSuchBucket") {
    return "check bucket, region and endpoint_url";
  }
  if (error.status == 403) {
    return "the credentials need the rights s3:GetObject, s3:ListBucket and, "
           "to write, s3:PutObject and s3:AbortMultipartUpload";
  }
  return {};
}

}  // namespace

bool S3Error::is_expiry() const {
  return code == "ExpiredToken" || code == "ExpiredTokenException" ||
         code == "TokenRefreshRequired";
}

S3Error read_s3_error(const HttpReply& head, std::string_view body) {
  S3Error error;
  error.status = head.status;
  error.region = head.header("x-amz-bucket-region");
  try {
    const XmlElement document = parse_xml(body);
    error.code = clean(document.text_of("Code"));
    error.message = clean(document.text_of("Message"));
    if (error.region.empty()) error.region = document.text_of("Region");
  } catch (const base::Error&) {
    // A proxy's page, or none at all.
  }
  return error;
}

bool is_s3_error(std::string_view body) {
  try {
    return parse_xml(body).name == "Error";
  } catch (const base::Error&) {
    return false;
  }
}

void throw_s3_error(const S3Error& error, const HttpReply& head,
                    std::string_view who) {
  const std::string code = error.code.empty() ? clean(head.reason) : error.code;
  std::string why = fmt::format(
      "{} says {}{}{}", who, error.status, code.empty() ? "" : " " + code,
      error.message.empty() ? "" : ": " + error.message);
  if (is_passing(error)) {
    Unavailable later(std::move(why));
    later.asked_pause = find_retry_after(head);
    throw later;
  }
  const std::chrono::minutes skew = find_skew(head);
  if (error.code == "RequestTimeTooSkewed" ||
      (error.status == 403 && std::chrono::abs(skew) > kMostSkew)) {
    throw base::Error(
        base::ErrorKind::denied,
        fmt::format("{}; its clock is {} minutes {} this machine's", why,
                    std::abs(skew.count()),
                    skew.count() < 0 ? "behind" : "ahead of"))
        .hint("set this machine's clock: signatures hold for 15 minutes");
  }
  // A key that makes no sense to the server comes as 400.
  const base::ErrorKind kind = error.is_expiry() ? base::ErrorKind::denied
                                                 : kind_of_status(error.status);
  throw base::Error(kind, std::move(why)).hint(hint_of(error));
}

}  // namespace registry
