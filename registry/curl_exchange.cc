#include "registry/curl_exchange.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "registry/unavailable.h"

namespace registry {
namespace {

constexpr long kReceiveBufferBytes = 256L << 10U;
constexpr long kUploadBufferBytes = 512L << 10U;

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

constexpr const char* kCheckProxy =
    "check the proxy in http_proxy, https_proxy or all_proxy";

std::string hint_of(CURLcode code, bool has_proxy) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return "name the file with its issuer's certificate in SSL_CERT_FILE";
    case CURLE_COULDNT_RESOLVE_HOST:
      return "check the name, and that this machine can resolve it";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return kCheckProxy;
    case CURLE_COULDNT_CONNECT:
      return has_proxy ? kCheckProxy
                       : "check the host and the port, and that the server "
                         "there runs";
    case CURLE_SSL_CONNECT_ERROR:
      return "check that the server has TLS at this port";
    case CURLE_SSL_CERTPROBLEM:
      return "NAME.key has to be the key of NAME.cert, in PEM, readable and "
             "without a passphrase";
    case CURLE_RECV_ERROR:
      // How libcurl calls a proxy's refusal of a tunnel.
      return has_proxy ? kCheckProxy : "";
    default:
      return {};
  }
}

bool is_unreached(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
         code == CURLE_COULDNT_RESOLVE_PROXY ||
         code == CURLE_OPERATION_TIMEDOUT;
}

}  // namespace

void HttpClient::State::take_header(std::string_view line) {
  header_bytes += line.size();
  if (header_bytes > limits.header_bytes) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("the reply's headers are more than {} KiB",
                                  limits.header_bytes >> 10U));
  }
  if (trim(line).empty()) {
    // The head's end; that of "100 Continue" is none.
    long status = 0;
    get(CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200) finish_head();
    return;
  }
  if (line.starts_with("HTTP/") && !has_head) {
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
  if (colon == std::string_view::npos || has_head) return;  // trailers
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  std::string& value = reply.headers[name];
  if (!value.empty()) value += ", ";
  value += trim(line.substr(colon + 1));
}

void HttpClient::State::finish_head() {
  if (has_head) return;
  long status = 0;
  get(CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  // libcurl's own word for it comes after the body.
  const std::string location = reply.header("location");
  if (status >= 300 && status < 400 && !location.empty()) {
    reply.redirect = resolve_address(url, location);
  }
  long port = 0;
  char* address = nullptr;
  get(CURLINFO_PRIMARY_IP, &address);
  get(CURLINFO_PRIMARY_PORT, &port);
  if (address != nullptr) reply.peer = fmt::format("{}:{}", address, port);
  has_head = true;
}

void HttpClient::State::set_request(const HttpRequest& request) {
  url = request.url;
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_USERAGENT, "strake");
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  if (request.takes_gzip) set(CURLOPT_ACCEPT_ENCODING, "gzip");
  std::vector<std::string> lines = request.headers;
  // Or libcurl says that nothing is a form.
  if (request.body.empty() && request.stream == HttpRequest::Stream::none) {
    lines.emplace_back("Content-Type:");
  }
  headers = make_headers(lines);
  set(CURLOPT_HTTPHEADER, headers.get());
  body = request.body;
  ends_upload =
      request.method == "PUT" && request.stream == HttpRequest::Stream::none;
  if (request.stream != HttpRequest::Stream::none) {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_UPLOAD_BUFFERSIZE, kUploadBufferBytes);
    set(CURLOPT_READFUNCTION, &State::on_room);
    set(CURLOPT_READDATA, this);
    const bool is_sized = request.stream == HttpRequest::Stream::sized;
    set(CURLOPT_INFILESIZE_LARGE,
        is_sized ? static_cast<curl_off_t>(request.stream_bytes)
                 : curl_off_t{-1});
  } else if (!body.empty() || request.method == "POST" ||
             request.method == "PUT" || request.method == "PATCH") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_POSTFIELDS, body.c_str());
  }
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void HttpClient::State::set_tls(const TlsSettings& tls) const {
  for (const auto& [name, option] :
       {std::pair{"SSL_CERT_FILE", CURLOPT_CAINFO},
        std::pair{"SSL_CERT_DIR", CURLOPT_CAPATH}}) {
    const char* path = std::getenv(name);
    if (path != nullptr && *path != '\0') set(option, path);
  }
  if (!tls.authorities.empty()) {
    curl_blob blob{};
    blob.data = const_cast<char*>(tls.authorities.data());
    blob.len = tls.authorities.size();
    blob.flags = CURL_BLOB_COPY;
    set(CURLOPT_CAINFO_BLOB, &blob);
  }
  if (!tls.certificate.empty()) {
    set(CURLOPT_SSLCERT, tls.certificate.c_str());
    set(CURLOPT_SSLKEY, tls.key.c_str());
  }
  if (!tls.verifies) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

void HttpClient::State::set_limits() const {
  set(CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, limits.least_bytes_a_second);
  // A PUT without a stream ends one.
  set_stall(ends_upload ? limits.answer : limits.stall);
  set(CURLOPT_NOSIGNAL, 1L);
  // A stop does not wait for a name server.
  set(CURLOPT_QUICK_EXIT, 1L);
}

void HttpClient::State::set_stall(std::chrono::seconds time) const {
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(time.count()));
}

void HttpClient::State::add() {
  const CURLMcode code =
      curl_library().multi_add_handle(multi.get(), easy.get());
  if (code != CURLM_OK) {
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("the transfer failed: {}",
                                  curl_library().multi_strerror(code)));
  }
  is_added = true;
}

void HttpClient::State::remove() noexcept {
  if (is_added) curl_library().multi_remove_handle(multi.get(), easy.get());
  is_added = false;
}

// Lets go on what waited for us.
void HttpClient::State::resume() {
  const bool sends = is_sending_paused && (is_finished || !outgoing.empty());
  const bool receives =
      is_receiving_paused && arrived.size() - taken < kMostArrivedBytes;
  if (!sends && !receives) return;
  if (sends) is_sending_paused = false;
  if (receives) is_receiving_paused = false;
  const int still = (is_sending_paused ? CURLPAUSE_SEND : 0) |
                    (is_receiving_paused ? CURLPAUSE_RECV : 0);
  // What waited is handed on at once, and may fill the room again.
  curl_library().easy_pause(easy.get(), still);
}

// Moves what can be moved, and waits where nothing can. Throws what the
// callbacks threw.
void HttpClient::State::step() {
  const CurlLibrary& curl = curl_library();
  const auto check = [&curl](CURLMcode code) {
    if (code == CURLM_OK) return;
    throw base::Error(
        base::ErrorKind::unavailable,
        fmt::format("the transfer failed: {}", curl.multi_strerror(code)));
  };
  const auto moved = [this, before = arrived.size(), left = outgoing.size(),
                      had_head = has_head] {
    return arrived.size() != before || outgoing.size() != left ||
           has_head != had_head || result;
  };
  for (;;) {
    if (stop.stop_requested()) {
      throw base::Error(base::ErrorKind::cancelled, "the work was stopped");
    }
    if (deadline && std::chrono::steady_clock::now() > *deadline) {
      Unavailable late(fmt::format("the reply was not whole after {} seconds",
                                   limits.document.count()));
      late.is_unreached = true;
      throw late;
    }
    resume();
    int running = 0;
    check(curl.multi_perform(multi.get(), &running));
    int left = 0;
    while (const CURLMsg* told = curl.multi_info_read(multi.get(), &left)) {
      if (told->msg == CURLMSG_DONE) result = told->data.result;
    }
    if (failure) std::rethrow_exception(failure);
    if (moved()) return;
    const std::stop_callback on_stop(stop,
                                     [&] { curl.multi_wakeup(multi.get()); });
    check(curl.multi_poll(multi.get(), nullptr, 0, 1000, nullptr));
  }
}

void HttpClient::State::refuse(CURLcode code) const {
  // Its word for one line of a head that is longer than it keeps.
  if (code == CURLE_OUT_OF_MEMORY && !has_head) {
    throw base::Error(base::ErrorKind::invalid_input,
                      "a line of the reply's head is too long");
  }
  std::string why = message[0] != '\0' ? std::string(message.data())
                                       : curl_library().easy_strerror(code);
  if (why.size() > 1 && why[0] >= 'A' && why[0] <= 'Z' && why[1] >= 'a') {
    why[0] = static_cast<char>(why[0] + 32);
  }
  const base::ErrorKind kind = kind_of(code);
  if (kind != base::ErrorKind::unavailable) {
    const bool is_untrusted = code == CURLE_PEER_FAILED_VERIFICATION;
    throw base::Error(kind, why).hint(
        is_untrusted && !advice.empty() ? advice : hint_of(code, has_proxy));
  }
  Unavailable error(std::move(why));
  error.hint(hint_of(code, has_proxy));
  error.is_unreached = is_unreached(code);
  throw error;
}

}  // namespace registry
