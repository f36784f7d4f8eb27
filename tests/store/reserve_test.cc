#include "store/reserve.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/temp_dir.h"
#include "store/store.h"

namespace {

namespace fs = std::filesystem;
using store::Reserve;

bool is_whole(const fs::path& root) {
  struct stat status {};
  return ::stat((root / "reserve").c_str(), &status) == 0 &&
         status.st_size == Reserve::kBytes &&
         status.st_blocks * 512 >= Reserve::kBytes;
}

}  // namespace

TEST_CASE("bytes are set aside by the first lease, not by opening a store",
          "[store]") {
  const base::TempDir temp;
  store::Store store(temp.path());
  CHECK_FALSE(fs::exists(temp.path() / "reserve"));
  { const store::Lease lease = store.lease(); }
  CHECK(is_whole(temp.path()));
}

TEST_CASE("what was set aside is free until who makes room has ended",
          "[store]") {
  const base::TempDir temp;
  {
    store::Store store(temp.path());
    const store::Lease lease = store.lease();
  }
  {
    store::Store store(temp.path());
    store.reserve().give_up();
    CHECK_FALSE(fs::exists(temp.path() / "reserve"));
    const store::Lease lease = store.lease();
    CHECK_FALSE(fs::exists(temp.path() / "reserve"));
  }
  CHECK(is_whole(temp.path()));
}

TEST_CASE("a reserve that a killed process left too short is made whole",
          "[store]") {
  const base::TempDir temp;
  Reserve reserve(temp.path());
  reserve.keep();
  fs::resize_file(temp.path() / "reserve", 4096);
  reserve.keep();
  CHECK(is_whole(temp.path()));
}
