// Layer I/O for tests that need nothing but removal.
#pragma once

#include <filesystem>
#include <memory>

#include "store/layer_io.h"

namespace tests {

class PlainLayerIo : public store::LayerIo {
 public:
  void walk(
      const std::filesystem::path&,
      const std::function<void(store::Entry&, const base::Fd&)>&) override {}
  std::unique_ptr<store::TreeWriter> write(
      const std::filesystem::path&) override {
    return nullptr;
  }
  void remove_tree(const std::filesystem::path& directory) override {
    std::filesystem::remove_all(directory);
  }
  void adopt(const store::FileRights& rights) override { rights_ = rights; }
  const store::FileRights& rights() const noexcept override { return rights_; }
  void before_use(std::function<void()>) override {}

 private:
  store::FileRights rights_;
};

}  // namespace tests
