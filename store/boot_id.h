// Which boot of the kernel this is: the rule by which the store does without
// fsync.
//
// What a process has written survives its death, since it lies in the page
// cache; only a power loss or a kernel crash can lose it, and both change the
// boot id. So a row says under which boot its files were written, and files of
// an earlier boot are verified once before they are used. An empty boot id in a
// row means: verified, or known to be on disk.
#pragma once

#include <string>
#include <string_view>

namespace store {

// /proc/sys/kernel/random/boot_id, a UUID. "unknown" where a sandbox hides the
// file: there every process counts as the same boot.
std::string read_boot_id();

// Whether files recorded under this boot id may be used without verification
// while the kernel's is `now`.
bool is_trusted(std::string_view recorded, std::string_view now) noexcept;

}  // namespace store
