#include "registry/blob_upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>

#include "base/error.h"
#include "registry/header_text.h"

namespace registry {
namespace {

constexpr std::size_t kFirstChunkBytes = std::size_t{8} << 20U;
constexpr std::size_t kLeastChunkBytes = std::size_t{1} << 20U;

constexpr int kTooLarge = 413;

// A body was refused for its size; the next ones are smaller.
struct Shrunk : std::exception {};

std::string with_query(const std::string& address, const std::string& query) {
  const char separator = address.find('?') == std::string::npos ? '?' : '&';
  return address + separator + query;
}

std::string digest_query(const base::Digest& digest) {
  return "digest=sha256%3A" + digest.hex();
}

const std::string kBinary = "Content-Type: application/octet-stream";

}  // namespace

BlobUpload::BlobUpload(const Repository& to, std::stop_token stop,
                       OnUpload on_bytes)
    : to_(to),
      host_(to.host()),
      stop_(std::move(stop)),
      on_bytes_(std::move(on_bytes)),
      scopes_(to.push_scopes()),
      retry_(host_.limits(), stop_),
      least_chunk_bytes_(kLeastChunkBytes) {}

void BlobUpload::take_location(const HttpReply& head,
                               const std::string& asked) {
  const std::string location = head.header("location");
  if (location.empty()) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{} does not say where the upload goes on",
                                  host_.settings().authority));
  }
  location_ = resolve_address(asked, location);
}

// A registry that will not, or that hides the other repository from us, is one
// to send the bytes to.
bool BlobUpload::mount(const base::Descriptor& blob,
                       const std::string& from_path) {
  try {
    return try_mount(blob, from_path);
  } catch (const base::Error& error) {
    switch (error.kind()) {
      case base::ErrorKind::denied:
      case base::ErrorKind::not_found:
      case base::ErrorKind::invalid_input:
        return false;
      default:
        throw;
    }
  }
}

bool BlobUpload::try_mount(const base::Descriptor& blob,
                           const std::string& from_path) {
  Call call;
  call.method = "POST";
  call.path = with_query(
      to_.address("blobs/uploads/"),
      fmt::format("mount=sha256%3A{}&from={}", blob.digest.hex(), from_path));
  call.scopes = scopes_;
  call.scopes.insert(fmt::format("repository:{}:pull", from_path));
  return host_.ask(call, stop_, [&](RegistryReply& reply) {
    const HttpReply& head = reply.head();
    constexpr int kCreated = 201;
    if (head.status == kCreated) return true;
    take_upload(head, reply.url());
    return false;
  });
}

void BlobUpload::start() {
  Call call;
  call.method = "POST";
  call.path = to_.address("blobs/uploads/");
  call.scopes = scopes_;
  RegistryReply reply = host_.open(call, stop_);
  take_upload(reply.head(), reply.url());
}

void BlobUpload::take_upload(const HttpReply& head, const std::string& asked) {
  take_location(head, asked);
  received_ = 0;
  is_in_doubt_ = false;
  const auto least = find_number(head.header("oci-chunk-min-length"));
  least_chunk_bytes_ =
      std::max<std::size_t>(kLeastChunkBytes, least.value_or(0));
  if (chunk_bytes_ > 0) {
    chunk_bytes_ = std::max(chunk_bytes_, least_chunk_bytes_);
  }
}

base::Descriptor BlobUpload::run(const std::optional<base::Descriptor>& known,
                                 const MakeBlob& make) {
  known_ = known;
  for (;;) {
    try {
      try_once(make);
      return *whole_;
    } catch (const Shrunk&) {
      continue;
    } catch (const base::Error& error) {
      if (error.kind() != base::ErrorKind::unavailable || has_given_up_) {
        if (error.kind() != base::ErrorKind::cancelled && !has_given_up_) {
          cancel();
        }
        throw;
      }
      wait(error);
    }
  }
}

// One count of tries for the blob and its chunks.
void BlobUpload::wait(const base::Error& error) {
  const bool has_progressed = received_ > best_received_;
  best_received_ = std::max(best_received_, received_);
  has_given_up_ = true;
  host_.wait(retry_, error, has_progressed);
  has_given_up_ = false;
  is_in_doubt_ = true;
}

void BlobUpload::try_once(const MakeBlob& make) {
  if (is_in_doubt_ && is_there_after_all()) return;
  if (location_.empty()) start();
  if (!whole_ || received_ < whole_->size_bytes) {
    if (chunk_bytes_ > 0) {
      send_chunks(make);
    } else if (known_ && received_ == 0) {
      Call call;
      call.method = "PUT";
      call.path = with_query(location_, digest_query(known_->digest));
      call.stream = HttpRequest::Stream::sized;
      call.stream_bytes = known_->size_bytes;
      send(make, call);
      return;
    } else {
      Call call;
      call.method = "PATCH";
      call.path = location_;
      call.stream = HttpRequest::Stream::open;
      send(make, call);
    }
  }
  commit();
}

// All that the registry does not have, as it is made, to whoever takes it.
void BlobUpload::send(const MakeBlob& make, const Call& wanted) {
  Call call = wanted;
  call.headers = {kBinary};
  call.scopes = scopes_;
  call.answers = {404, kTooLarge};
  for (int hops = 0; !try_send(make, call); ++hops) {
    if (hops < host_.limits().redirects) continue;
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("{} redirects an upload more than {} times",
                    host_.settings().authority, host_.limits().redirects));
  }
}

// False when it is to go elsewhere: `call` leads there then.
bool BlobUpload::try_send(const MakeBlob& make, Call& call) {
  RegistryReply reply = host_.open(call, stop_);
  bool is_moved = false;
  base::Hasher hash;
  std::uint64_t made = 0;
  const std::uint64_t first = received_;
  make([&](std::string_view bytes) {
    hash.update(bytes);
    const std::uint64_t begin = made;
    made += bytes.size();
    if (made <= first) return;
    if (begin < first) bytes.remove_prefix(first - begin);
    sent_ = made - first;
    if (is_moved) return;
    if (!reply.send(bytes)) {
      is_moved = RegistryHost::follow(call, reply);
      if (is_moved) return;
      host_.judge(call, reply, stop_);
      check_known(reply.head());
      check_size(call, reply, known_ ? known_->size_bytes : UINT64_MAX);
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("{} answered before it had all bytes",
                                    host_.settings().authority));
    }
    if (on_bytes_) on_bytes_(made);
  });
  base::Descriptor all = known_.value_or(base::Descriptor{});
  all.digest = hash.finish();
  all.size_bytes = made;
  check_whole(all);
  whole_ = all;
  if (is_moved) return false;
  reply.finish();
  if (RegistryHost::follow(call, reply)) return false;
  host_.judge(call, reply, stop_);
  check_known(reply.head());
  check_size(call, reply, made - first);
  received_ = made;
  if (call.method == "PATCH") {
    take_location(reply.head(), reply.url());
  } else {
    check_stored(reply.head());
  }
  return true;
}

// Registries forget uploads: then it begins anew.
void BlobUpload::check_known(const HttpReply& head) {
  if (head.status != 404) return;
  location_.clear();
  throw Unavailable(fmt::format("{} does not know the upload any more",
                                host_.settings().authority));
}

// The registry, or a proxy before it, may take no body of so many bytes: then
// it gets the blob in smaller ones, from its start, as nobody can say how much
// of this one it has. A quarter at a time: what is refused has been sent.
void BlobUpload::check_size(Call call, RegistryReply& reply,
                            std::uint64_t sent_bytes) {
  if (reply.head().status != kTooLarge) return;
  const std::uint64_t most = std::min<std::uint64_t>(
      sent_bytes, chunk_bytes_ == 0 ? 4 * kFirstChunkBytes : chunk_bytes_);
  if (most <= least_chunk_bytes_) {
    call.answers.clear();
    host_.judge(call, reply, stop_);
  }
  chunk_bytes_ = std::max<std::size_t>(most / 4, least_chunk_bytes_);
  cancel();
  location_.clear();
  whole_.reset();
  throw Shrunk();
}

void BlobUpload::check_stored(const HttpReply& head) const {
  const auto stored =
      base::Digest::find_in(head.header("docker-content-digest"));
  if (!stored || *stored == whole_->digest) return;
  throw base::Error(
      base::ErrorKind::corrupt,
      fmt::format("{} says that it has stored {}, not {}", to_.describe(),
                  stored->str(), whole_->digest.str()));
}

void BlobUpload::check_whole(const base::Descriptor& made) {
  if (!known_ || (known_->digest == made.digest &&
                  known_->size_bytes == made.size_bytes)) {
    return;
  }
  throw base::Error(
      base::ErrorKind::corrupt,
      fmt::format("blob {} is {} now", known_->digest.str(), made.digest.str()))
      .hint("\"strake system check\" names what is damaged");
}

void BlobUpload::send_chunks(const MakeBlob& make) {
  base::Hasher hash;
  std::uint64_t made = 0;
  std::string chunk;
  make([&](std::string_view bytes) {
    hash.update(bytes);
    const std::uint64_t begin = made;
    made += bytes.size();
    if (made <= received_) return;
    if (begin < received_ && chunk.empty()) {
      bytes.remove_prefix(received_ - begin);
    }
    while (!bytes.empty()) {
      const std::size_t count =
          std::min(bytes.size(), chunk_bytes_ - chunk.size());
      chunk += bytes.substr(0, count);
      bytes.remove_prefix(count);
      if (chunk.size() == chunk_bytes_) {
        send_chunk(chunk);
        chunk.clear();
      }
    }
  });
  if (!chunk.empty()) send_chunk(chunk);
  base::Descriptor all = known_.value_or(base::Descriptor{});
  all.digest = hash.finish();
  all.size_bytes = made;
  check_whole(all);
  whole_ = all;
}

// Until it is there: all that came before it need not be made again.
void BlobUpload::send_chunk(std::string_view bytes) {
  const std::uint64_t begin = received_;
  const std::uint64_t end = begin + bytes.size();
  while (received_ < end) {
    try {
      if (is_in_doubt_ && !location_.empty()) ask_state();
      if (location_.empty() || received_ < begin || received_ > end) break;
      if (received_ < end) patch(bytes.substr(received_ - begin));
    } catch (const base::Error& error) {
      wait(error);
    }
  }
  if (received_ == end) return;
  location_.clear();
  throw Unavailable(
      fmt::format("{} has lost the upload", host_.settings().authority));
}

void BlobUpload::patch(std::string_view bytes) {
  Call call;
  call.method = "PATCH";
  call.path = location_;
  call.headers = {kBinary, fmt::format("Content-Range: {}-{}", received_,
                                       received_ + bytes.size() - 1)};
  call.body = bytes;
  call.scopes = scopes_;
  constexpr int kOtherRange = 416;
  call.answers = {404, kTooLarge, kOtherRange};
  sent_ = bytes.size();
  RegistryReply reply = host_.open(call, stop_);
  check_known(reply.head());
  check_size(call, reply, bytes.size());
  if (reply.head().status == kOtherRange) {
    throw Unavailable(fmt::format("{} wants other bytes of the upload",
                                  host_.settings().authority));
  }
  take_location(reply.head(), reply.url());
  received_ += bytes.size();
  if (on_bytes_) on_bytes_(received_);
}

void BlobUpload::commit() {
  Call call;
  call.method = "PUT";
  call.path = with_query(location_, digest_query(whole_->digest));
  call.headers = {kBinary};
  call.scopes = scopes_;
  call.answers = {400, 404, 416};
  RegistryReply reply = host_.open(call, stop_);
  check_known(reply.head());
  if (reply.head().status < 300) {
    check_stored(reply.head());
    return;
  }
  // What it has is not what was sent: once more, all of it.
  if (std::exchange(was_restarted_, true)) {
    call.answers.clear();
    host_.judge(call, reply, stop_);
  }
  location_.clear();
  throw Unavailable(fmt::format("{} has received other bytes than were sent",
                                host_.settings().authority));
}

// After a cut: a commit may have come through, and its reply been lost. Else
// how much there is, and where it goes on.
bool BlobUpload::is_there_after_all() {
  const auto& all = whole_ ? whole_ : known_;
  if (all && to_.has_blob(*all, stop_)) {
    whole_ = all;
    return true;
  }
  if (!location_.empty()) ask_state();
  is_in_doubt_ = false;
  return false;
}

void BlobUpload::ask_state() {
  Call call;
  call.path = location_;
  call.scopes = scopes_;
  call.answers = {404};
  RegistryReply reply = host_.open(call, stop_);
  const HttpReply& head = reply.head();
  is_in_doubt_ = false;
  const std::uint64_t received =
      find_received(head.header("range")).value_or(0);
  if (received <= received_ && sent_ >= kLeastChunkBytes) {
    // It keeps nothing of a request that was cut.
    chunk_bytes_ =
        std::max(chunk_bytes_ == 0 ? kFirstChunkBytes : chunk_bytes_ / 2,
                 least_chunk_bytes_);
  }
  sent_ = 0;
  if (head.status == 404 || received == 0) {
    location_.clear();
    return;
  }
  if (!head.header("location").empty()) take_location(head, reply.url());
  received_ = received;
}

// So that the registry need not keep what nobody ends.
void BlobUpload::cancel() noexcept {
  if (location_.empty()) return;
  try {
    Call call;
    call.method = "DELETE";
    call.path = location_;
    call.scopes = scopes_;
    host_.open(call, stop_);
  } catch (const std::exception&) {
    // It was a courtesy.
  }
}

}  // namespace registry
