#include "registry/pull_sources.h"

#include <fmt/format.h>

#include <utility>

namespace registry {
namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += "; ";
    text += part;
  }
  return text;
}

}  // namespace

PullSources::PullSources(std::string name, std::vector<PullSource> sources,
                         std::vector<std::string> refusals)
    : name_(std::move(name)),
      sources_(std::move(sources)),
      refusals_(std::move(refusals)) {
  if (sources_.empty()) {
    throw base::Error(
        base::ErrorKind::denied,
        fmt::format("{} must not be pulled: {}", name_, join(refusals_)))
        .hint("use an image from elsewhere, or change that setting");
  }
}

bool PullSources::can_go_on(const base::Error& error) {
  return error.kind() != base::ErrorKind::cancelled &&
         error.kind() != base::ErrorKind::system;
}

void PullSources::fail(const Failures& failures) const {
  if (failures.size() == 1 && refusals_.empty()) {
    std::rethrow_exception(failures.front().error);
  }
  std::vector<std::string> said;
  base::ErrorKind kind = base::ErrorKind::unavailable;
  std::string hint;
  for (const Failure& failure : failures) {
    try {
      std::rethrow_exception(failure.error);
    } catch (const base::Error& error) {
      const std::string& authority =
          failure.source->repository.host().settings().authority;
      const bool is_named =
          error.message().find(authority) != std::string::npos;
      said.push_back(is_named
                         ? error.message()
                         : fmt::format("{}: {}", authority, error.message()));
      kind = error.kind();
      hint = error.hint();
    }
  }
  said.insert(said.end(), refusals_.begin(), refusals_.end());
  base::Error all(kind,
                  fmt::format("no registry gave {}: {}", name_, join(said)));
  if (!hint.empty()) all.hint(std::move(hint));
  throw all;
}

}  // namespace registry
