// Trees for tests: what a layer can hold, and ways to read one back.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/byte_stream.h"
#include "store/entry.h"

namespace tests {

// Everything that a directory can hold and a layer must keep: hard links, both
// kinds of device, a fifo, a socket (which it must not), attributes, setuid,
// names of any bytes and lengths, deep paths, holes, times before 1970. Needs
// root.
void make_everything(const std::filesystem::path& directory);

// What a walk finds, with content digests.
std::vector<store::Entry> read_tree(const std::filesystem::path& directory);

// A tar of these; each regular file's bytes are its link_target.
std::string tar_of(const std::vector<store::Entry>& entries);

store::Entry directory(std::string path, std::uint32_t mode = 0755);
// Its content stands in link_target until tar_of() has taken it from there.
store::Entry file(std::string path, std::string content);
store::Entry link_to(std::string path, std::string target);
store::Entry hardlink(std::string path, std::string target);
store::Entry whiteout(std::string path);

// `bytes` in pieces of at most `most` bytes.
store::ByteSource source_of(std::string bytes, std::size_t most = 100'000);

}  // namespace tests
