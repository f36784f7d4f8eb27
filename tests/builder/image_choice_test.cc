#include "builder/image_choice.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/has_kind.h"

namespace {

using base::ErrorKind;
using builder::choose_image;
using builder::find_layout_name;
using store::IndexEntry;
using tests::HasKind;

IndexEntry entry(const std::string& content, const std::string& os = "",
                 const std::string& architecture = "",
                 const std::string& variant = "") {
  return {{"m", base::Digest::of(content), 1, {}}, os, architecture, variant};
}
IndexEntry ours(const std::string& content, const std::string& variant = "") {
  return entry(content, "linux", builder::host_platform().architecture,
               variant);
}
bool is_chosen(std::vector<IndexEntry> entries, const std::string& content) {
  return choose_image(std::move(entries), builder::host_platform(), "it")
             .descriptor.digest == base::Digest::of(content);
}

std::string name_of(const std::string& full, const std::string& reference) {
  base::Descriptor descriptor;
  if (!full.empty()) {
    descriptor.annotations["io.containerd.image.name"] = full;
  }
  if (!reference.empty()) {
    descriptor.annotations["org.opencontainers.image.ref.name"] = reference;
  }
  return find_layout_name(descriptor).value_or("none");
}

}  // namespace

TEST_CASE("the image for this machine is chosen", "[load]") {
  CHECK(is_chosen({entry("arm", "linux", "sparc"), ours("mine")}, "mine"));
  CHECK(is_chosen({ours("mine", "v3"), ours("plain")}, "plain"));
  CHECK(is_chosen({entry("other", "linux", "sparc"), entry("any")}, "any"));
  CHECK(is_chosen({ours("mine"), ours("mine")}, "mine"));
  // A single one was meant, whatever it is for.
  CHECK(is_chosen({entry("other", "windows", "sparc")}, "other"));
}

TEST_CASE("signatures beside an image are no choice", "[load]") {
  IndexEntry signature = entry("signature", "unknown", "unknown");
  CHECK(builder::is_attestation(signature));
  CHECK(is_chosen({signature, ours("mine")}, "mine"));
  signature = ours("signature");
  signature.descriptor.annotations["vnd.docker.reference.type"] = "x";
  CHECK(is_chosen({signature, ours("mine")}, "mine"));
}

TEST_CASE("a choice that is none is an error", "[load]") {
  CHECK_THROWS_MATCHES(
      choose_image({entry("a", "linux", "sparc"), entry("b", "linux", "vax")},
                   builder::host_platform(), "it"),
      base::Error, HasKind(ErrorKind::not_found, "linux/sparc, linux/vax"));
  CHECK_THROWS_MATCHES(choose_image({}, builder::host_platform(), "it"),
                       base::Error, HasKind(ErrorKind::not_found));
  CHECK_THROWS_MATCHES(
      choose_image({ours("a"), ours("b")}, builder::host_platform(), "it"),
      base::Error, HasKind(ErrorKind::invalid_input));
}

TEST_CASE("of several platforms the best that the machine runs is chosen",
          "[load][D178][D180]") {
  const std::vector<IndexEntry> entries = {
      entry("v6", "linux", "arm", "v6"), entry("v7", "linux", "arm", "v7"),
      entry("64", "linux", "arm64", "v8"), entry("amd", "linux", "amd64")};
  const auto chosen = [&](const std::string& platform) {
    return choose_image(entries, builder::parse_platform(platform), "it")
        .descriptor.digest;
  };
  CHECK(chosen("linux/arm64") == base::Digest::of("64"));
  CHECK(chosen("linux/arm") == base::Digest::of("v7"));
  CHECK(chosen("linux/arm/v6") == base::Digest::of("v6"));
  CHECK(chosen("amd64") == base::Digest::of("amd"));
  CHECK_THROWS_MATCHES(
      chosen("linux/s390x"), base::Error,
      HasKind(ErrorKind::not_found,
              "no image for linux/s390x, only for: linux/amd64, "
              "linux/arm/v6, linux/arm/v7, linux/arm64/v8"));
}

TEST_CASE("platforms of a stranger fill no screen and forge no line",
          "[load]") {
  std::vector<IndexEntry> entries = {entry("one", "linux\nerror: x", "arm")};
  for (int i = 0; i < 1000; ++i) {
    entries.push_back(entry(std::to_string(i), "os" + std::to_string(i), "a"));
  }
  try {
    choose_image(entries, builder::parse_platform("linux/amd64"), "it");
    FAIL("chosen");
  } catch (const base::Error& error) {
    CHECK(error.message().size() < 500);
    CHECK(error.message().find('\n') == std::string::npos);
  }
}

TEST_CASE("a layout's names are read as their writers meant them", "[load]") {
  CHECK(name_of("docker.io/library/a:1", "1") == "docker.io/library/a:1");
  CHECK(name_of("docker.io/library/a:1", "") == "docker.io/library/a:1");
  // umoci tags a copy and leaves the full name.
  CHECK(name_of("docker.io/library/a:1", "two") ==
        "docker.io/library/two:latest");
  CHECK(name_of("", "localhost/b:2") == "localhost/b:2");
  CHECK(name_of("", "latest") == "none");
  CHECK(name_of("", "") == "none");
  CHECK(name_of("", "Not A Name") == "none");
  CHECK(name_of("", "a@sha256:" + std::string(64, '0')) == "none");
}
