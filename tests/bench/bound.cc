// The bare work below a build: what no builder that does the same can beat by
// much, done as plainly as it can be, on one thread.
//
//   bench_bound walk DIR             stat every file: a build with no change
//   bench_bound hash DIR             read and SHA-256 every file
//   bench_bound copy FROM TO         read, SHA-256 and write every file
//   bench_bound pack FROM TO         the same into one file
//   bench_bound gzip FROM TO         the same, deflated by ISA-L at its level
//   1,
//                                    and SHA-256 of what that gave
//   bench_bound run N ROOT WORK COMMAND [ARGUMENT...]
//       N times: clone into new namespaces, mount an overlay over ROOT with
//       WORK/<n>/upper, /proc and /dev, pivot, exec, wait: the RUN steps of a
//       build
//
// Only regular files and directories are copied; that is what contexts.py
// makes.
#include <dirent.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

namespace {

namespace fs = std::filesystem;

base::Fd open_at(const base::Fd& dir, const char* name, int flags,
                 mode_t mode = 0) {
  base::Fd file(openat(dir.get(), name, flags | O_CLOEXEC, mode));
  if (!file) throw base::system_error(errno, name);
  return file;
}

base::Fd make_dir(const base::Fd& parent, const char* name) {
  if (mkdirat(parent.get(), name, 0755) < 0 && errno != EEXIST) {
    throw base::system_error(errno, name);
  }
  return open_at(parent, name, O_DIRECTORY);
}

// One gzip stream over all that is put into it.
class Deflate {
 public:
  Deflate() {
    isal_deflate_init(&stream_);
    stream_.gzip_flag = IGZIP_GZIP;
    stream_.level = 1;
    stream_.level_buf = level_buffer_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
  }

  void put(std::span<std::byte> bytes, bool is_last, const base::Fd& to) {
    stream_.next_in = reinterpret_cast<std::uint8_t*>(bytes.data());
    stream_.avail_in = static_cast<std::uint32_t>(bytes.size());
    stream_.end_of_stream = is_last ? 1 : 0;
    do {
      stream_.next_out = output_.data();
      stream_.avail_out = static_cast<std::uint32_t>(output_.size());
      isal_deflate(&stream_);
      const std::string_view made(reinterpret_cast<const char*>(output_.data()),
                                  output_.size() - stream_.avail_out);
      hasher_.update(made);
      base::write_all(to, made);
    } while (stream_.avail_out == 0);
    if (is_last) hasher_.finish();
  }

 private:
  isal_zstream stream_;
  std::vector<std::uint8_t> level_buffer_ =
      std::vector<std::uint8_t>(ISAL_DEF_LVL1_DEFAULT);
  std::vector<std::uint8_t> output_ = std::vector<std::uint8_t>(1 << 18);
  base::Hasher hasher_;
};

// What is done with each file below a directory, which is always stat'ed.
class Pass {
 public:
  enum class Kind { stat, hash, copy, pack, gzip };

  // `target` is a directory for copy, a file for pack and gzip, else ignored.
  Pass(Kind kind, const fs::path& target) : kind_(kind) {
    if (kind == Kind::copy) fs::create_directories(target);
    if (kind == Kind::copy) target_ = base::open_file(target, O_DIRECTORY);
    if (kind == Kind::gzip) deflate_.emplace();
    if (kind == Kind::pack || kind == Kind::gzip) {
      target_ = base::open_file(target, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    }
  }

  void over(const fs::path& root) {
    walk(base::open_file(root, O_DIRECTORY), target_);
    if (kind_ == Kind::gzip) deflate_->put({}, true, target_);
  }

 private:
  void walk(base::Fd from, const base::Fd& to) {
    struct Close {
      void operator()(DIR* dir) const { closedir(dir); }
    };
    const base::Fd here = from.duplicate();
    const std::unique_ptr<DIR, Close> dir(fdopendir(from.release()));
    if (!dir) throw base::system_error(errno, "fdopendir");
    while (const dirent* entry = readdir(dir.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat info {};
      if (fstatat(here.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) < 0) {
        throw base::system_error(errno, name);
      }
      if (S_ISDIR(info.st_mode)) {
        walk(open_at(here, name.c_str(), O_DIRECTORY),
             kind_ == Kind::copy ? make_dir(to, name.c_str()) : base::Fd());
      } else if (S_ISREG(info.st_mode) && kind_ != Kind::stat) {
        read(open_at(here, name.c_str(), O_RDONLY), to, name.c_str());
      }
    }
  }

  void read(const base::Fd& file, const base::Fd& to, const char* name) {
    base::Fd copy;
    if (kind_ == Kind::copy) {
      copy = open_at(to, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    }
    const base::Fd& sink = kind_ == Kind::pack ? target_ : copy;
    while (const std::size_t size =
               base::read_some(file, buffer_.data(), buffer_.size())) {
      hasher_.update(std::span(buffer_.data(), size));
      if (kind_ == Kind::gzip) {
        deflate_->put(std::span(buffer_).first(size), false, target_);
      } else if (sink) {
        base::write_all(sink,
                        {reinterpret_cast<const char*>(buffer_.data()), size});
      }
    }
    hasher_.finish();
  }

  Kind kind_;
  base::Fd target_;
  base::Hasher hasher_;
  std::optional<Deflate> deflate_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(1 << 18);
};

// Ends the sandbox's child, which has nobody to throw to.
void require(bool done, const char* what) {
  if (done) return;
  std::cerr << "bench_bound: " << what << ": " << std::strerror(errno) << '\n';
  _exit(126);
}

[[noreturn]] void run_in_sandbox(const fs::path& root, const fs::path& work,
                                 char** command) {
  const fs::path merged = work / "merged";
  const std::string options = "volatile,lowerdir=" + root.string() +
                              ",upperdir=" + (work / "upper").string() +
                              ",workdir=" + (work / "work").string();
  require(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0,
          "making / private");
  require(mount("overlay", merged.c_str(), "overlay", 0, options.c_str()) == 0,
          "mounting the overlay");
  require(chdir(merged.c_str()) == 0, "entering the overlay");
  require(mount("proc", "proc", "proc", 0, nullptr) == 0, "mounting /proc");
  require(mount("tmpfs", "dev", "tmpfs", 0, nullptr) == 0, "mounting /dev");
  struct Device {
    const char* path;
    unsigned minor;
  };
  for (const Device device :
       {Device{"dev/null", 3}, Device{"dev/zero", 5}, Device{"dev/full", 7},
        Device{"dev/random", 8}, Device{"dev/urandom", 9}}) {
    require(mknod(device.path, S_IFCHR | 0666, makedev(1, device.minor)) == 0,
            device.path);
  }
  require(syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
  require(umount2(".", MNT_DETACH) == 0, "leaving the old root");
  execv(command[0], command);
  require(false, command[0]);
  _exit(126);
}

void run(int count, const fs::path& root, const fs::path& work,
         char** command) {
  for (int i = 0; i < count; ++i) {
    // A volatile overlay is mounted once: the kernel refuses its work directory
    // from then on.
    const fs::path own = work / std::to_string(i);
    for (const char* part : {"upper", "work", "merged"}) {
      fs::create_directories(own / part);
    }
    const long pid = syscall(
        SYS_clone,
        SIGCHLD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS,
        nullptr, nullptr, nullptr, nullptr);
    if (pid < 0) throw base::system_error(errno, "clone");
    if (pid == 0) run_in_sandbox(root, own, command);
    int status = 0;
    if (waitpid(static_cast<pid_t>(pid), &status, 0) < 0 || status != 0) {
      throw std::runtime_error(std::string(command[0]) + ": failed");
    }
  }
}

int dispatch(const std::vector<std::string>& words, char** argv) {
  const std::string verb = words.empty() ? "" : words[0];
  if (verb == "walk" && words.size() == 2) {
    Pass(Pass::Kind::stat, "").over(words[1]);
  } else if (verb == "hash" && words.size() == 2) {
    Pass(Pass::Kind::hash, "").over(words[1]);
  } else if (verb == "copy" && words.size() == 3) {
    Pass(Pass::Kind::copy, words[2]).over(words[1]);
  } else if (verb == "pack" && words.size() == 3) {
    Pass(Pass::Kind::pack, words[2]).over(words[1]);
  } else if (verb == "gzip" && words.size() == 3) {
    Pass(Pass::Kind::gzip, words[2]).over(words[1]);
  } else if (verb == "run" && words.size() >= 5) {
    run(std::stoi(words[1]), words[2], words[3], argv + 5);
  } else {
    std::cerr << "usage: bench_bound walk DIR | hash DIR | copy FROM TO |\n"
                 "       pack FROM TO | gzip FROM TO |\n"
                 "       run N ROOT WORK COMMAND [ARGUMENT...]\n";
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return dispatch({argv + 1, argv + argc}, argv);
  } catch (const std::exception& error) {
    std::cerr << "bench_bound: " << error.what() << '\n';
    return 1;
  }
}
