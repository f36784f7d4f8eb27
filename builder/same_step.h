// The same step once: what another build, or another vertex of this one, makes
// at this moment is waited for, and its output shown, as far as it is written,
// from the first line on (store/in_flight.h has the records).
//
// A key is claimed after the cache has said that it does not know it, and the
// cache is asked again under the claim, since the step may have been made in
// between. When an owner that was waited for has ended
//
//   well        the cache has its result; where it has none after all (it could
//               not be recorded, or its layer is lost) the step is made here,
//               and nobody is waited for again
//   by failing  its failure is this step's too, if what a key does not say
//               (limits, proxies, which cache mounts) is the same; a step with
//               secrets, agents or limits is made here and fails by itself
//   otherwise   (cancelled, killed) one of those who waited takes over, and
//               says so: the output that was shown so far was the other's
//
// Who waits has no lease, no lock, no network and no sandbox, and stops at once
// when asked to. One thread's.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "base/digest.h"
#include "base/error.h"
#include "builder/credentials.h"
#include "builder/operation.h"
#include "builder/progress.h"
#include "store/in_flight.h"

namespace builder {

// What can make a step fail beside what its key says, as a digest; empty when
// another build's failure says nothing about ours.
std::string failure_circumstances(const Operation& operation,
                                  const Credentials& credentials);

class SameStep {
 public:
  struct Options {
    std::size_t number;         // of the vertex
    std::filesystem::path log;  // where the step's output would go
    std::string circumstances;
    // Whether to wish for a failure of our own, to look around in it.
    bool wants_own_failure = false;
  };
  SameStep(const store::InFlight& records, Progress& progress, Options options,
           std::stop_token stop);

  // `ours`: the step is to be made here, unless the cache has it now.
  // `other`: somebody else has made it; the cache is to be asked, and if it has
  // nothing, this to be called again, which then says `ours`.
  // Throws: cancelled; the failure of the other; system.
  enum class Turn { ours, other };
  Turn take(const base::Digest& key);

  // Who made what was waited for, for people.
  std::string origin() const;

  // The claim is over, if there is one: with a result, with a failure, or
  // without either, so that others try.
  void done() noexcept;
  void failed(const base::Error& error) noexcept;
  void release() noexcept { claim_.reset(); }

 private:
  // Whether the owner ended well. Throws: as take().
  bool wait(store::StepWatch watch);
  // A line in the step's output.
  void tell(const std::string& text);

  const store::InFlight& records_;
  Progress& progress_;
  Options options_;
  std::stop_token stop_;
  std::optional<store::StepClaim> claim_;
  bool has_waited_ = false;  // for one that ended well
  bool has_told_ = false;
  std::string ending_;   // how the last one that was waited for left no result
  bool is_own_ = false;  // the other is a vertex of this build
};

}  // namespace builder
