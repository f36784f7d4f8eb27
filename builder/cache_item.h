// The build cache as a list of things that take space, for who looks at it and
// who prunes it.
//
// The types are BuildKit's: a layer of a step ("regular",
// "source.git.checkout"), a cache mount ("exec.cachemount"), a git repository
// ("source.git.checkout"), and what serves nobody's steps ("internal"):
// compressed layers that can be made again, what registries said of names, logs
// of builds, kept failed steps.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "store/store.h"

namespace builder {

struct CacheItem {
  enum class Kind {
    layer,
    cache_mount,
    git,
    blob,
    resolved_image,
    log,
    failed_step
  };
  Kind kind = Kind::layer;
  std::string type = {};  // BuildKit's
  std::string id = {};    // hex; of logs and failed steps their name
  std::string description =
      {};  // "RUN make", "cache mount /root/.npm"; any text
  std::uint64_t size_bytes = 0;
  std::chrono::sys_seconds created{};
  std::chrono::sys_seconds last_used{};
  std::vector<base::Digest> images =
      {};                             // that need it: removing it frees nothing
  bool is_in_use = false;             // by a process that runs
  base::Digest digest = {};           // of a layer's tar, of a blob
  store::ResolvedName resolved = {};  // of a resolved image
  std::filesystem::path path = {};    // of what the database does not know

  bool is_shared() const { return !images.empty(); }
  // Whether builds change it as they use it.
  bool is_mutable() const {
    return kind == Kind::cache_mount || kind == Kind::git;
  }
  // Whether to remove it frees its bytes now.
  bool is_reclaimable() const { return !is_in_use && !is_shared(); }
  bool is_internal() const { return type == "internal"; }
};

// Largest first. Nothing is locked for longer than to see whether it is.
// Throws: system.
std::vector<CacheItem> list_cache(store::Store& store);

// A step in the words of a Dockerfile, from the operation in a record's parts:
// "RUN make", "COPY src /src"; "step" when they say nothing.
std::string describe_parts(std::string_view parts);

}  // namespace builder
