// Failed steps that were kept for strake debug.
//
// On disk: <root>/failed/<id>/, what was the step's lease directory, with
// "step.json" in it (mode 0600): the format's version, and the step's sandbox
// as JSON, whose paths lead into the directory and to layers and cache mounts
// of the store. <id> begins with the time, so that names sort by age. Secrets
// and agents are not part of it. Who uses one holds a flock(2) on step.json.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"
#include "builder/failed_step.h"
#include "store/store.h"

namespace builder {

class KeptSteps {
 public:
  explicit KeptSteps(store::Store& store);

  // Moves the step there and returns its id. Of older ones that nobody uses,
  // all but the newest few are removed: each holds what its step had written.
  // Throws: system, denied.
  std::string keep(FailedStep step, const std::string& failure);

  struct Description {
    std::string id;
    std::string title;    // "[build 2/5] RUN make"
    std::string failure;  // "RUN failed with exit code 2"
  };
  // Newest first; what cannot be read is left out.
  std::vector<Description> list() const;

  // The step as it was kept, or as its last visitor left it; nobody else can
  // open it meanwhile. An empty id is the newest.
  // Throws: not_found when there is none, or layers it stands on are gone;
  // denied when it is in use; corrupt.
  FailedStep open(const std::string& id);

  // Throws: not_found, denied as open().
  void remove(const std::string& id);

 private:
  std::filesystem::path find(const std::string& id) const;

  store::Store& store_;
  std::filesystem::path directory_;
};

}  // namespace builder
