// Whether and when to ask a server again.
//
// The pause doubles with each try that brought nothing, up to half as long
// again by chance, so that many builds that failed at once do not come back at
// once. A server's own Retry-After (RFC 9110, 10.2.3) is kept to; one that is
// longer than anybody would wait for ends the tries.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "base/error.h"
#include "registry/http_client.h"
#include "registry/unavailable.h"

namespace registry {

// 408, 429 and most of 5xx: the request was right, and later may do.
bool is_later(int status);

// What an error status of a reply means for whoever asked.
base::ErrorKind kind_of_status(int status);

// In seconds or as a date; nullopt where the reply has none that makes sense.
std::optional<std::chrono::seconds> find_retry_after(const HttpReply& reply);

// Ends the tries with the last error: with their number where there were
// several, and what an Unavailable knows.
[[noreturn]] void throw_tried(const base::Error& last, int tries);

// Of one piece of work, from its first failure on. Not for several threads.
class Retry {
 public:
  Retry(const HttpLimits& limits, std::stop_token stop);

  // A try has failed. Waits until the next one, or throws the error again: when
  // another try would not help or there were enough. `has_progressed`: this try
  // has brought some of what was wanted.
  // Throws: the error; cancelled.
  void wait(const base::Error& error, bool has_progressed);

  int tries() const noexcept { return tries_; }

 private:
  std::chrono::milliseconds next_pause(std::chrono::milliseconds least) const;

  HttpLimits limits_;
  std::stop_token stop_;
  int tries_ = 1;
  int fruitless_ = 0;
  int unreached_ = 0;
};

}  // namespace registry
