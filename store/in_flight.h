// Steps that a build is making at this moment, so that no other makes them too.
//
// On disk: <root>/inflight/<cache key in hex>, mode 0600, locked exclusively
// with flock(2) by the build that makes the step. Its text is one or two lines
// of JSON, who makes it, and how it ended:
//
//   {"log":"logs/20260101T000000Z-4242/3.log","pid":4242}
//   {"done":true}   or   {"circumstances":"…","failed":{"message":"…",…}}
//
// An owner removes the name, then gives the lock up: whoever has the file open
// reads the end from it, whoever comes later finds nothing. A free lock without
// a second line is that of an owner that was cancelled or killed: the first to
// get the lock makes the step. A name may be gone between open and lock
// (file_lock.h). What killed processes leave is removed with their leases.
//
// A process that waits for a record holds none, nor any other lock, so records
// stand before all other locks of a step: an owner may wait for cache mounts
// and git repositories, whose holders never wait for a record.
//
// Threads: each object is one thread's. Processes, and threads of one, may ask
// for the same key at once.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"

namespace store {

struct StepOwner {
  pid_t pid = 0;
  std::filesystem::path log;  // where the step's output goes; below the root
};

struct StepFailure {
  base::Error error;
  // What may have made it fail that the key does not say; empty when nobody
  // else should count on it.
  std::string circumstances;
};

// The right to make a step, until one of the verbs or the end of this: without
// a verb, another one makes it.
class StepClaim {
 public:
  StepClaim(StepClaim&& other) noexcept = default;
  StepClaim& operator=(StepClaim&&) = delete;
  StepClaim(const StepClaim&) = delete;
  StepClaim& operator=(const StepClaim&) = delete;
  ~StepClaim();

  // Its result was recorded, where it could be.
  void done() noexcept;
  void failed(const StepFailure& failure) noexcept;

 private:
  friend class InFlight;
  StepClaim(base::Fd file, std::filesystem::path path);
  void end(const std::string& line) noexcept;
  base::Fd file_;
  std::filesystem::path path_;
};

// A step that somebody else makes.
class StepWatch {
 public:
  // Once it is known: an owner writes it when it has the lock.
  std::optional<StepOwner> owner() const;
  // Whether the owner has ended, in any way.
  bool is_over();
  // How, afterwards; neither is true of one that was cancelled or killed.
  bool is_done() const;
  std::optional<StepFailure> failure() const;

 private:
  friend class InFlight;
  explicit StepWatch(base::Fd file);
  std::string line(std::size_t number) const;
  base::Fd file_;
};

class InFlight {
 public:
  explicit InFlight(const std::filesystem::path& root);

  // Throws: system, denied.
  std::variant<StepClaim, StepWatch> claim(const base::Digest& key,
                                           const StepOwner& owner) const;

  const std::filesystem::path& root() const noexcept { return root_; }

  // Removes the records of owners that are no more.
  void remove_dead() const;

 private:
  std::filesystem::path root_;
  std::filesystem::path directory_;
};

}  // namespace store
