#include "registry/s3_upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"
#include "registry/header_text.h"
#include "registry/percent_encoding.h"
#include "registry/s3_error.h"
#include "registry/xml_tree.h"

namespace registry {
namespace {

constexpr std::size_t kFirstPartBytes = std::size_t{8} << 20U;
constexpr std::size_t kPartsPerSize = 1000;
constexpr std::size_t kMostParts = 10'000;
constexpr std::size_t kMostReplyBytes = 1U << 20U;
constexpr std::chrono::seconds kAbortTime{10};
constexpr int kNotFound = 404;

// Stops what is still going on after a while.
class Patience {
 public:
  explicit Patience(std::chrono::seconds time)
      : timer_([this, time](const std::stop_token& over) {
          std::mutex mutex;
          std::condition_variable_any changed;
          std::unique_lock lock(mutex);
          changed.wait_for(lock, over, time, [] { return false; });
          if (!over.stop_requested()) enough_.request_stop();
        }) {}

  std::stop_token token() const { return enough_.get_token(); }

 private:
  std::stop_source enough_;
  std::jthread timer_;
};

}  // namespace

S3Upload::S3Upload(S3Host& host, std::string key, OnUpload on_bytes,
                   std::stop_token stop)
    : host_(host),
      key_(std::move(key)),
      on_bytes_(std::move(on_bytes)),
      stop_(std::move(stop)) {}

S3Upload::~S3Upload() { abort(); }

std::size_t S3Upload::part_bytes() const {
  return kFirstPartBytes << (etags_.size() / kPartsPerSize);
}

void S3Upload::append(std::string_view bytes) {
  while (!bytes.empty()) {
    // A full part waits until more comes: the last one completes the upload.
    if (part_.size() == part_bytes()) send_part();
    const std::size_t count =
        std::min(bytes.size(), part_bytes() - part_.size());
    part_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
  }
}

std::uint64_t S3Upload::commit() {
  if (id_.empty()) {
    send_whole();
  } else {
    send_part();
    complete();
  }
  return sent_bytes_;
}

void S3Upload::told(std::size_t bytes) {
  sent_bytes_ += bytes;
  if (on_bytes_) on_bytes_(sent_bytes_);
}

void S3Upload::send_whole() {
  S3Call call;
  call.method = "PUT";
  call.key = key_;
  call.body = part_;
  host_.ask(call, stop_,
            [](S3Reply& reply) { reply.read_all(kMostReplyBytes); });
  told(part_.size());
}

void S3Upload::begin() {
  S3Call call;
  call.method = "POST";
  call.key = key_;
  call.query = "uploads=";
  // A try whose reply is lost leaves an empty upload, which has no parts.
  host_.ask(call, stop_, [&](S3Reply& reply) {
    const XmlElement document = parse_xml(reply.read_all(kMostReplyBytes));
    id_ = percent_encode(document.text_of("UploadId"));
    if (id_.empty()) {
      throw base::Error(base::ErrorKind::invalid_input,
                        "the server begins an upload without an id");
    }
  });
}

void S3Upload::send_part() {
  if (etags_.size() == kMostParts) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{}: S3 takes no more than {} parts",
                                  host_.describe(key_), kMostParts));
  }
  if (id_.empty()) begin();
  S3Call call;
  call.method = "PUT";
  call.key = key_;
  call.query = fmt::format("partNumber={}&uploadId={}", etags_.size() + 1, id_);
  call.body = part_;
  std::string etag = host_.ask(call, stop_, [](S3Reply& reply) {
    reply.read_all(kMostReplyBytes);
    std::string text = reply.head().header("etag");
    if (text.empty()) {
      throw base::Error(base::ErrorKind::invalid_input,
                        "the server takes a part without an ETag for it");
    }
    return text;
  });
  etags_.push_back(std::move(etag));
  told(part_.size());
  part_.clear();
}

void S3Upload::complete() {
  std::string parts;
  for (std::size_t i = 0; i < etags_.size(); ++i) {
    parts +=
        fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>",
                    i + 1, escape_xml(etags_[i]));
  }
  const std::string body = fmt::format(
      "<CompleteMultipartUpload "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}"
      "</CompleteMultipartUpload>",
      parts);
  S3Call call;
  call.method = "POST";
  call.key = key_;
  call.query = "uploadId=" + id_;
  call.body = body;
  call.answers = {kNotFound};
  host_.ask(call, stop_, [&](S3Reply& reply) {
    const HttpReply head = reply.head();
    // An earlier try may have done it, and its reply been lost.
    if (head.status == kNotFound && is_there_after_all()) return;
    const std::string said =
        head.status == kNotFound ? "" : reply.read_all(kMostReplyBytes);
    if (head.status != kNotFound && !is_s3_error(said)) return;
    S3Error error = read_s3_error(head, said);
    if (head.status == kNotFound) error.code = "NoSuchUpload";
    throw_s3_error(error, head, "the upload's end");
  });
  id_.clear();
}

bool S3Upload::is_there_after_all() const {
  S3Call call;
  call.method = "HEAD";
  call.key = key_;
  call.answers = {kNotFound};
  return host_.ask(call, stop_, [&](S3Reply& reply) {
    return reply.head().status != kNotFound &&
           find_number(reply.head().header("content-length")) == sent_bytes_;
  });
}

void S3Upload::abort() noexcept {
  if (id_.empty()) return;
  try {
    // Also when the work was stopped, but then not for long.
    const Patience patience(kAbortTime);
    S3Call call;
    call.method = "DELETE";
    call.key = key_;
    call.query = "uploadId=" + id_;
    call.answers = {kNotFound};
    host_.ask(call, patience.token(), [](S3Reply&) {});
  } catch (...) {
    // What failed before is what the caller is told.
  }
  id_.clear();
}

}  // namespace registry
