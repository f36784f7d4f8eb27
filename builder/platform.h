// Platforms: what a machine is and what an image is made for. Names and
// normal forms are containerd's, which Docker's tools share; the words are
// those of image-spec v1.1 image-index.md "platform".
//
// A platform is normal here: "x86_64" is amd64, "aarch64" arm64, "armhf"
// arm/v7; what an architecture's oldest variant means is left out (arm64/v8,
// amd64/v1) except for arm, whose usual one is always named (v7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace builder {

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant = {};
  std::string os_version = {};
  bool operator==(const Platform&) const = default;
};

// "linux/arm64", "arm64", "linux", "linux/arm/v7", "windows(10.0.1)/amd64";
// what is left out is this machine's. Throws: invalid_input for any other form.
Platform parse_platform(std::string_view text);

// "linux/arm/v7"; the version of the operating system is left out.
std::string render_platform(const Platform& platform);

// Spelled in the normal form; an empty architecture or system stays empty.
Platform normalize_platform(Platform platform);

// This machine.
Platform host_platform();

// The platforms whose programs a machine of `platform` runs without help, the
// best first: arm/v7 runs v7, v6 and v5; amd64 runs 386.
std::vector<Platform> runnable_platforms(const Platform& platform);

// Whether programs for `image` run on `machine` without help; what an image
// does not say is no obstacle.
bool is_runnable(const Platform& image, const Platform& machine);

}  // namespace builder
