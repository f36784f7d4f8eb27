#include "runtime/assembled_root.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/file.h"
#include "runtime/copy_changes.h"
#include "runtime/fuse_marks.h"
#include "runtime/fuse_overlay.h"
#include "runtime/id_map.h"
#include "runtime/merged_copy.h"
#include "runtime/path_maker.h"

namespace runtime {
namespace {

void make_stubs(const OverlayPlan& plan) {
  for (const StubPlan& stub : plan.stubs) {
    const int result = stub.kind == PointKind::directory
                           ? ::mkdir(stub.path.c_str(), 0755)
                           : ::mknod(stub.path.c_str(), S_IFREG | 0644, 0);
    if (result != 0 && errno != EEXIST) {
      throw base::system_error(errno, "sandbox: making " + stub.path);
    }
  }
}

class FuseRoot final : public AssembledRoot {
 public:
  FuseRoot(const Root& root, const OverlayPlan& plan)
      : upper_(root.upper),
        mount_(plan.lower, root.upper, root.work, plan.assembled) {}
  void finish() override {
    mount_.unmount();
    translate_fuse_marks(upper_, opaque_mark());
  }

 private:
  const std::filesystem::path& upper_;
  FuseOverlay mount_;
};

// Mount points are made now rather than by the child: then they are no change.
void make_mount_points(const std::filesystem::path& tree,
                       const std::vector<MountPlan>& mounts) {
  const base::Fd root = base::open_file(tree, O_PATH | O_DIRECTORY);
  for (const MountPlan& mount : mounts) {
    // Where it cannot be made, the child will say why.
    PathMaker(root.get()).make(mount.destination.c_str(), mount.point);
  }
}

class CopiedRoot final : public AssembledRoot {
 public:
  CopiedRoot(const Root& root, const OverlayPlan& plan,
             const std::vector<MountPlan>& mounts, const std::stop_token& stop)
      : upper_(root.upper), tree_(plan.assembled) {
    copy_merged(plan.lower, root.upper, tree_, stop);
    make_mount_points(tree_, mounts);
    before_ = look_at_tree(tree_);
    wait_for_next_tick(before_);
  }
  CopiedRoot(const CopiedRoot&) = delete;
  CopiedRoot& operator=(const CopiedRoot&) = delete;
  ~CopiedRoot() override {
    std::error_code ignored;
    std::filesystem::remove_all(tree_, ignored);
  }
  void finish() override {
    move_changes(tree_, before_, upper_, opaque_mark());
  }

 private:
  const std::filesystem::path& upper_;
  std::filesystem::path tree_;
  TreeState before_;
};

}  // namespace

std::unique_ptr<AssembledRoot> assemble_root(
    const Root& root, const OverlayPlan& plan,
    const std::vector<MountPlan>& mounts, const std::stop_token& stop) {
  if (plan.assembled.empty()) return nullptr;
  make_stubs(plan);
  std::filesystem::create_directory(plan.assembled);
  if (root.form == RootForm::fuse_overlay) {
    return std::make_unique<FuseRoot>(root, plan);
  }
  return std::make_unique<CopiedRoot>(root, plan, mounts, stop);
}

const char* opaque_mark() {
  return read_id_map().is_identity() ? "trusted.overlay.opaque"
                                     : "user.overlay.opaque";
}

}  // namespace runtime
