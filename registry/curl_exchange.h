// libcurl's side of an HttpClient: its handles, what its callbacks have given,
// and the loop that moves bytes. For http_client.cc alone.
//
// Callbacks come from libcurl's C code, which no exception may cross: what they
// throw is kept until it has returned. Either side may have to wait for us:
// then its callback says "pause", and resume() lets it go on.
//
// Throws: as HttpExchange.
#pragma once

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"
#include "registry/curl_library.h"
#include "registry/http_client.h"

namespace registry {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_library().easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_library().multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const {
    curl_library().slist_free_all(list);
  }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

struct HttpClient::State {
  // What is held of a body that is not read yet, about.
  static constexpr std::size_t kMostArrivedBytes = std::size_t{1} << 20U;

  std::unique_ptr<CURLM, FreeMulti> multi{curl_library().multi_init()};
  // A new one for each exchange: one that has failed keeps buffers that cannot
  // be set again. Connections belong to `multi`.
  std::unique_ptr<CURL, FreeEasy> easy;
  std::array<char, CURL_ERROR_SIZE> message{};
  HttpLimits limits;
  std::stop_token stop;
  HeaderList headers;
  std::string url;
  std::string body;  // of the request
  bool has_proxy = false;
  std::string advice;  // on a certificate that does not hold
  bool ends_upload = false;
  bool is_added = false;

  std::chrono::steady_clock::time_point started;
  // When to give up, whatever comes.
  std::optional<std::chrono::steady_clock::time_point> deadline;

  HttpReply reply;
  std::size_t header_bytes = 0;
  bool has_head = false;
  std::optional<CURLcode> result;
  std::exception_ptr failure;

  // What has come of the body and was not read yet.
  std::string arrived;
  std::size_t taken = 0;
  bool is_receiving_paused = false;
  // What is to be sent of the stream.
  std::string_view outgoing;
  bool is_finished = false;
  bool is_sending_paused = false;

  template <typename Value>
  void set(CURLoption option, Value value) const {
    const CURLcode code = curl_library().easy_setopt(easy.get(), option, value);
    if (code == CURLE_OK) return;
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("libcurl cannot do this: {}",
                                  curl_library().easy_strerror(code)));
  }

  template <typename Value>
  void get(CURLINFO info, Value value) const {
    curl_library().easy_getinfo(easy.get(), info, value);
  }

  void reset() {
    started = std::chrono::steady_clock::now();
    deadline.reset();
    reply = {};
    header_bytes = 0;
    has_head = false;
    result.reset();
    failure = nullptr;
    arrived.clear();
    taken = 0;
    is_receiving_paused = false;
    outgoing = {};
    is_finished = false;
    is_sending_paused = false;
    message.fill('\0');
    easy.reset(curl_library().easy_init());
    if (!easy) throw std::bad_alloc();
  }

  void set_request(const HttpRequest& request);
  void set_tls(const TlsSettings& tls) const;
  void set_limits() const;
  void set_stall(std::chrono::seconds time) const;

  void take_header(std::string_view line);
  void finish_head();

  template <typename Work>
  std::size_t guard(const Work& work) noexcept {
    try {
      return work();
    } catch (...) {
      failure = std::current_exception();
      return CURL_WRITEFUNC_ERROR;
    }
  }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t count,
                               void* self) {
    auto& state = *static_cast<State*>(self);
    return state.guard([&] {
      state.take_header({bytes, count});
      return count;
    });
  }

  static std::size_t on_bytes(char* bytes, std::size_t, std::size_t count,
                              void* self) {
    auto& state = *static_cast<State*>(self);
    return state.guard([&]() -> std::size_t {
      state.finish_head();
      if (state.arrived.size() - state.taken >= kMostArrivedBytes) {
        state.is_receiving_paused = true;
        return CURL_WRITEFUNC_PAUSE;
      }
      state.arrived.append(bytes, count);
      return count;
    });
  }

  static std::size_t on_room(char* bytes, std::size_t, std::size_t room,
                             void* self) {
    auto& state = *static_cast<State*>(self);
    if (state.outgoing.empty()) {
      if (state.is_finished) return 0;
      state.is_sending_paused = true;
      return CURL_READFUNC_PAUSE;
    }
    const std::size_t count = state.outgoing.copy(bytes, room);
    state.outgoing.remove_prefix(count);
    return count;
  }

  void add();
  void remove() noexcept;
  void resume();
  void step();
  [[noreturn]] void refuse(CURLcode code) const;
};

}  // namespace registry
