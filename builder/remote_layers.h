// What addresses give, as layers of the store: the one file that a server has,
// the tree of a git repository. For ADD and for build contexts alike.
//
// Whether there is something new only the server knows. A record of what was
// got last spares getting it again: a file's has what the server said of it,
// for a conditional request; a tree's is found by its commit. A tree is
// recorded under the ref as well, so that it can be found with no server.
//
// With the servers left alone (--offline) nobody is asked: what an address gave
// last is what it gives, whatever its age.
// Threads: each has its own; the store may be shared.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/trace.h"
#include "builder/cache_key.h"
#include "builder/exec_step.h"
#include "builder/operation.h"
#include "builder/step_log.h"
#include "store/store.h"

namespace builder {

class RemoteLayers {
 public:
  // What an earlier build has under a key, if it may be used.
  using Find =
      std::function<std::optional<store::CacheRecord>(const CacheKey& key)>;
  struct Result {
    store::CacheRecord record;
    bool is_known = false;  // nothing had to be got
  };

  // Both must outlive it.
  RemoteLayers(store::Store& store, const Secrets& secrets, Servers servers,
               base::Trace* trace = nullptr)
      : store_(store), secrets_(secrets), servers_(servers), trace_(trace) {}

  // What the operation, which fetches, gives now.
  // Throws: what registry::download throws, what git's failures are; corrupt
  // when it is not what its checksum says; not_found for what is left alone and
  // was never got; cancelled.
  Result get(const Operation& operation, const Find& find, StepLog& log,
             const std::stop_token& stop);

 private:
  Result get_file(const HttpOp& op, const Find& find, StepLog& log,
                  const std::stop_token& stop);
  Result get_tree(const GitOp& op, const Find& find, StepLog& log,
                  const std::stop_token& stop);
  Result find_last(const CacheKey& key) const;
  store::SealedLayer seal(const store::Lease& lease,
                          const std::filesystem::path& directory);
  store::CacheRecord keep(const CacheKey& key, const store::Lease& lease,
                          store::SealedLayer sealed, std::string parts);
  void keep_as(const CacheKey& key, store::CacheRecord record);

  store::Store& store_;
  const Secrets& secrets_;
  Servers servers_;
  base::Trace* trace_;
};

}  // namespace builder
