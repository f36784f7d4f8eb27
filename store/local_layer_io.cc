#include "store/local_layer_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "base/file.h"
#include "store/layer_xattrs.h"

namespace store {
namespace {

class LocalLayerIo final : public LayerIo {
 public:
  LocalLayerIo() {
    FileRights rights;
    rights.trusted_xattrs = ::geteuid() == 0;
    use(rights);
  }

  void walk(const std::filesystem::path& directory,
            const std::function<void(Entry& entry, const base::Fd& file)>&
                visit) override {
    prepare();
    walk_local(directory, form_, visit);
  }

  std::unique_ptr<TreeWriter> write(
      const std::filesystem::path& directory) override {
    prepare();
    return write_local(directory, form_);
  }

  void remove_tree(const std::filesystem::path& directory) override {
    prepare();
    std::filesystem::path path = directory.lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    const std::filesystem::path parent =
        path.has_parent_path() ? path.parent_path() : ".";
    const auto parent_fd = base::find_file(parent, O_RDONLY | O_DIRECTORY);
    if (parent_fd) remove_below(*parent_fd, path.filename().native());
  }

  void adopt(const FileRights& rights) override {
    prepare_ = nullptr;
    use(rights);
  }

  const FileRights& rights() const noexcept override { return rights_; }

  void before_use(std::function<void()> prepare) override {
    prepare_ = std::move(prepare);
  }

 private:
  void prepare() {
    if (!prepare_) return;
    // A copy, as adopt() lets go of it; it stays when it throws before.
    const auto prepare = prepare_;
    prepare();
  }

  void use(const FileRights& rights) {
    rights_ = rights;
    form_.opaque_xattr = rights.trusted_xattrs ? kTrustedOpaque : kUserOpaque;
    form_.makes_devices = rights.makes_devices;
    form_.keeps_all_xattrs = rights.trusted_xattrs;
    if (rights.has_one_owner) {
      form_.owners = std::make_unique<OneOwner>();
    } else {
      form_.owners = std::make_unique<TrueOwners>();
    }
  }

  FileRights rights_;
  LocalForm form_;
  std::function<void()> prepare_;
};

}  // namespace

std::unique_ptr<LayerIo> open_local_layer_io() {
  return std::make_unique<LocalLayerIo>();
}

}  // namespace store
