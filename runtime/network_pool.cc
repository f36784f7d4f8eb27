#include "runtime/network_pool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/error.h"
#include "runtime/blocked_signals.h"

namespace runtime {

StepNetwork::StepNetwork(base::Fd file,
                         std::unique_ptr<Uplink::Connection> connection,
                         std::optional<std::string> host_address,
                         std::unique_ptr<DnsRelay> relay)
    : connection_(std::move(connection)),
      host_address_(std::move(host_address)),
      file_(std::move(file)),
      relay_(std::move(relay)) {}

std::string StepNetwork::path() const {
  return fmt::format("/proc/{}/fd/{}", ::getpid(), file_.get());
}

NetworkPool::NetworkPool(NetworkOptions options)
    : options_(std::move(options)) {}

// The thread drops what it has made: what it started ends with it.
NetworkPool::~NetworkPool() = default;

std::unique_ptr<StepNetwork> NetworkPool::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!thread_.joinable()) {
    // Signals are for threads that wait for them; ours would die of one.
    const BlockedSignals blocked;
    thread_ =
        std::jthread([this](const std::stop_token& end) { prepare(end); });
  }
  ++waiting_;
  changed_.notify_all();
  const bool is_there = changed_.wait(
      lock, stop, [&] { return !ready_.empty() || failure_ != nullptr; });
  --waiting_;
  if (!is_there) {
    throw base::Error(base::ErrorKind::cancelled, "the step was stopped");
  }
  if (failure_) std::rethrow_exception(failure_);
  std::unique_ptr<StepNetwork> network = std::move(ready_.back());
  ready_.pop_back();
  ++taken_;
  changed_.notify_all();
  return network;
}

// One for each that waits, and one ahead.
bool NetworkPool::is_wanting() const {
  const bool has_more_to_come = taken_ + waiting_ < options_.count;
  return !failure_ && ready_.size() < waiting_ + (has_more_to_come ? 1 : 0);
}

void NetworkPool::prepare(const std::stop_token& end) {
  // Signals are for the threads that were there before, some of which wait for
  // them: strake run would die of one that is meant for its command.
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, end, [&] { return is_wanting(); })) {
    lock.unlock();
    std::unique_ptr<StepNetwork> made;
    std::exception_ptr failure;
    try {
      made = make();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = failure;
    if (made) ready_.push_back(std::move(made));
    changed_.notify_all();
  }
  ready_.clear();
  lock.unlock();
  uplink_.reset();
}

// The one warning: without a way out there will be none for later steps either.
void NetworkPool::give_up(const base::Error& error) {
  has_given_up_ = true;  // and keep it: steps that run are connected by it
  if (!options_.warn) return;
  options_.warn(fmt::format(
      "RUN steps have no network but their loopback: {}{}{}", error.message(),
      error.hint().empty() ? "" : "; ", error.hint()));
}

std::unique_ptr<StepNetwork> NetworkPool::make() {
  try {
    if (!uplink_ && !has_given_up_) {
      uplink_ = open_uplink(options_.avoided);
    }
    if (!has_given_up_) return connect();
  } catch (const base::Error& error) {
    give_up(error);
  }
  return std::make_unique<StepNetwork>(make_network_namespace().file, nullptr,
                                       std::nullopt, nullptr);
}

std::unique_ptr<StepNetwork> NetworkPool::connect() {
  std::optional<DnsRelay::Sockets> sockets;
  NetworkNamespace network = make_network_namespace([&] {
    if (!options_.relayed.empty()) sockets.emplace();
  });
  std::unique_ptr<DnsRelay> relay;
  if (sockets) {
    relay = std::make_unique<DnsRelay>(std::move(*sockets), options_.relayed);
  }
  auto connection = uplink_->connect(network);
  return std::make_unique<StepNetwork>(
      std::move(network.file), std::move(connection), uplink_->host_address(),
      std::move(relay));
}

}  // namespace runtime
