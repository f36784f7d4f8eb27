#include "registry/http_client.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/error.h"
#include "registry/curl_exchange.h"
#include "registry/unavailable.h"

namespace registry {

std::string HttpReply::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? std::string() : it->second;
}

HttpClient::HttpClient(Proxies proxies, HttpLimits limits, TlsSettings tls)
    : proxies_(std::move(proxies)),
      limits_(limits),
      tls_(std::move(tls)),
      state_(std::make_unique<State>()) {
  if (!state_->multi) throw std::bad_alloc();
  state_->limits = limits_;
}

HttpClient::~HttpClient() = default;

HttpExchange::HttpExchange(HttpClient& client, const HttpRequest& request,
                           std::stop_token stop)
    : state_(*client.state_) {
  HttpClient::State& state = state_;
  state.reset();
  state.stop = std::move(stop);
  state.set_request(request);
  // Empty: none, whatever libcurl's own look at the environment would say.
  const std::string proxy = client.proxies_.find(request.url);
  state.has_proxy = !proxy.empty();
  state.advice = client.tls_.advice;
  state.set(CURLOPT_PROXY, proxy.c_str());
  const auto no_proxy = client.proxies_.variables.find("no_proxy");
  state.set(CURLOPT_NOPROXY, no_proxy == client.proxies_.variables.end()
                                 ? ""
                                 : no_proxy->second.c_str());
  state.set_tls(client.tls_);
  state.set_limits();
  state.set(CURLOPT_ERRORBUFFER, state.message.data());
  state.set(CURLOPT_HEADERFUNCTION, &HttpClient::State::on_header);
  state.set(CURLOPT_HEADERDATA, &state);
  state.set(CURLOPT_WRITEFUNCTION, &HttpClient::State::on_bytes);
  state.set(CURLOPT_WRITEDATA, &state);
  state.add();
}

HttpExchange::~HttpExchange() { state_.remove(); }

bool HttpExchange::send(std::string_view bytes) {
  state_.outgoing = bytes;
  // A reply amid the stream says that the rest is not wanted.
  while (!state_.outgoing.empty() && !state_.has_head && !state_.result) {
    state_.step();
  }
  state_.outgoing = {};
  if (state_.result && !state_.has_head) state_.refuse(*state_.result);
  return !state_.has_head;
}

void HttpExchange::finish() {
  state_.is_finished = true;
  state_.set_stall(state_.limits.answer);
}

const HttpReply& HttpExchange::reply() {
  while (!state_.has_head && !state_.result) state_.step();
  if (!state_.has_head) {
    if (*state_.result != CURLE_OK) state_.refuse(*state_.result);
    // libcurl takes what is there for all of it.
    throw Unavailable("the reply was cut in its head");
  }
  return state_.reply;
}

std::size_t HttpExchange::read(std::byte* buffer, std::size_t size) {
  HttpClient::State& state = state_;
  while (state.taken == state.arrived.size()) {
    state.arrived.clear();
    state.taken = 0;
    if (state.result) {
      if (*state.result != CURLE_OK) state.refuse(*state.result);
      return 0;
    }
    state_.step();
  }
  const std::size_t count =
      state.arrived.copy(reinterpret_cast<char*>(buffer), size, state.taken);
  state.taken += count;
  return count;
}

std::string HttpExchange::read_all(std::size_t most_bytes) {
  state_.deadline = state_.started + state_.limits.document;
  std::string all;
  std::array<char, 16384> buffer;
  while (const std::size_t count =
             read(reinterpret_cast<std::byte*>(buffer.data()), buffer.size())) {
    if (all.size() + count > most_bytes) {
      throw base::Error(
          base::ErrorKind::invalid_input,
          fmt::format("the reply is more than {} bytes", most_bytes));
    }
    all.append(buffer.data(), count);
  }
  return all;
}

}  // namespace registry
