#include "trees.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>

#include "base/digest.h"
#include "base/fd.h"
#include "base/file.h"
#include "store/layer_io.h"
#include "store/tar_encoder.h"

namespace tests {
namespace {

using store::Entry;
using store::EntryType;

void write(const std::filesystem::path& path, std::string_view content) {
  base::write_all(base::open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644),
                  content);
}

void set_time(const std::filesystem::path& path, std::int64_t seconds,
              long nanoseconds) {
  const std::array<timespec, 2> times{timespec{0, UTIME_OMIT},
                                      timespec{seconds, nanoseconds}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(),
                      AT_SYMLINK_NOFOLLOW) == 0);
}

// Below `top`: 50 directories of 100 bytes each, past PATH_MAX.
void make_deep(const std::filesystem::path& top) {
  base::Fd at = base::open_file(top, O_RDONLY | O_DIRECTORY);
  const std::string name(100, 'd');
  for (int i = 0; i < 50; ++i) {
    REQUIRE(::mkdirat(at.get(), name.c_str(), 0755) == 0);
    at = base::Fd(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY));
  }
  base::write_all(
      base::Fd(::openat(at.get(), "bottom", O_WRONLY | O_CREAT, 0644)), "deep");
}

void make_special(const std::filesystem::path& top) {
  REQUIRE(::mkfifo((top / "fifo").c_str(), 0640) == 0);
  REQUIRE(::mknod((top / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0);
  REQUIRE(::mknod((top / "loop").c_str(), S_IFBLK | 0660, makedev(7, 300)) ==
          0);
  const base::Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (top / "socket").native();
  REQUIRE(path.size() < sizeof address.sun_path);
  std::strcpy(&address.sun_path[0], path.c_str());
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address),
                 sizeof address) == 0);
}

void make_attributes(const std::filesystem::path& top) {
  write(top / "capable", "ping");
  // Revision 2, effective, permitted: CAP_NET_RAW (linux/capability.h).
  const std::string capability("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                               20);
  REQUIRE(::setxattr((top / "capable").c_str(), "security.capability",
                     capability.data(), capability.size(), 0) == 0);
  const std::string value("line\n=\0bytes", 12);
  write(top / "labelled", "");
  for (const char* path : {"labelled", "dir"}) {
    REQUIRE(::setxattr((top / path).c_str(), "user.label", value.data(),
                       value.size(), 0) == 0);
  }
  REQUIRE(::setxattr((top / "dir").c_str(), "user.overlay.origin", "x", 1, 0) ==
          0);
  REQUIRE(::setxattr((top / "dir").c_str(), "trusted.overlay.impure", "y", 1,
                     0) == 0);
  write(top / "setuid", "#!/bin/sh\n");
  REQUIRE(::chown((top / "setuid").c_str(), 1000, 70000) == 0);
  REQUIRE(::chmod((top / "setuid").c_str(), 06755) == 0);
  write(top / "secret", "none may read");
  REQUIRE(::chown((top / "secret").c_str(), 3000000000, 2097152) == 0);
  REQUIRE(::chmod((top / "secret").c_str(), 0) == 0);
  REQUIRE(::lchown((top / "link").c_str(), 12, 34) == 0);
}

void make_times(const std::filesystem::path& top) {
  write(top / "nanoseconds", "x");
  set_time(top / "nanoseconds", 1'700'000'000, 123'456'789);
  write(top / "before-1970", "x");
  set_time(top / "before-1970", -86'400, 0);
  write(top / "just-before-1970", "x");
  set_time(top / "just-before-1970", -3, 250'000'000);
  set_time(top / "link", 1'600'000'000, 500'000'000);
  set_time(top / "dir", 1'500'000'000, 1);
}

}  // namespace

void make_everything(const std::filesystem::path& top) {
  namespace fs = std::filesystem;
  fs::create_directories(top / "dir" / "below");
  write(top / "dir" / "below" / "file", std::string(100'000, 'z'));
  write(top / "dir-and", "sorts after what is in dir");
  write(top / "empty", "");
  fs::create_hard_link(top / "dir" / "below" / "file", top / "a-first-name");
  fs::create_symlink("dir/below/file", top / "link");
  fs::create_hard_link(top / "link", top / "link-again");
  fs::create_symlink(std::string(300, 't'), top / "long-link");
  fs::create_symlink("/nowhere", top / "broken");
  write(top / std::string(255, 'n'), "name");
  fs::create_directories(top / std::string(120, 'p') / std::string(200, 'q'));
  write(top / std::string(120, 'p') / std::string(200, 'q') / "r", "long path");
  write(top / "z\xC3\xA4hlen", "utf-8");
  write(top / "caf\xE9", "latin-1");
  write(top / "new\nline", "");
  fs::create_directory(top / "empty-dir");
  fs::create_directory(top / "sticky");
  REQUIRE(::chmod((top / "sticky").c_str(), 01777) == 0);
  fs::create_directory(top / "closed");
  write(top / "closed" / "file", "in a directory of mode 000");
  REQUIRE(::chmod((top / "closed").c_str(), 0) == 0);
  {
    const base::Fd sparse =
        base::open_file(top / "sparse", O_WRONLY | O_CREAT, 0644);
    REQUIRE(::pwrite(sparse.get(), "x", 1, 5'000'000) == 1);
    REQUIRE(::ftruncate(sparse.get(), 10'000'000) == 0);
  }
  make_deep(top / "dir");
  make_special(top);
  make_attributes(top);
  make_times(top);
}

std::vector<Entry> read_tree(const std::filesystem::path& top) {
  std::vector<Entry> entries;
  store::open_local_layer_io()->walk(top, [&](Entry& entry,
                                              const base::Fd& opened) {
    if (entry.path.empty()) return;
    if (entry.type == EntryType::regular) {
      entry.content = base::Digest::of(opened ? base::read_all(opened) : "");
    }
    entries.push_back(std::move(entry));
  });
  return entries;
}

std::string tar_of(const std::vector<Entry>& entries) {
  std::string bytes;
  store::TarEncoder tar([&](std::string_view more) { bytes += more; });
  for (Entry entry : entries) {
    std::string content;
    if (entry.type == EntryType::regular) content.swap(entry.link_target);
    tar.add(entry);
    tar.write(content);
  }
  tar.finish();
  return bytes;
}

Entry directory(std::string path, std::uint32_t mode) {
  Entry entry;
  entry.path = std::move(path);
  entry.type = EntryType::directory;
  entry.mode = mode;
  return entry;
}

Entry file(std::string path, std::string content) {
  Entry entry;
  entry.path = std::move(path);
  entry.mode = 0644;
  entry.size_bytes = content.size();
  entry.link_target = std::move(content);
  return entry;
}

Entry link_to(std::string path, std::string target) {
  Entry entry;
  entry.path = std::move(path);
  entry.type = EntryType::symlink;
  entry.mode = 0777;
  entry.link_target = std::move(target);
  return entry;
}

Entry hardlink(std::string path, std::string target) {
  Entry entry = file(std::move(path), "");
  entry.type = EntryType::hardlink;
  entry.link_target = std::move(target);
  return entry;
}

Entry whiteout(std::string path) {
  Entry entry;
  entry.path = std::move(path);
  entry.type = EntryType::whiteout;
  return entry;
}

store::ByteSource source_of(std::string bytes, std::size_t most) {
  auto rest = std::make_shared<std::string>(std::move(bytes));
  auto at = std::make_shared<std::size_t>(0);
  return [=](std::byte* buffer, std::size_t size) {
    const std::size_t count = std::min({size, most, rest->size() - *at});
    std::memcpy(buffer, rest->data() + *at, count);
    *at += count;
    return count;
  };
}

}  // namespace tests
