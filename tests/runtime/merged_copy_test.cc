// Layers copied into one tree.
#include "runtime/merged_copy.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "base/temp_dir.h"
#include "tests/has_kind.h"

TEST_CASE("copying layers ends when it is to stop", "[runtime]") {
  const base::TempDir root;
  for (const char* name : {"lower", "upper", "tree"}) {
    std::filesystem::create_directory(root.path() / name);
  }
  std::ofstream(root.path() / "lower" / "file") << "text";
  const auto copy = [&](const std::stop_token& stop) {
    runtime::copy_merged({root.path() / "lower"}, root.path() / "upper",
                         root.path() / "tree", stop);
  };
  std::stop_source source;
  source.request_stop();
  CHECK_THROWS_MATCHES(copy(source.get_token()), base::Error,
                       tests::HasKind(base::ErrorKind::cancelled, "stopped"));
  CHECK_FALSE(std::filesystem::exists(root.path() / "tree" / "file"));
  copy({});
  CHECK(std::filesystem::exists(root.path() / "tree" / "file"));
}
