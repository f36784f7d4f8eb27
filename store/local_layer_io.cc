#include "store/local_layer_io.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "store/layer_xattrs.h"

namespace store {
namespace {

class LocalLayerIo final : public LayerIo {
 public:
  explicit LocalLayerIo(LocalForm form) : form_(std::move(form)) {}

  void walk(const std::filesystem::path& directory,
            const std::function<void(Entry& entry, const base::Fd& file)>&
                visit) override {
    walk_local(directory, form_, visit);
  }

  std::unique_ptr<TreeWriter> write(
      const std::filesystem::path& directory) override {
    return write_local(directory, form_);
  }

  void remove_tree(const std::filesystem::path& directory) override {
    std::filesystem::path path = directory.lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    const std::filesystem::path parent =
        path.has_parent_path() ? path.parent_path() : ".";
    const auto parent_fd = base::find_file(parent, O_RDONLY | O_DIRECTORY);
    if (parent_fd) remove_below(*parent_fd, path.filename().native());
  }

 private:
  LocalForm form_;
};

}  // namespace

std::unique_ptr<LayerIo> open_local_layer_io() {
  // trusted.* is for the machine's root alone; overlayfs mounted by others
  // reads user.* in its place.
  const bool is_root = ::geteuid() == 0;
  LocalForm form{
      std::string(is_root ? kTrustedOpaque : kUserOpaque),
      std::make_unique<TrueOwners>(),
  };
  return std::make_unique<LocalLayerIo>(std::move(form));
}

}  // namespace store
