#include "builder/lent_busybox.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/subprocess.h"

namespace builder {
namespace {

namespace fs = std::filesystem;

// Where Debian, Alpine and distributions with /usr merged have it.
constexpr std::array kPlaces = {"/bin/busybox", "/usr/bin/busybox",
                                "/bin/busybox.static", "/sbin/busybox",
                                "/usr/local/bin/busybox"};

template <typename T>
bool read_object(const base::Fd& file, std::uint64_t offset, T& object) {
  return base::read_at(file, offset, reinterpret_cast<std::byte*>(&object),
                       sizeof object) == sizeof object;
}

// elf(5): a program that needs a dynamic linker names it (PT_INTERP).
bool is_static(const base::Fd& file) {
  Elf64_Ehdr header{};
  if (!read_object(file, 0, header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64) {
    return false;
  }
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    const std::uint64_t offset =
        header.e_phoff + std::uint64_t{i} * header.e_phentsize;
    if (!read_object(file, offset, segment)) return false;
    if (segment.p_type == PT_INTERP) return false;
  }
  return true;
}

fs::path find_static_busybox() {
  for (const char* place : kPlaces) {
    const std::optional<base::Fd> file = base::find_file(place, O_RDONLY);
    if (file && is_static(*file)) return place;
  }
  throw base::Error(base::ErrorKind::not_found,
                    "the image has no shell, and this machine no statically "
                    "linked busybox to lend it")
      .hint("apt-get install busybox-static, or name a program of the image");
}

}  // namespace

fs::path lend_busybox(const store::Lease& lease) {
  const fs::path program = find_static_busybox();
  fs::path directory = lease.make_directory("busybox");
  fs::copy_file(program, directory / "busybox");
  fs::permissions(directory / "busybox", fs::perms{0755});
  const base::CommandResult list =
      base::run_command({{program.native(), "--list"}, {}}, {});
  std::istringstream names(list.output);
  for (std::string name; std::getline(names, name);) {
    std::error_code ignored;  // "busybox" itself
    fs::create_symlink("busybox", directory / name, ignored);
  }
  return directory;
}

}  // namespace builder
