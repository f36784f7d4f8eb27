// Opening, reading and writing files, with errors that name the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace base {

// open(2) with O_CLOEXEC added. Throws: system, denied, not_found (ENOENT).
Fd open_file(const std::filesystem::path& path, int flags, unsigned mode = 0);

// The same, or nullopt when the path does not exist (ENOENT, ENOTDIR).
std::optional<Fd> find_file(const std::filesystem::path& path, int flags);

// Opens `path` below the directory `root`, with every symbolic link, "..", and
// absolute target resolved inside it: openat2(2) RESOLVE_IN_ROOT. The one way
// to reach a file inside a root filesystem or a build context.
// nullopt when the path does not exist. Throws: system, denied.
std::optional<Fd> find_in_root(const Fd& root, std::string_view path, int flags,
                               unsigned mode = 0);
// The same, throwing not_found when the path does not exist.
Fd open_in_root(const Fd& root, std::string_view path, int flags,
                unsigned mode = 0);

// One read(2), retried on EINTR; 0 at the end. Throws: system.
std::size_t read_some(const Fd& file, std::byte* buffer, std::size_t size);
// The same from `offset`, leaving the file's own offset alone.
std::size_t read_at(const Fd& file, std::uint64_t offset, std::byte* buffer,
                    std::size_t size);

// All bytes from the current offset. Throws: system, and invalid_input when
// there are more than `limit_bytes`.
std::string read_all(
    const Fd& file,
    std::uint64_t limit_bytes = std::numeric_limits<std::uint64_t>::max());
// The text of a file that somebody may have put there, or not: nullopt when the
// path does not exist. A pipe, which could make us wait for ever, is none,
// while /dev/null is an empty one. Throws: as open_file() and read_all();
// invalid_input for what is no file; all with the path.
std::optional<std::string> find_text(const std::filesystem::path& path,
                                     std::uint64_t limit_bytes);
std::string read_file(
    const std::filesystem::path& path,
    std::uint64_t limit_bytes = std::numeric_limits<std::uint64_t>::max());

// Writes everything, whatever write(2) takes at once. Throws: system.
void write_all(const Fd& file, std::string_view bytes);
// The same at `offset`, leaving the file's own offset alone.
void write_at(const Fd& file, std::uint64_t offset, std::string_view bytes);

// Blocks until reading or writing does not: for pipes and terminals, which may
// keep a program waiting for ever. Throws: cancelled after a request to stop.
enum class Ready { to_read, to_write };
void wait_until(const Fd& file, Ready ready, const std::stop_token& stop);

// A file under a new name beside `path`, to be renamed to it when it is whole.
struct NewFile {
  Fd file;
  std::filesystem::path path;
};
// Throws: not_found (the directory), system, denied; the text names `path`.
NewFile make_beside(const std::filesystem::path& path, unsigned mode = 0644);

// Writes a whole file under another name and renames it into place, so that a
// reader sees the old content or the new. A link stays, and what it leads to is
// replaced; a device or pipe is written to as it is. What root replaces in
// its owner's directory stays its owner's. Throws: system, denied.
void replace_file(const std::filesystem::path& path, std::string_view content,
                  unsigned mode = 0644);

}  // namespace base
