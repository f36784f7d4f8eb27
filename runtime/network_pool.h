// Networks for steps: a fresh namespace each, made ahead of need and never used
// twice.
//
// Making one takes the kernel some milliseconds, so a thread of ours has the
// next one ready while a step runs. It starts with the first take(), so that
// who takes none pays nothing. Where no way out can be made, steps have a
// loopback and nothing else, and that is told once.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/dns_relay.h"
#include "runtime/subnet.h"
#include "runtime/uplink.h"

namespace runtime {

struct NetworkOptions {
  // Addresses that the steps' own must not hide, such as name servers.
  std::vector<Subnet> avoided;
  // Name servers that only the host reaches: those are asked for the steps, by
  // a relay at kRelayAddress. None: no relay.
  std::vector<std::string> relayed;
  // How many will be taken, at most; none is made beyond that.
  std::size_t count = 1;
  // Told on a thread of the pool's why steps have no way out.
  std::function<void(std::string_view)> warn;
};

// The network of one step; it ends with this object, once nobody is in it.
class StepNetwork {
 public:
  StepNetwork(base::Fd file, std::unique_ptr<Uplink::Connection> connection,
              std::optional<std::string> host_address,
              std::unique_ptr<DnsRelay> relay);

  // For Linux::network_path.
  std::string path() const;
  // Whether there is more than the loopback. Without it there is no relay
  // either: it would answer with addresses that cannot be reached.
  bool has_way_out() const noexcept { return connection_ != nullptr; }
  // At which the step reaches this machine; nullopt: it cannot.
  const std::optional<std::string>& host_address() const noexcept {
    return host_address_;
  }

 private:
  std::unique_ptr<Uplink::Connection> connection_;
  std::optional<std::string> host_address_;
  base::Fd file_;
  std::unique_ptr<DnsRelay> relay_;  // goes first: its sockets are inside
};

class NetworkPool {
 public:
  explicit NetworkPool(NetworkOptions options);
  NetworkPool(const NetworkPool&) = delete;
  NetworkPool& operator=(const NetworkPool&) = delete;
  // Nothing that was made is left on the host afterwards. What was taken must
  // have been dropped.
  ~NetworkPool();

  // Waits for the next one. Throws: cancelled; system, denied when not even a
  // namespace can be made.
  // Threads: may be called at once.
  std::unique_ptr<StepNetwork> take(const std::stop_token& stop);

 private:
  void prepare(const std::stop_token& end);
  std::unique_ptr<StepNetwork> make();
  std::unique_ptr<StepNetwork> connect();
  void give_up(const base::Error& error);
  bool is_wanting() const;

  const NetworkOptions options_;
  std::mutex mutex_;  // guards what follows, up to uplink_
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<StepNetwork>> ready_;
  std::exception_ptr failure_;
  std::size_t waiting_ = 0;
  std::size_t taken_ = 0;
  // The thread's alone.
  std::unique_ptr<Uplink> uplink_;
  bool has_given_up_ = false;
  std::jthread thread_;
};

}  // namespace runtime
