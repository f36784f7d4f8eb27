#include "builder/fetched_context.h"

#include <fmt/format.h>

#include "base/error.h"
#include "builder/git_command.h"
#include "builder/git_source.h"
#include "builder/http_source.h"
#include "parser/url.h"

namespace builder {
namespace {

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

// Fetches, with the address in front of what goes wrong.
template <typename Fetch>
auto fetch_from(const std::string& address, const store::Lease& lease,
                Fetch fetch) {
  NoProgress progress;
  StepLog log(lease.new_path("log"), 0, progress, {});
  try {
    return fetch(log);
  } catch (base::Error& error) {
    if (error.kind() != base::ErrorKind::cancelled) {
      error.add_context(
          fmt::format("build context {}", parser::redact_address(address)));
    }
    throw;
  }
}

}  // namespace

std::filesystem::path fetch_tree(const GitOp& op, const Secrets& secrets,
                                 store::Store& store,
                                 const store::Lease& lease) {
  return fetch_from(op.remote, lease, [&](StepLog& log) {
    const GitCommand git(op, secrets, log, lease.stop());
    return check_out_git(resolve_git(op, git), git, store.root(), lease);
  });
}

std::filesystem::path fetch_download(const HttpOp& op, const Secrets& secrets,
                                     const store::Lease& lease) {
  return fetch_from(op.url, lease, [&](StepLog& log) {
    std::filesystem::path directory = lease.make_directory("download");
    fetch_file(op, secrets, {}, directory, log, lease.stop());
    return directory;
  });
}

}  // namespace builder
