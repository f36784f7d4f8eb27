// What the cache had to say of a step, for people: how old what it gave is, or
// why it had nothing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/digest.h"

namespace builder {

struct CacheHit {
  // When the step ran, and how long; none of it for a base.
  std::chrono::sys_seconds recorded{};
  std::chrono::milliseconds elapsed{};
  // Where it came from, if not from this store: "/srv/cache".
  std::string origin = {};
  // The layer that it put on top; unset for a base.
  base::Digest layer = {};
  // Only with BuildOptions::explains. Why it had to run; its log, below the
  // store's logs/; when, why and on what it was made, a line each.
  std::string reason = {};
  std::string log = {};
  std::vector<std::string> parts = {};
};

struct CacheMiss {
  // The first thing that is not as it was: "src/main.c changed (content)".
  std::string reason;
  // All of them, the first among them; a line each.
  std::vector<std::string> parts = {};
};

}  // namespace builder
