#include "builder/fetched_context.h"

#include <fmt/format.h>

#include "base/error.h"
#include "builder/remote_layers.h"
#include "parser/url.h"
#include "store/layer_use.h"

namespace builder {
namespace {

constexpr int kMostAttempts = 3;

// There is no step yet whose output this could be; failures say what was wrong.
class NoProgress : public Progress {
 public:
  void found(const LintReport& /*report*/) override {}
  void planned(const Plan& /*plan*/) override {}
  void reading(std::size_t /*files*/, std::uint64_t /*bytes*/) override {}
  void started(std::size_t /*number*/, const Vertex& /*vertex*/) override {}
  void running(std::size_t /*number*/, const CacheMiss& /*miss*/) override {}
  void output(std::size_t /*number*/, runtime::Stream /*stream*/,
              std::string_view /*bytes*/) override {}
  void cached(std::size_t /*number*/, const CacheHit& /*hit*/) override {}
  void done(std::size_t /*number*/, const StepCost& /*cost*/) override {}
  void failed(std::size_t /*number*/, const base::Error& /*error*/) override {}
  void warning(std::string_view /*text*/) override {}
  void note(std::string_view) override {}
};

std::string address_of(const Operation& operation) {
  const auto* git = std::get_if<GitOp>(&operation);
  return git != nullptr ? git->remote : std::get<HttpOp>(operation).url;
}

}  // namespace

std::filesystem::path fetch_context(const Operation& operation,
                                    const Secrets& secrets, Servers servers,
                                    store::Store& store,
                                    const store::Lease& lease) {
  NoProgress progress;
  StepLog log(lease.new_path("log"), 0, progress, {});
  try {
    // A layer that was got may be pruned before it is held; then it is fetched
    // again.
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
      const auto find = [&](const CacheKey& key) {
        auto record = store.cache().find(key.digest());
        if (record && !store.layers().find(record->diff_id)) record.reset();
        return record;
      };
      const base::Digest layer = RemoteLayers(store, secrets, servers)
                                     .get(operation, find, log, lease.stop())
                                     .record.diff_id;
      const store::DirectoryLock moment(store.root() / "overlay2",
                                        store::DirectoryLock::Mode::shared);
      store::hold_layers(lease, {&layer, 1});
      if (const auto held = store.layers().find(layer)) return held->diff;
    }
    throw base::Error(base::ErrorKind::not_found,
                      "its files are no longer in the store");
  } catch (base::Error& error) {
    if (error.kind() != base::ErrorKind::cancelled) {
      error.add_context(fmt::format(
          "build context {}", parser::redact_address(address_of(operation))));
    }
    throw;
  }
}

}  // namespace builder
