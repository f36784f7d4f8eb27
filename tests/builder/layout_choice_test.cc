// Which image of a layout a reference means.
#include "builder/layout_choice.h"

#include <catch2/catch.hpp>

#include "base/error.h"

namespace {

store::IndexEntry entry(std::string_view content,
                        std::map<std::string, std::string> annotations = {}) {
  store::IndexEntry made;
  made.descriptor.digest = base::Digest::of(content);
  made.descriptor.annotations = {annotations.begin(), annotations.end()};
  return made;
}

const char* const kTag = "org.opencontainers.image.ref.name";
const char* const kName = "io.containerd.image.name";

// The content of the one entry that is meant, or the error.
std::string chosen(const std::vector<store::IndexEntry>& entries,
                   std::string_view reference) {
  try {
    const auto found = builder::choose_layout_entries(entries, reference);
    if (found.size() != 1) return "several";
    for (const char* content : {"1", "2"}) {
      if (found[0].descriptor.digest == base::Digest::of(content)) {
        return content;
      }
    }
    return "another";
  } catch (const base::Error& error) {
    return error.message() + "; " + error.hint();
  }
}

}  // namespace

TEST_CASE("a layout's image is named by tag or digest", "[context][D189]") {
  const std::vector<store::IndexEntry> entries = {
      entry("1", {{kTag, "v1"}}), entry("2", {{kName, "h:5000/x:v2"}})};
  CHECK(chosen(entries, "v1") == "1");
  CHECK(chosen(entries, "v2") == "2");
  CHECK(chosen(entries, base::Digest::of("2").str()) == "2");
  CHECK_THAT(chosen(entries, "v3"), Catch::Contains("has no \"v3\"; it has ") &&
                                        Catch::Contains("v1"));
}

TEST_CASE("a layout's only image needs no name", "[context][D189]") {
  CHECK(chosen({entry("1")}, "") == "1");
  CHECK(chosen({entry("1"), entry("2", {{kTag, "latest"}})}, "") == "2");
  CHECK_THAT(chosen({entry("1"), entry("2")}, ""),
             Catch::Contains("has no \"latest\""));
}
