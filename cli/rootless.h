// The rights to a store's files and to make sandboxes, taken when a command
// first needs them: as root there is nothing to do, anybody else becomes root
// of a user namespace (runtime/user_namespace.h).
//
// A build that finds everything in the cache never asks, so it costs nothing.
// Commands that only read the database (images, inspect, tag) never do either.
#pragma once

#include <optional>
#include <string>

#include "runtime/root_form.h"
#include "runtime/spec.h"
#include "runtime/user_namespace.h"
#include "store/store.h"

namespace cli {

class Rootless {
 public:
  // The store asks for the rights itself before it touches a layer's files, in
  // case nobody called enter() before. `store` must outlive this.
  // `driver`: what the user wants of roots, if anything.
  explicit Rootless(store::Store& store,
                    std::optional<runtime::StorageDriver> driver = {});
  Rootless(const Rootless&) = delete;
  Rootless& operator=(const Rootless&) = delete;
  ~Rootless();

  // The first call that returns does it; to be made before other threads start.
  // Throws: denied when this machine does not allow it; unsupported when the
  // store belongs to other ids.
  void enter();

  // How roots of steps are made; found out by the first call, which enters and
  // comes before other threads start too. Throws: also unsupported when this
  // machine cannot do what the user wants.
  runtime::RootForm root_form();
  // "rootless: user namespace with 65537 ids, overlayfs (userxattr)"; empty for
  // root with overlayfs.
  std::string describe();
  // What the person at the terminal should do to have more; empty for nothing.
  // After enter().
  const std::string& warning() const { return privileges_->warning; }

 private:
  store::Store& store_;
  std::optional<runtime::Privileges> privileges_;
  bool is_adopted_ = false;  // privileges_, by the store
  std::optional<runtime::StorageDriver> driver_;
  std::optional<runtime::RootForm> root_form_;
};

}  // namespace cli
