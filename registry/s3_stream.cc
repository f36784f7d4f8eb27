// An object's bytes as they come, from where they were cut.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/error.h"
#include "registry/header_text.h"
#include "registry/s3_bucket.h"
#include "registry/skip_bytes.h"

namespace registry {
namespace {

class S3Stream {
 public:
  S3Stream(S3Host& host, std::string key, std::stop_token stop)
      : host_(host), stop_(std::move(stop)), retry_(host.limits(), stop_) {
    call_.key = std::move(key);
    // Answered by throwing: what was found before is another object now.
    call_.answers = {kPreconditionFailed, kRangeNotSatisfiable};
  }

  std::size_t read(std::byte* buffer, std::size_t size) {
    for (;;) {
      try {
        return try_read(buffer, size);
      } catch (base::Error& error) {
        reply_.reset();
        host_.wait(retry_, error, call_.key,
                   std::exchange(has_progressed_, false));
      }
    }
  }

 private:
  static constexpr int kOk = 200;
  static constexpr int kPartial = 206;
  static constexpr int kPreconditionFailed = 412;
  static constexpr int kRangeNotSatisfiable = 416;

  std::size_t try_read(std::byte* buffer, std::size_t size) {
    if (is_over_) return 0;
    if (!reply_) open();
    const std::size_t count = reply_->read(buffer, size);
    if (count == 0 && size_bytes_ && offset_ < *size_bytes_) {
      throw Unavailable(
          fmt::format("it ended after {} of {} bytes", offset_, *size_bytes_));
    }
    is_over_ = count == 0;
    offset_ += count;
    has_progressed_ = has_progressed_ || count > 0;
    return count;
  }

  void open() {
    call_.headers.clear();
    if (offset_ > 0) {
      call_.headers.push_back(fmt::format("Range: bytes={}-", offset_));
      if (!etag_.empty()) call_.headers.push_back("If-Match: " + etag_);
    }
    reply_.emplace(host_.open(call_, stop_));
    const HttpReply& head = reply_->head();
    if (offset_ == 0) {
      etag_ = head.header("etag");
      size_bytes_ = find_number(head.header("content-length"));
      return;
    }
    if (head.status == kPreconditionFailed ||
        head.status == kRangeNotSatisfiable || head.header("etag") != etag_) {
      throw base::Error(base::ErrorKind::corrupt,
                        "it was replaced while it was read");
    }
    const auto range = find_content_range(head.header("content-range"));
    if (head.status == kPartial && range && range->first == offset_) return;
    if (head.status != kOk) {
      throw base::Error(base::ErrorKind::invalid_input,
                        "the server sent another part than it was asked for");
    }
    skip_bytes(*reply_, offset_);
  }

  S3Host& host_;
  std::stop_token stop_;
  Retry retry_;
  S3Call call_;
  std::optional<S3Reply> reply_;
  std::string etag_;
  std::optional<std::uint64_t> size_bytes_;
  std::uint64_t offset_ = 0;
  bool has_progressed_ = false;
  bool is_over_ = false;
};

}  // namespace

BlobBytes S3Bucket::open(const std::string& key, std::stop_token stop) {
  auto stream = std::make_shared<S3Stream>(host_, key, std::move(stop));
  return [stream](std::byte* buffer, std::size_t size) {
    return stream->read(buffer, size);
  };
}

}  // namespace registry
