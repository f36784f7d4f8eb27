#include "builder/context_walk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "builder/file_hash.h"
#include "builder/walk_crew.h"
#include "store/directory_stack.h"

namespace builder {
namespace {

// So many names that a second thread is worth its start.
constexpr std::size_t kLargeTree = 512;
// So many names are visited between two parts that are given away.
constexpr std::size_t kShareGrain = 64;

std::optional<store::EntryType> find_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return store::EntryType::directory;
    case S_IFREG:
    case S_IFSOCK:  // copied as an empty file
      return store::EntryType::regular;
    case S_IFLNK:
      return store::EntryType::symlink;
    case S_IFCHR:
      return store::EntryType::character;
    case S_IFBLK:
      return store::EntryType::block;
    case S_IFIFO:
      return store::EntryType::fifo;
    default:
      return std::nullopt;
  }
}

// Whether opening it reaches a device, or another process of this machine.
bool is_live(mode_t mode) {
  return S_ISSOCK(mode) || S_ISFIFO(mode) || S_ISCHR(mode) || S_ISBLK(mode);
}

std::optional<std::string> find_link(int directory, const char* name,
                                     std::size_t size) {
  std::string target(size + 1, '\0');
  const ssize_t length =
      ::readlinkat(directory, name, target.data(), target.size());
  if (length < 0) {
    if (errno == ENOENT) return std::nullopt;
    throw base::system_error(errno, fmt::format("reading link {}", name));
  }
  target.resize(static_cast<std::size_t>(length));
  return target;
}

// The names in a directory in byte order: with a directory right before what
// is in it, that is path_less order.
std::vector<std::string> list(const base::Fd& directory,
                              const std::filesystem::path& top,
                              const std::string& path) {
  try {
    std::vector<std::string> names = store::list_names(directory);
    std::sort(names.begin(), names.end());
    return names;
  } catch (base::Error& error) {
    error.add_context(
        fmt::format("reading build context {}/{}", top.native(), path));
    throw;
  }
}

// One thread's walk over one part of the tree.
class Walk {
 public:
  Walk(const ContextDirectory& directory, const parser::IgnoreFile& ignore,
       WalkCrew& crew, WalkCrew::Part part)
      : directory_(directory),
        ignore_(ignore),
        crew_(crew),
        open_(std::move(part.directory)),
        result_(part.result),
        walked_(*part.result) {
    levels_.push_back(
        {std::move(part.path), std::move(part.names), 0, part.decision});
  }

  void run() {
    while (!levels_.empty() && !crew_.is_over()) {
      if (levels_.back().next == levels_.back().names.size()) {
        leave();
      } else {
        visit(levels_.back());
        share();
      }
    }
  }

 private:
  // A directory that is being read.
  struct Level {
    std::string path;
    std::vector<std::string> names;
    std::size_t next = 0;
    parser::IgnoreFile::Decision decision = {};
    // How many entries there were when it had its own.
    std::size_t entries = 0;
  };

  base::Error failure(int error_number, const std::string& path) const {
    return base::system_error(error_number,
                              fmt::format("reading build context {}/{}",
                                          directory_.path.native(), path));
  }

  // Gives half of what is left at the top to whoever has nothing to do.
  void share() {
    ++visited_;
    if (visited_ == kLargeTree) crew_.call_help();
    if (visited_ < next_share_ || !crew_.is_anyone_idle()) return;
    const auto top = std::find_if(
        levels_.begin(), levels_.end(),
        [](const Level& level) { return level.next < level.names.size(); });
    if (top == levels_.end()) return;
    const std::size_t depth = static_cast<std::size_t>(top - levels_.begin());
    // Whether a hidden directory is kept is known when all in it was seen.
    if (top->decision.is_hidden() || !open_.at(depth)) return;
    const std::size_t left = top->names.size() - top->next;
    const auto cut =
        top->names.end() - static_cast<std::ptrdiff_t>((left + 1) / 2);
    WalkCrew::Part part{
        open_.at(depth).duplicate(),
        top->path,
        {std::move_iterator(cut), std::move_iterator(top->names.end())},
        top->decision};
    top->names.erase(cut, top->names.end());
    crew_.give(std::move(part), result_);
    next_share_ = visited_ + kShareGrain;
  }

  void visit(Level& level) {
    const std::string& name = level.names[level.next++];
    std::string path = level.path.empty() ? name : level.path + "/" + name;
    ignore_.decide(path, level.decision, decision_);
    const bool is_hidden = decision_.is_hidden();
    if (is_hidden) {
      walked_.hidden.push_back({path, decision_.line()});
      if (!ignore_.may_reinclude_below(path, decision_)) return;
    }
    auto entry = read_entry(name, path, is_hidden);
    if (!entry) return;
    const bool is_directory = entry->type == store::EntryType::directory;
    walked_.entries.push_back(std::move(*entry));
    if (is_directory) enter(name, std::move(path));
  }

  void enter(const std::string& name, std::string path) {
    base::Fd fd(::openat(open_.back().get(), name.c_str(),
                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) {
      const int error_number = errno;
      // What nobody may read hides nothing more than the rules do already.
      const bool is_shut = error_number == EACCES && decision_.is_hidden();
      if (!is_shut && error_number != ENOENT) {
        throw failure(error_number, path);
      }
      return walked_.entries.pop_back();
    }
    open_.push(std::move(fd));
    std::vector<std::string> names = list(open_.back(), directory_.path, path);
    levels_.push_back({std::move(path), std::move(names), 0, decision_,
                       walked_.entries.size()});
  }

  // An ignored directory is kept only when something in it was.
  void leave() {
    const Level& level = levels_.back();
    if (level.decision.is_hidden() && walked_.entries.size() == level.entries) {
      walked_.entries.pop_back();
    }
    levels_.pop_back();
    if (!levels_.empty()) open_.pop();
  }

  // What is at one name of the directory on top. nullopt for what no build
  // sees: a name that is gone since the directory was read, or what is hidden
  // and holds nothing.
  std::optional<store::Entry> read_entry(const std::string& name,
                                         const std::string& path,
                                         bool is_hidden) {
    struct stat status {};
    if (::fstatat(open_.back().get(), name.c_str(), &status,
                  AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return std::nullopt;
      throw failure(errno, path);
    }
    const auto type = find_type(status.st_mode);
    if (!type) return std::nullopt;
    if (is_hidden && type != store::EntryType::directory) return std::nullopt;
    store::Entry entry;
    entry.path = path;
    entry.type = *type;
    entry.mode = status.st_mode & 07777U;
    entry.mtime = {status.st_mtim.tv_sec,
                   static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
    if (directory_.owners == ContextDirectory::Owners::as_they_are) {
      entry.owner = {status.st_uid, status.st_gid};
    } else if (status.st_uid != user_ || status.st_gid != group_) {
      walked_.foreign.push_back(path);
    } else if (is_live(status.st_mode)) {
      walked_.foreign.push_back(path);
    }
    if (!add_details(name, status, entry)) return std::nullopt;
    return entry;
  }

  // False when it is gone meanwhile.
  bool add_details(const std::string& name, const struct stat& status,
                   store::Entry& entry) {
    switch (entry.type) {
      case store::EntryType::symlink: {
        auto target = find_link(open_.back().get(), name.c_str(),
                                static_cast<std::size_t>(status.st_size));
        if (!target) return false;
        entry.link_target = std::move(*target);
        break;
      }
      case store::EntryType::regular:
        if (S_ISSOCK(status.st_mode)) {
          entry.content = base::Digest::of("");
          break;
        }
        entry.size_bytes = static_cast<std::uint64_t>(status.st_size);
        if (status.st_nlink > 1) walked_.linked.push_back(walked_.files.size());
        walked_.files.push_back(
            {walked_.entries.size(), stamp_of(status), std::nullopt});
        break;
      case store::EntryType::character:
      case store::EntryType::block:
        entry.device_major = major(status.st_rdev);
        entry.device_minor = minor(status.st_rdev);
        break;
      default:
        break;
    }
    return true;
  }

  const ContextDirectory& directory_;
  const parser::IgnoreFile& ignore_;
  WalkCrew& crew_;
  store::DirectoryStack open_;
  std::vector<Level> levels_;
  parser::IgnoreFile::Decision decision_;  // about the path that is visited
  WalkCrew::Results::iterator result_;
  WalkedContext& walked_;
  std::size_t visited_ = 0;
  std::size_t next_share_ = kLargeTree;
  // The kernel is asked once, not for each file.
  const uid_t user_ = ::geteuid();
  const gid_t group_ = ::getegid();
};

// Adds what comes behind all that `walked` has.
void append(WalkedContext& walked, WalkedContext more) {
  const auto move_to = [](auto& to, auto& from) {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  };
  for (WalkedContext::File& file : more.files) {
    file.entry += walked.entries.size();
  }
  for (std::size_t& file : more.linked) file += walked.files.size();
  move_to(walked.entries, more.entries);
  move_to(walked.files, more.files);
  move_to(walked.linked, more.linked);
  move_to(walked.hidden, more.hidden);
  move_to(walked.foreign, more.foreign);
}

WalkedContext join(WalkCrew::Results results) {
  WalkedContext walked = std::move(results.front());
  results.pop_front();
  std::size_t entries = walked.entries.size();
  for (const WalkedContext& more : results) entries += more.entries.size();
  walked.entries.reserve(entries);
  walked.files.reserve(entries);
  for (WalkedContext& more : results) append(walked, std::move(more));
  return walked;
}

// Of a file's names, all but the first become links to that.
void link_names(WalkedContext& walked) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> first_names;
  for (const std::size_t number : walked.linked) {
    const WalkedContext::File& file = walked.files[number];
    store::Entry& entry = walked.entries[file.entry];
    const auto [first, is_new] = first_names.try_emplace(
        {file.stamp.device, file.stamp.inode}, entry.path);
    if (is_new) continue;
    entry.type = store::EntryType::hardlink;
    entry.link_target = first->second;
  }
}

}  // namespace

WalkedContext walk_context(const ContextDirectory& directory,
                           const parser::IgnoreFile& ignore) {
  base::Fd top = base::open_file(directory.path, O_RDONLY | O_DIRECTORY);
  std::vector<std::string> names = list(top, directory.path, "");
  WalkCrew crew([&](WalkCrew& others, WalkCrew::Part part) {
    Walk(directory, ignore, others, std::move(part)).run();
  });
  WalkedContext walked =
      join(crew.run({std::move(top), "", std::move(names), {}}));
  link_names(walked);
  return walked;
}

}  // namespace builder
