#include "registry/http_client.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <exception>

#include "base/error.h"
#include "registry/curl_library.h"

namespace registry {
namespace {

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

HeaderList make_headers(const std::vector<std::string>& headers) {
  HeaderList list;
  for (const std::string& header : headers) {
    curl_slist* longer =
        curl_library().slist_append(list.get(), header.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    [[maybe_unused]] curl_slist* const old = list.release();
    list.reset(longer);
  }
  return list;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

// What another try may mend.
base::ErrorKind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY:
      return base::ErrorKind::invalid_input;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      return base::ErrorKind::denied;
    default:
      return base::ErrorKind::unavailable;
  }
}

std::string hint_of(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return "name the file with its issuer's certificate in SSL_CERT_FILE";
    case CURLE_COULDNT_RESOLVE_HOST:
      return "check the name, and that this machine can resolve it";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "check the proxy in http_proxy, https_proxy or all_proxy";
    default:
      return {};
  }
}

}  // namespace

std::string HttpReply::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? std::string() : it->second;
}

// One exchange. Callbacks come from libcurl's C code, which no exception may
// cross: what they throw is kept until it has returned.
struct HttpClient::State {
  std::unique_ptr<CURLM, FreeMulti> multi{curl_library().multi_init()};
  std::unique_ptr<CURL, FreeEasy> easy{curl_library().easy_init()};
  std::array<char, CURL_ERROR_SIZE> message{};
  const HttpLimits* limits = nullptr;
  const OnReply* on_reply = nullptr;
  const OnBody* on_body = nullptr;
  std::string url;
  HttpReply reply;
  std::size_t header_bytes = 0;
  std::optional<Body> body;  // none: the head is not whole yet
  std::exception_ptr failure;

  template <typename Value>
  void set(CURLoption option, Value value) const {
    const CURLcode code = curl_library().easy_setopt(easy.get(), option, value);
    if (code == CURLE_OK) return;
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("libcurl cannot do this: {}",
                                  curl_library().easy_strerror(code)));
  }

  void start() {
    reply = {};
    header_bytes = 0;
    body.reset();
    failure = nullptr;
    message.fill('\0');
    curl_library().easy_reset(easy.get());
  }

  void take_header(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > limits->header_bytes) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("the reply's headers are more than {} KiB",
                                    limits->header_bytes >> 10U));
    }
    if (line.starts_with("HTTP/")) {  // 100 Continue may stand before the reply
      reply = {};
      const std::size_t code = line.find(' ');
      const std::size_t reason =
          code == std::string_view::npos ? code : line.find(' ', code + 1);
      if (reason != std::string_view::npos) {
        reply.reason = trim(line.substr(reason));
      }
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    reply.headers[name] = trim(line.substr(colon + 1));
  }

  // When the first byte of a body has come, or the end without one.
  void finish_head() {
    if (body) return;
    long status = 0;
    get(CURLINFO_RESPONSE_CODE, &status);
    reply.status = static_cast<int>(status);
    // libcurl knows where a redirect leads only when its body is over.
    if (status >= 300 && status < 400 && reply.headers.contains("location")) {
      reply.redirect = resolve_address(url, reply.header("location"));
    }
    long port = 0;
    char* address = nullptr;
    get(CURLINFO_PRIMARY_IP, &address);
    get(CURLINFO_PRIMARY_PORT, &port);
    if (address != nullptr) reply.peer = fmt::format("{}:{}", address, port);
    body = (*on_reply)(reply);
  }

  template <typename Value>
  void get(CURLINFO info, Value value) const {
    curl_library().easy_getinfo(easy.get(), info, value);
  }

  // Returns how much was taken: less than there was ends the transfer.
  template <typename Work>
  std::size_t guard(std::size_t size, const Work& work) noexcept {
    try {
      return work() ? size : CURL_WRITEFUNC_ERROR;
    } catch (...) {
      failure = std::current_exception();
      return CURL_WRITEFUNC_ERROR;
    }
  }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t count,
                               void* self) {
    auto& state = *static_cast<State*>(self);
    return state.guard(count, [&] {
      state.take_header({bytes, count});
      return true;
    });
  }

  static std::size_t on_bytes(char* bytes, std::size_t, std::size_t count,
                              void* self) {
    auto& state = *static_cast<State*>(self);
    return state.guard(count, [&] {
      state.finish_head();
      if (state.body == Body::drop) return false;
      (*state.on_body)({bytes, count});
      return true;
    });
  }

  CURLcode perform(const std::stop_token& stop) const;
  [[noreturn]] void refuse(CURLcode code) const;
};

// Until it is over or stopped.
CURLcode HttpClient::State::perform(const std::stop_token& stop) const {
  const CurlLibrary& curl = curl_library();
  const auto check = [&curl](CURLMcode code) {
    if (code == CURLM_OK) return;
    throw base::Error(
        base::ErrorKind::unavailable,
        fmt::format("the transfer failed: {}", curl.multi_strerror(code)));
  };
  check(curl.multi_add_handle(multi.get(), easy.get()));
  struct Removal {
    const State& state;
    ~Removal() {
      curl_library().multi_remove_handle(state.multi.get(), state.easy.get());
    }
  } const removal{*this};
  const std::stop_callback on_stop(stop,
                                   [&] { curl.multi_wakeup(multi.get()); });
  for (;;) {
    if (stop.stop_requested()) {
      throw base::Error(base::ErrorKind::cancelled, "the work was stopped");
    }
    int running = 0;
    check(curl.multi_perform(multi.get(), &running));
    int left = 0;
    while (const CURLMsg* told = curl.multi_info_read(multi.get(), &left)) {
      if (told->msg == CURLMSG_DONE) return told->data.result;
    }
    check(curl.multi_poll(multi.get(), nullptr, 0, 1000, nullptr));
  }
}

void HttpClient::State::refuse(CURLcode code) const {
  std::string why = message[0] != '\0' ? std::string(message.data())
                                       : curl_library().easy_strerror(code);
  if (why.size() > 1 && why[0] >= 'A' && why[0] <= 'Z' && why[1] >= 'a') {
    why[0] = static_cast<char>(why[0] + 32);
  }
  throw base::Error(kind_of(code), why).hint(hint_of(code));
}

HttpClient::HttpClient(Proxies proxies, HttpLimits limits)
    : proxies_(std::move(proxies)),
      limits_(limits),
      state_(std::make_unique<State>()) {
  if (!state_->multi || !state_->easy) throw std::bad_alloc();
}

HttpClient::~HttpClient() = default;

HttpReply HttpClient::get(const HttpRequest& request, const OnReply& on_reply,
                          const OnBody& on_body, const std::stop_token& stop) {
  State& state = *state_;
  state.start();
  state.limits = &limits_;
  state.on_reply = &on_reply;
  state.on_body = &on_body;
  const HeaderList headers = make_headers(request.headers);
  state.url = request.url;
  state.set(CURLOPT_URL, request.url.c_str());
  state.set(CURLOPT_HTTPHEADER, headers.get());
  state.set(CURLOPT_USERAGENT, "strake");
  state.set(CURLOPT_PROTOCOLS_STR, "http,https");
  // Empty: none, whatever libcurl's own look at the environment would say.
  state.set(CURLOPT_PROXY, proxies_.find(request.url).c_str());
  const auto no_proxy = proxies_.variables.find("no_proxy");
  if (no_proxy != proxies_.variables.end()) {
    state.set(CURLOPT_NOPROXY, no_proxy->second.c_str());
  }
  if (request.takes_gzip) state.set(CURLOPT_ACCEPT_ENCODING, "gzip");
  for (const auto& [name, option] :
       {std::pair{"SSL_CERT_FILE", CURLOPT_CAINFO},
        std::pair{"SSL_CERT_DIR", CURLOPT_CAPATH}}) {
    const char* path = std::getenv(name);
    if (path != nullptr && *path != '\0') state.set(option, path);
  }
  state.set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits_.connect.count()));
  state.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  state.set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits_.stall.count()));
  state.set(CURLOPT_NOSIGNAL, 1L);
  // A stop does not wait for a name server.
  state.set(CURLOPT_QUICK_EXIT, 1L);
  state.set(CURLOPT_ERRORBUFFER, state.message.data());
  state.set(CURLOPT_HEADERFUNCTION, &State::on_header);
  state.set(CURLOPT_HEADERDATA, &state);
  state.set(CURLOPT_WRITEFUNCTION, &State::on_bytes);
  state.set(CURLOPT_WRITEDATA, &state);

  const CURLcode code = state.perform(stop);
  if (state.failure) std::rethrow_exception(state.failure);
  if (code != CURLE_OK && state.body != Body::drop) state.refuse(code);
  state.finish_head();
  return state.reply;
}

}  // namespace registry
