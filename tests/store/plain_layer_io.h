// Layer I/O for tests that need nothing but removal.
#pragma once

#include <filesystem>
#include <memory>

#include "store/layer_io.h"

namespace tests {

class PlainLayerIo final : public store::LayerIo {
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
};

}  // namespace tests
