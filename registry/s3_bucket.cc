#include "registry/s3_bucket.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "registry/header_text.h"
#include "registry/percent_encoding.h"
#include "registry/s3_upload.h"

namespace registry {
namespace {

constexpr std::size_t kMostReplyBytes = 1U << 20U;
constexpr int kNotFound = 404;
constexpr int kPreconditionFailed = 412;
constexpr int kNotImplemented = 501;

std::vector<std::string> headers_of(const S3Condition& condition) {
  switch (condition.when) {
    case S3Condition::When::absent:
      return {"If-None-Match: *"};
    case S3Condition::When::unchanged:
      return {"If-Match: " + condition.etag};
    case S3Condition::When::always:
      break;
  }
  return {};
}

}  // namespace

S3Bucket::S3Bucket(S3Settings settings, S3CredentialSources sources,
                   Proxies proxies, HttpLimits limits, TlsSettings tls)
    : host_(std::move(settings), std::move(sources), std::move(proxies), limits,
            std::move(tls)) {}

std::string S3Bucket::describe(std::string_view key) const {
  return host_.describe(key);
}

std::optional<S3Object> S3Bucket::find(const std::string& key,
                                       const std::stop_token& stop) {
  S3Call call;
  call.method = "HEAD";
  call.key = key;
  call.answers = {kNotFound};
  return host_.ask(call, stop, [&](S3Reply& reply) -> std::optional<S3Object> {
    const HttpReply& head = reply.head();
    if (head.status == kNotFound) return std::nullopt;
    S3Object object;
    object.key = key;
    object.size_bytes = find_number(head.header("content-length")).value_or(0);
    object.etag = head.header("etag");
    if (const auto date = find_http_date(head.header("last-modified"))) {
      object.last_modified =
          std::chrono::sys_seconds(std::chrono::seconds(*date));
    }
    return object;
  });
}

std::optional<S3Content> S3Bucket::find_content(const std::string& key,
                                                std::size_t most_bytes,
                                                const std::stop_token& stop) {
  S3Call call;
  call.key = key;
  call.answers = {kNotFound};
  return host_.ask(call, stop, [&](S3Reply& reply) -> std::optional<S3Content> {
    const HttpReply head = reply.head();
    if (head.status == kNotFound) return std::nullopt;
    return S3Content{reply.read_all(most_bytes), head.header("etag")};
  });
}

bool S3Bucket::put(const std::string& key, std::string_view bytes,
                   const S3Condition& condition, const std::stop_token& stop) {
  S3Call call;
  call.method = "PUT";
  call.key = key;
  call.body = bytes;
  call.headers = headers_of(condition);
  if (!call.headers.empty()) {
    call.answers = {kPreconditionFailed, kNotImplemented};
  }
  const int status = host_.ask(call, stop, [](S3Reply& reply) {
    reply.read_all(kMostReplyBytes);
    return reply.head().status;
  });
  if (status == kNotImplemented) return put(key, bytes, {}, stop);
  if (status != kPreconditionFailed) return true;
  // An earlier try, or libcurl's own second one on a connection that had gone,
  // may have put it, and its reply been lost.
  return is_ours(key, bytes, stop);
}

bool S3Bucket::is_ours(const std::string& key, std::string_view bytes,
                       const std::stop_token& stop) {
  const auto there = find(key, stop);
  if (!there || there->size_bytes != bytes.size()) return false;
  const auto content = find_content(key, bytes.size(), stop);
  return content && content->bytes == bytes;
}

std::uint64_t S3Bucket::put(const std::string& key, const MakeBlob& make,
                            const OnUpload& on_bytes,
                            const std::stop_token& stop) {
  S3Upload upload(host_, key, on_bytes, stop);
  make([&](std::string_view bytes) { upload.append(bytes); });
  return upload.commit();
}

void S3Bucket::touch(const std::string& key, const std::stop_token& stop) {
  S3Call call;
  call.method = "PUT";
  call.key = key;
  call.headers = {
      fmt::format("X-Amz-Copy-Source: /{}/{}", host_.settings().bucket,
                  percent_encode(key, Slashes::kept)),
      // Nothing may be copied onto itself unchanged.
      "X-Amz-Metadata-Directive: REPLACE"};
  host_.ask(call, stop, [&](S3Reply& reply) {
    const HttpReply head = reply.head();
    const std::string body = reply.read_all(kMostReplyBytes);
    if (is_s3_error(body)) {
      throw_s3_error(read_s3_error(head, body), head, "it");
    }
  });
}

void S3Bucket::remove(const std::string& key, const std::stop_token& stop) {
  S3Call call;
  call.method = "DELETE";
  call.key = key;
  call.answers = {kNotFound};
  host_.ask(call, stop, [](S3Reply&) {});
}

}  // namespace registry
