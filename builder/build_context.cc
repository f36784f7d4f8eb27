#include "builder/build_context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "builder/file_hash.h"
#include "parser/values.h"
#include "store/directory_stack.h"

namespace builder {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
// About a tenth of a second: what is shorter, nobody waits for.
constexpr std::size_t kLongReadFiles = 3000;
constexpr std::uint64_t kLongReadBytes = 64U << 20U;

store::Timestamp mtime_of(const store::FileStamp& stamp) {
  // Also right before 1970: nanoseconds count upwards from the second.
  std::int64_t seconds = stamp.mtime_ns / kNanosecondsPerSecond;
  std::int64_t rest = stamp.mtime_ns % kNanosecondsPerSecond;
  if (rest < 0) {
    rest += kNanosecondsPerSecond;
    --seconds;
  }
  return {seconds, static_cast<std::uint32_t>(rest)};
}

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

std::string read_link(int directory, const char* name, std::size_t size) {
  std::string target(size + 1, '\0');
  const ssize_t length =
      ::readlinkat(directory, name, target.data(), target.size());
  if (length < 0) {
    throw base::system_error(errno, fmt::format("reading link {}", name));
  }
  target.resize(static_cast<std::size_t>(length));
  return target;
}

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * kNanosecondsPerSecond + now.tv_nsec;
}

}  // namespace

// What stat said of a regular file, and its digest once known.
struct BuildContext::File {
  std::string path;
  store::FileStamp stamp;
  std::optional<base::Digest> content;
};

struct BuildContext::State {
  base::Fd root;
  std::vector<store::Entry> entries;
  std::vector<File> files;  // in path_less order
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> link_names;
  std::optional<store::MergedTree> tree;
  std::vector<std::string> hidden;   // ignored paths, tops only
  std::vector<std::string> foreign;  // paths not owned by root
  bool is_known_loaded = false;
  std::vector<store::KnownFile> unsaved;
  std::vector<std::string> vanished;
  std::int64_t hashed_at_ns = 0;
};

BuildContext::BuildContext(ContextDirectory directory, NamedIgnore ignore,
                           store::FileDigests& digests, std::stop_token stop,
                           base::Trace* trace)
    : directory_(std::move(directory)),
      ignore_(std::move(ignore)),
      digests_(digests),
      stop_(std::move(stop)),
      trace_(trace) {
  *state_.lock() = std::make_unique<State>();
}

BuildContext::~BuildContext() = default;

const store::MergedTree& BuildContext::tree() {
  auto state = state_.lock();
  return *load(**state).tree;
}

BuildContext::State& BuildContext::load(State& state) {
  if (state.tree) return state;
  base::Span span(trace_, "context", "walk");
  span.add("directory", directory_.path.native());
  state.root = base::open_file(directory_.path, O_RDONLY | O_DIRECTORY);
  walk_directory(state, "", {});
  span.add("entries", state.entries.size());
  span.add("ignored", state.hidden.size());
  state.link_names.clear();
  auto index = std::make_shared<store::LayerIndex>(std::move(state.entries));
  std::vector<store::MergedTree::Layer> layers;
  layers.push_back({std::move(index), directory_.path});
  state.tree.emplace(std::move(layers));
  return state;
}

// What is at one name of an open directory. nullopt for what no build sees,
// e.g. a name that is gone since the directory was read.
std::optional<store::Entry> BuildContext::read_entry(State& state,
                                                     int directory,
                                                     const std::string& name,
                                                     std::string path,
                                                     IsHidden is_hidden) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw base::system_error(errno,
                             fmt::format("reading build context {}/{}",
                                         directory_.path.native(), path));
  }
  const auto type = find_type(status.st_mode);
  if (!type) return std::nullopt;
  if (is_hidden == IsHidden::yes && type != store::EntryType::directory) {
    return std::nullopt;
  }
  store::Entry entry;
  entry.path = std::move(path);
  entry.type = *type;
  entry.mode = status.st_mode & 07777U;
  entry.mtime = {status.st_mtim.tv_sec,
                 static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
  if (directory_.owners == ContextDirectory::Owners::as_they_are) {
    entry.owner = {status.st_uid, status.st_gid};
  } else if (status.st_uid != 0 || status.st_gid != 0) {
    state.foreign.push_back(entry.path);
  }
  switch (*type) {
    case store::EntryType::symlink:
      entry.link_target = read_link(directory, name.c_str(),
                                    static_cast<std::size_t>(status.st_size));
      break;
    case store::EntryType::regular:
      if (S_ISSOCK(status.st_mode)) {
        entry.content = base::Digest::of("");
        break;
      }
      entry.size_bytes = static_cast<std::uint64_t>(status.st_size);
      if (status.st_nlink > 1) {
        const auto [first, is_new] = state.link_names.try_emplace(
            {status.st_dev, status.st_ino}, entry.path);
        if (!is_new) {
          entry.type = store::EntryType::hardlink;
          entry.link_target = first->second;
        }
      }
      state.files.push_back({entry.path, stamp_of(status), std::nullopt});
      break;
    case store::EntryType::character:
    case store::EntryType::block:
      entry.device_major = major(status.st_rdev);
      entry.device_minor = minor(status.st_rdev);
      break;
    default:
      break;
  }
  return entry;
}

// The names in a directory in byte order, with the open directory itself.
BuildContext::Listing BuildContext::list(const State& state,
                                         const std::string& path) const {
  base::Fd fd(::openat(state.root.get(), path.empty() ? "." : path.c_str(),
                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) {
    throw base::system_error(errno,
                             fmt::format("reading build context {}/{}",
                                         directory_.path.native(), path));
  }
  Listing listing{std::move(fd), {}};
  listing.names = store::list_names(listing.directory);
  std::sort(listing.names.begin(), listing.names.end());
  return listing;
}

// Entries come out in path_less order because names are sorted and a directory
// stands right before what is in it. An ignored directory is entered when an
// exception could reach below it, and kept only when something there was kept.
void BuildContext::walk_directory(
    State& state, const std::string& path,
    const parser::IgnoreFile::Decision& decision) {
  const Listing listing = list(state, path);
  parser::IgnoreFile::Decision own;
  for (const std::string& name : listing.names) {
    std::string here = path.empty() ? name : path + "/" + name;
    ignore_.rules.decide(here, decision, own);
    const bool is_hidden = own.is_hidden();
    if (is_hidden) {
      state.hidden.push_back(here);
      if (!ignore_.rules.may_reinclude_below(here, own)) continue;
    }
    auto entry = read_entry(state, listing.directory.get(), name, here,
                            is_hidden ? IsHidden::yes : IsHidden::no);
    if (!entry) continue;
    const bool is_directory = entry->type == store::EntryType::directory;
    const std::size_t before = state.entries.size();
    state.entries.push_back(std::move(*entry));
    if (is_directory) {
      walk_directory(state, here, own);
      if (is_hidden && state.entries.size() == before + 1) {
        state.entries.pop_back();
      }
    }
  }
}

// Joins the recorded digests to the walked files; both are sorted alike.
void BuildContext::load_known(State& state) {
  if (state.is_known_loaded) return;
  state.is_known_loaded = true;
  auto file = state.files.begin();
  for (const store::KnownFile& known :
       digests_.load(directory_.path.native())) {
    while (file != state.files.end() &&
           store::path_less(file->path, known.path)) {
      ++file;
    }
    if (file == state.files.end() || file->path != known.path) {
      state.vanished.push_back(known.path);
    } else if (file->stamp == known.stamp) {
      file->content = known.content;
    }
  }
}

std::optional<std::size_t> BuildContext::find_file(
    const State& state, std::string_view path) const {
  const auto file =
      std::lower_bound(state.files.begin(), state.files.end(), path,
                       [](const File& left, std::string_view right) {
                         return store::path_less(left.path, right);
                       });
  if (file == state.files.end() || file->path != path) return std::nullopt;
  return static_cast<std::size_t>(file - state.files.begin());
}

void BuildContext::fill_content(SourceMatch& match) {
  auto lock = state_.lock();
  State& state = load(**lock);
  base::Span span(trace_, "context", "digests");
  load_known(state);
  std::vector<std::pair<store::Entry*, std::size_t>> wanted;
  std::vector<std::size_t> unread;
  const auto want = [&](store::Entry& entry, const std::string& path) {
    if (entry.type != store::EntryType::regular) return;
    const auto number = find_file(state, path);
    if (!number) return;
    wanted.emplace_back(&entry, *number);
    if (!state.files[*number].content) unread.push_back(*number);
  };
  want(match.entry, match.path);
  const std::string prefix = match.path.empty() ? "" : match.path + "/";
  for (store::Entry& member : match.members) want(member, prefix + member.path);
  std::sort(unread.begin(), unread.end());
  unread.erase(std::unique(unread.begin(), unread.end()), unread.end());
  span.add("files", wanted.size());
  span.add("read", unread.size());
  hash(state, unread);
  for (const auto& [entry, number] : wanted) {
    const File& file = state.files[number];
    entry->content = *file.content;
    entry->size_bytes = file.stamp.size_bytes;
    entry->mtime = mtime_of(file.stamp);
  }
}

void BuildContext::hash(State& state, const std::vector<std::size_t>& files) {
  if (files.empty()) return;
  std::uint64_t bytes = 0;
  for (const std::size_t i : files) bytes += state.files[i].stamp.size_bytes;
  if (on_long_read_ &&
      (files.size() >= kLongReadFiles || bytes >= kLongReadBytes)) {
    on_long_read_(files.size(), bytes);
  }
  if (state.hashed_at_ns == 0) state.hashed_at_ns = now_ns();
  std::atomic<std::size_t> next = 0;
  base::Guarded<std::exception_ptr> failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) {
      File& file = state.files[files[i]];
      try {
        const HashedFile hashed = hash_file(state.root, file.path, stop_);
        file.stamp = hashed.stamp;
        file.content = hashed.content;
      } catch (base::Error& error) {
        error.add_context(
            fmt::format("reading build context {}", directory_.path.native()));
        *failure.lock() = std::current_exception();
        next = files.size();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    const std::size_t threads = std::min<std::size_t>(
        files.size() / 8, std::thread::hardware_concurrency());
    for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
  }
  if (const auto error = *failure.lock()) std::rethrow_exception(error);
  for (const std::size_t number : files) {
    const File& file = state.files[number];
    state.unsaved.push_back({file.path, file.stamp, *file.content});
  }
}

std::string BuildContext::find_change(const SourceMatch& match) {
  auto lock = state_.lock();
  State& state = load(**lock);
  std::string changed;
  const auto look = [&](const store::Entry& entry, const std::string& path) {
    if (entry.type != store::EntryType::regular) return;
    const auto number = find_file(state, path);
    if (!number) return;
    File& file = state.files[*number];
    struct stat status {};
    const base::Fd found =
        base::find_in_root(state.root, path, O_PATH | O_NOFOLLOW)
            .value_or(base::Fd());
    if (found && ::fstat(found.get(), &status) == 0 &&
        stamp_of(status) == file.stamp) {
      return;
    }
    file.content.reset();
    changed = path;
  };
  look(match.entry, match.path);
  const std::string prefix = match.path.empty() ? "" : match.path + "/";
  for (const store::Entry& member : match.members) {
    look(member, prefix + member.path);
  }
  return changed;
}

bool BuildContext::is_plain_below(std::string_view path) {
  auto lock = state_.lock();
  const State& state = load(**lock);
  const auto is_below = [path](const std::string& other) {
    return path.empty() || other == path ||
           (other.size() > path.size() && other.starts_with(path) &&
            other[path.size()] == '/');
  };
  return std::none_of(state.hidden.begin(), state.hidden.end(), is_below) &&
         std::none_of(state.foreign.begin(), state.foreign.end(), is_below);
}

std::string BuildContext::explain_absence(std::string_view path) {
  auto lock = state_.lock();
  const State& state = load(**lock);
  const std::uint32_t line = ignore_.rules.decide(path).line();
  if (line != 0 && base::find_in_root(state.root, path, O_PATH | O_NOFOLLOW)) {
    return fmt::format("{} line {} leaves it out", ignore_.name, line);
  }
  if (!directory_.why_empty.empty()) return directory_.why_empty;
  // The first part of the path that is not there may be the one misspelt.
  std::string_view wrong = path;
  while (!store::parent_path(wrong).empty() &&
         state.tree->find(store::parent_path(wrong)) == nullptr) {
    wrong = store::parent_path(wrong);
  }
  const std::string_view parent = store::parent_path(wrong);
  std::vector<std::string_view> names;
  for (const store::Entry* entry : state.tree->children(parent)) {
    names.push_back(store::base_name(entry->path));
  }
  const std::string near = parser::find_nearest(store::base_name(wrong), names);
  if (near.empty()) return {};
  return fmt::format("did you mean \"{}{}{}{}\"?", parent,
                     parent.empty() ? "" : "/", near,
                     path.substr(wrong.size()));
}

void BuildContext::save_digests() {
  auto lock = state_.lock();
  State& state = **lock;
  if (state.unsaved.empty() || !directory_.is_lasting) return;
  digests_.put(directory_.path.native(), state.unsaved, state.hashed_at_ns);
  if (!state.vanished.empty()) {
    digests_.remove(directory_.path.native(), state.vanished);
  }
  state.unsaved.clear();
  state.vanished.clear();
}

}  // namespace builder
