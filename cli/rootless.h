// The rights to a store's files and to make sandboxes, taken when a command
// first needs them: as root there is nothing to do, anybody else becomes root
// of a user namespace (runtime/user_namespace.h).
//
// A build that finds everything in the cache never asks, so it costs nothing.
// Commands that only read the database (images, inspect, tag) never do either.
#pragma once

#include <optional>
#include <string>

#include "runtime/spec.h"
#include "runtime/user_namespace.h"
#include "store/store.h"

namespace cli {

class Rootless {
 public:
  // The store asks for the rights itself before it touches a layer's files, in
  // case nobody called enter() before. `store` must outlive this.
  explicit Rootless(store::Store& store);
  Rootless(const Rootless&) = delete;
  Rootless& operator=(const Rootless&) = delete;
  ~Rootless();

  // The first call does it; to be made before other threads start.
  // Throws: denied when this machine does not allow it; unsupported when the
  // store belongs to other ids.
  void enter();

  // Both after enter().
  runtime::RootForm root_form() const noexcept { return root_form_; }
  // "user namespace with 65537 ids, overlayfs (userxattr)"; empty as root.
  std::string describe() const;
  // What the person at the terminal should do to have more; empty for nothing.
  const std::string& warning() const { return privileges_->warning; }

 private:
  store::Store& store_;
  std::optional<runtime::Privileges> privileges_;
  runtime::RootForm root_form_ = runtime::RootForm::overlay;
};

}  // namespace cli
