#include "registry/download.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/error.h"
#include "base/file.h"
#include "registry/header_text.h"
#include "registry/retry.h"

namespace registry {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10U;

class Transfer {
 public:
  Transfer(HttpClient& client, const DownloadRequest& request,
           const base::Fd& to, const OnDownload& on_bytes,
           const std::stop_token& stop)
      : client_(client),
        request_(request),
        to_(to),
        on_bytes_(on_bytes),
        stop_(stop),
        first_(request.url) {
    authorization_ = request.authorization;
    if (authorization_.empty() && first_.has_credentials()) {
      authorization_ =
          "Basic " + base::encode_base64(first_.user + ":" + first_.password);
    }
  }

  Downloaded run() {
    Retry retry(client_.limits(), stop_);
    for (;;) {
      const std::uint64_t before = written_;
      try {
        return try_once();
      } catch (const base::Error& error) {
        retry.wait(error, written_ > before);
      }
    }
  }

 private:
  Downloaded try_once() {
    HttpAddress address = first_;
    bool is_trusted = true;
    for (int hops = 0;; ++hops) {
      const HttpReply reply = ask(address, is_trusted);
      if (reply.status == 304) return keep_known(reply);
      if (!reply.redirect.empty()) {
        if (hops == client_.limits().redirects) {
          throw base::Error(
              base::ErrorKind::invalid_input,
              fmt::format("it is redirected more than {} times", hops));
        }
        address = next_address(address, reply, is_trusted);
        continue;
      }
      if (reply.status >= 400) refuse(reply, address);
      return {false, validators_, written_};
    }
  }

  static HttpAddress next_address(const HttpAddress& from,
                                  const HttpReply& reply, bool& is_trusted) {
    try {
      HttpAddress to(reply.redirect);
      is_trusted = is_trusted && from.trusts(to);
      return to;
    } catch (base::Error& error) {
      error.add_context(
          fmt::format("following the redirect of {}", reply.peer));
      throw;
    }
  }

  HttpReply ask(const HttpAddress& address, bool is_trusted) {
    HttpRequest request{.url = address.url, .takes_gzip = true};
    if (is_trusted && !authorization_.empty()) {
      request.headers.push_back("Authorization: " + authorization_);
    }
    if (written_ > 0 && can_resume_) {
      // A range is of bytes as they are stored.
      request.takes_gzip = false;
      request.headers.push_back(fmt::format("Range: bytes={}-", written_));
      request.headers.push_back("If-Range: " + (validators_.etag.empty()
                                                    ? validators_.last_modified
                                                    : validators_.etag));
    } else if (!request_.known.is_empty()) {
      if (!request_.known.etag.empty()) {
        request.headers.push_back("If-None-Match: " + request_.known.etag);
      }
      if (!request_.known.last_modified.empty()) {
        request.headers.push_back("If-Modified-Since: " +
                                  request_.known.last_modified);
      }
    }
    HttpExchange exchange(client_, request, stop_);
    const HttpReply& reply = exchange.reply();
    if (begin(reply)) {
      std::vector<std::byte> buffer(kBufferBytes);
      while (const std::size_t count =
                 exchange.read(buffer.data(), buffer.size())) {
        take({reinterpret_cast<const char*>(buffer.data()), count});
      }
    }
    return reply;
  }

  // Whether the body is the file's.
  bool begin(const HttpReply& reply) {
    if (!reply.redirect.empty() || reply.status >= 400 || reply.status == 304) {
      return false;
    }
    const auto length = find_number(reply.header("content-length"));
    if (reply.status == 206 && continues(reply)) {
      total_ = length ? std::optional(written_ + *length) : std::nullopt;
      return true;
    }
    restart();
    if (reply.status == 206) {
      throw base::Error(base::ErrorKind::unavailable,
                        "the server sent another part than it was asked for");
    }
    const bool is_packed = !reply.header("content-encoding").empty() &&
                           reply.header("content-encoding") != "identity";
    total_ = is_packed ? std::nullopt : length;
    validators_ = {reply.header("etag"), reply.header("last-modified")};
    const bool has_strong_etag =
        !validators_.etag.empty() && !validators_.etag.starts_with("W/");
    can_resume_ = !is_packed && reply.header("accept-ranges") != "none" &&
                  (has_strong_etag || (validators_.etag.empty() &&
                                       !validators_.last_modified.empty()));
    return true;
  }

  // "Content-Range: bytes 100-199/200" goes on where the file ends.
  bool continues(const HttpReply& reply) const {
    const std::string range = reply.header("content-range");
    return can_resume_ && range.starts_with("bytes ") &&
           find_number(std::string_view(range).substr(6)) == written_;
  }

  void restart() {
    written_ = 0;
    can_resume_ = false;
    if (::ftruncate(to_.get(), 0) != 0) {
      throw base::system_error(errno, "emptying a downloaded file");
    }
  }

  void take(std::string_view bytes) {
    base::write_at(to_, written_, bytes);
    written_ += bytes.size();
    if (on_bytes_) on_bytes_(written_, total_);
  }

  Downloaded keep_known(const HttpReply& reply) const {
    if (request_.known.is_empty()) {
      throw base::Error(
          base::ErrorKind::invalid_input,
          fmt::format("{} says that nothing has changed, which it was not "
                      "asked",
                      reply.peer));
    }
    return {true, request_.known, 0};
  }

  [[noreturn]] void refuse(const HttpReply& reply, const HttpAddress& address) {
    if (reply.status == 416) {  // it has become shorter: all of it, then
      restart();
      throw base::Error(base::ErrorKind::unavailable,
                        "the file changed while it was fetched");
    }
    const std::string reason =
        reply.reason.empty() ? std::string() : " " + reply.reason;
    const std::string host = fmt::format("{}:{}", address.host, address.port);
    const base::ErrorKind kind = kind_of_status(reply.status);
    std::string why =
        fmt::format("{}{} says {}{}", host,
                    host == reply.peer ? "" : fmt::format(" ({})", reply.peer),
                    reply.status, reason);
    if (kind != base::ErrorKind::unavailable) throw base::Error(kind, why);
    Unavailable later(std::move(why));
    later.asked_pause = find_retry_after(reply);
    throw later;
  }

  HttpClient& client_;
  const DownloadRequest& request_;
  const base::Fd& to_;
  const OnDownload& on_bytes_;
  const std::stop_token& stop_;
  HttpAddress first_;
  std::string authorization_;
  std::uint64_t written_ = 0;
  std::optional<std::uint64_t> total_;
  Validators validators_;  // of what is being written
  bool can_resume_ = false;
};

}  // namespace

Downloaded download(HttpClient& client, const DownloadRequest& request,
                    const base::Fd& to, const OnDownload& on_bytes,
                    const std::stop_token& stop) {
  return Transfer(client, request, to, on_bytes, stop).run();
}

}  // namespace registry
