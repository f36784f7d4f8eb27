#include "builder/sandbox_root.h"

#include <fmt/format.h>

#include <set>

#include "base/error.h"
#include "store/layer_use.h"

namespace builder {

runtime::Root make_sandbox_root(store::Store& store, const store::Lease& lease,
                                std::span<const base::Digest> diff_ids,
                                runtime::RootForm form) {
  runtime::Root root;
  root.form = form;
  // One layer may occur twice in a stack (two steps that changed nothing), but
  // overlayfs takes a directory only once. The upper occurrence decides every
  // path the layer has, so the lower one shows nothing and can go.
  std::set<base::Digest> seen;
  const store::DirectoryLock moment(store.root() / "overlay2",
                                    store::DirectoryLock::Mode::shared);
  store::hold_layers(lease, diff_ids);
  for (auto it = diff_ids.rbegin(); it != diff_ids.rend(); ++it) {
    if (!seen.insert(*it).second) continue;
    const auto layer = store.layers().find(*it);
    if (!layer) {
      throw base::Error(base::ErrorKind::not_found,
                        fmt::format("layer {} is not in the store", it->str()));
    }
    root.lower.push_back(layer->diff);
  }
  root.upper = lease.make_directory("upper");
  root.work = lease.make_directory("work");
  root.scratch = lease.make_directory("scratch");
  return root;
}

}  // namespace builder
