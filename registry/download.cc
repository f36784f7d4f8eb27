#include "registry/download.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>

#include "base/base64.h"
#include "base/error.h"
#include "base/file.h"

namespace registry {
namespace {

using std::chrono::milliseconds;

// A server may ask for a pause, but not for any.
constexpr milliseconds kLongestPause{30'000};

std::optional<std::uint64_t> find_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

bool is_later(int status) {
  return status == 408 || status == 429 || status == 500 ||
         (status >= 502 && status <= 504);
}

base::ErrorKind kind_of(int status) {
  if (status == 404 || status == 410) return base::ErrorKind::not_found;
  if (status == 401 || status == 403 || status == 407) {
    return base::ErrorKind::denied;
  }
  return is_later(status) ? base::ErrorKind::unavailable
                          : base::ErrorKind::invalid_input;
}

// Throws: cancelled.
void pause(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
  if (stop.stop_requested()) {
    throw base::Error(base::ErrorKind::cancelled, "the work was stopped");
  }
}

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
    const HttpLimits& limits = client_.limits();
    int fruitless = 0;
    for (int tries = 1;; ++tries) {
      const std::uint64_t before = written_;
      asked_pause_.reset();
      try {
        return try_once();
      } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::unavailable) throw;
        fruitless = written_ > before ? 1 : fruitless + 1;
        if (fruitless >= limits.fruitless_tries || tries >= limits.tries) {
          throw;
        }
      }
      pause(next_pause(fruitless), stop_);
    }
  }

 private:
  // Doubled for each try, and up to half as long again, so that many builds
  // that failed at once do not come back at once.
  milliseconds next_pause(int fruitless) const {
    milliseconds time = client_.limits().first_delay * (1 << (fruitless - 1));
    std::minstd_rand random(std::random_device{}());
    time += time * std::uniform_int_distribution<int>(0, 50)(random) / 100;
    return std::min(std::max(time, asked_pause_.value_or(milliseconds(0))),
                    kLongestPause);
  }

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
    HttpRequest request{address.url, {}, true};
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
    return client_.get(
        request, [this](const HttpReply& reply) { return begin(reply); },
        [this](std::string_view bytes) { take(bytes); }, stop_);
  }

  HttpClient::Body begin(const HttpReply& reply) {
    if (!reply.redirect.empty() || reply.status >= 400 || reply.status == 304) {
      return HttpClient::Body::drop;
    }
    const auto length = find_number(reply.header("content-length"));
    if (reply.status == 206 && continues(reply)) {
      total_ = length ? std::optional(written_ + *length) : std::nullopt;
      return HttpClient::Body::take;
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
    return HttpClient::Body::take;
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
    if (const auto seconds = find_number(reply.header("retry-after"))) {
      asked_pause_ = milliseconds(std::min<std::uint64_t>(*seconds, 60) * 1000);
    }
    const std::string reason =
        reply.reason.empty() ? std::string() : " " + reply.reason;
    const std::string host = fmt::format("{}:{}", address.host, address.port);
    throw base::Error(
        kind_of(reply.status),
        fmt::format("{}{} says {}{}", host,
                    host == reply.peer ? "" : fmt::format(" ({})", reply.peer),
                    reply.status, reason));
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
  std::optional<milliseconds> asked_pause_;
};

}  // namespace

Downloaded download(HttpClient& client, const DownloadRequest& request,
                    const base::Fd& to, const OnDownload& on_bytes,
                    const std::stop_token& stop) {
  return Transfer(client, request, to, on_bytes, stop).run();
}

}  // namespace registry
