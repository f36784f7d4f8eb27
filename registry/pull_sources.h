// Where an image may be pulled from, and the way from one such place to the
// next when it fails.
#pragma once

#include <exception>
#include <string>
#include <vector>

#include "base/error.h"
#include "registry/reference.h"
#include "registry/repository.h"

namespace registry {

struct PullSource {
  Repository repository;  // its host is that of the Registries it comes from
  // What the image is asked by there: its digest, else its tag.
  std::string reference;
};

// Immutable, of any number of threads.
class PullSources {
 public:
  // `refusals`: places that must not be asked, and who says so. One of the two
  // lists is not empty.
  PullSources(std::string name, std::vector<PullSource> sources,
              std::vector<std::string> refusals);

  // Mirrors in their order, then the image's own place; at least one.
  const std::vector<PullSource>& list() const noexcept { return sources_; }

  // What `use` gives for the first source that it does not throw for. What has
  // come from one source is the next one's to bring again from its start.
  // Throws: what the only source throws, as it is. Of several, an error of the
  // last one's kind that says what each of them did; but at once what no other
  // source can mend: cancelled, system, and what is no base::Error.
  template <typename Use>
  auto try_each(const Use& use) const {
    Failures failures;
    for (const PullSource& source : sources_) {
      try {
        return use(source);
      } catch (const base::Error& error) {
        if (!can_go_on(error)) throw;
        failures.push_back({&source, std::current_exception()});
      }
    }
    fail(failures);
  }

 private:
  struct Failure {
    const PullSource* source;
    std::exception_ptr error;
  };
  using Failures = std::vector<Failure>;
  static bool can_go_on(const base::Error& error);
  [[noreturn]] void fail(const Failures& failures) const;

  std::string name_;
  std::vector<PullSource> sources_;
  std::vector<std::string> refusals_;
};

}  // namespace registry
