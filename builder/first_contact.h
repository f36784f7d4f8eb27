// How long a cache's server is waited for: a build goes on without it, so
// whoever takes connections and says nothing must not hold it up, and must not
// hold it up again for the next cache there.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>

#include "base/guarded.h"
#include "registry/repository.h"

namespace builder {

// For what comes after the first answer: less patience than for an image.
registry::HttpLimits impatient(registry::HttpLimits limits);

// The first thing that servers are asked, in one build: one that could not be
// reached, or said nothing, is left alone for five minutes.
// Threads: all members may be called at once.
class FirstContacts {
 public:
  using Ask = std::function<void(const std::stop_token& stop)>;

  // Asks within 15 seconds for all tries together; what `ask` is given stops
  // when these or the build are over. `server`: for people, and by what it is
  // known again.
  // Throws: unavailable after those, or at once with what was wrong before;
  // what `ask` throws.
  void ask(const std::string& server, const std::stop_token& stop,
           const Ask& ask);

  // Repository::get_manifest(), asked so.
  registry::Manifest get_manifest(const registry::Repository& from,
                                  const std::string& reference,
                                  const std::stop_token& stop);

 private:
  struct Loss {
    std::string why;
    std::chrono::steady_clock::time_point when;
  };
  void check_known(const std::string& server);
  void note_loss(const std::string& server, const std::string& why);

  base::Guarded<std::map<std::string, Loss>> lost_;  // by server
};

}  // namespace builder
