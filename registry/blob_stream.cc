// A blob's bytes as they come, from where they were cut.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "registry/header_text.h"
#include "registry/repository.h"
#include "registry/skip_bytes.h"

namespace registry {
namespace {

class BlobStream {
 public:
  BlobStream(const Repository& repository, const base::Descriptor& blob,
             std::stop_token stop)
      : host_(repository.host()),
        blob_(blob),
        stop_(std::move(stop)),
        retry_(host_.limits(), stop_) {
    call_.path = repository.address("blobs/" + blob.digest.str());
    call_.scopes = repository.pull_scopes();
  }

  std::size_t read(std::byte* buffer, std::size_t size) {
    for (;;) {
      try {
        return try_read(buffer, size);
      } catch (base::Error& error) {
        reply_.reset();
        if (has_all() && error.kind() == base::ErrorKind::unavailable) {
          is_over_ = true;
          continue;
        }
        error.add_context(fmt::format("blob {}", blob_.digest.brief()));
        host_.wait(retry_, error, std::exchange(has_progressed_, false));
      }
    }
  }

 private:
  // What a cut takes away then is the end alone.
  bool has_all() const { return offset_ > 0 && offset_ == blob_.size_bytes; }

  std::size_t try_read(std::byte* buffer, std::size_t size) {
    if (is_over_) return 0;
    if (!reply_) open();
    const std::size_t count = reply_->read(buffer, size);
    if (count == 0 && offset_ < blob_.size_bytes) {
      throw Unavailable(fmt::format("it ended after {} of {} bytes", offset_,
                                    blob_.size_bytes));
    }
    if (count > blob_.size_bytes - offset_) {
      throw base::Error(
          base::ErrorKind::corrupt,
          fmt::format("it has more than {} bytes", blob_.size_bytes));
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
    }
    reply_.emplace(host_.open(call_, stop_));
    const HttpReply& head = reply_->head();
    constexpr int kPartial = 206;
    if (head.status == kPartial) {
      const auto range = find_content_range(head.header("content-range"));
      if (!range || range->first != offset_ ||
          range->total.value_or(blob_.size_bytes) != blob_.size_bytes) {
        throw base::Error(base::ErrorKind::invalid_input,
                          "the registry sent another part than it was asked "
                          "for");
      }
      return;
    }
    const auto length = find_number(head.header("content-length"));
    if (length && *length != blob_.size_bytes) {
      throw base::Error(
          base::ErrorKind::corrupt,
          fmt::format("it has {} bytes, not {}", *length, blob_.size_bytes));
    }
    skip_bytes(*reply_, offset_);
  }

  RegistryHost& host_;
  base::Descriptor blob_;
  std::stop_token stop_;
  Retry retry_;
  Call call_;
  std::optional<RegistryReply> reply_;
  std::uint64_t offset_ = 0;
  bool has_progressed_ = false;
  bool is_over_ = false;
};

}  // namespace

BlobBytes Repository::open_blob(const base::Descriptor& blob,
                                std::stop_token stop) const {
  auto stream = std::make_shared<BlobStream>(*this, blob, std::move(stop));
  return [stream](std::byte* buffer, std::size_t size) {
    return stream->read(buffer, size);
  };
}

}  // namespace registry
