#include "builder/build_context.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "builder/file_hash.h"
#include "builder/missing_source.h"

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

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * kNanosecondsPerSecond + now.tv_nsec;
}

}  // namespace

struct BuildContext::State {
  base::Fd root;
  WalkedContext walked;  // whose entries are in `index`
  std::shared_ptr<const store::LayerIndex> index;
  std::optional<store::MergedTree> tree;
  bool is_known_loaded = false;
  std::vector<store::KnownFile> unsaved;
  std::vector<std::string> vanished;
  std::int64_t hashed_at_ns = 0;

  const std::string& path_of(const WalkedContext::File& file) const {
    return index->entries()[file.entry].path;
  }
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
  state.walked = walk_context(directory_, ignore_.rules);
  span.add("entries", state.walked.entries.size());
  span.add("ignored", state.walked.hidden.size());
  if (span.is_on() && !state.walked.hidden.empty()) {
    span.add("by", describe_hidden(state));
  }
  state.index = std::make_shared<const store::LayerIndex>(
      std::move(state.walked.entries));
  std::vector<store::MergedTree::Layer> layers;
  layers.push_back({state.index, directory_.path});
  state.tree.emplace(std::move(layers));
  return state;
}

// ".dockerignore line 1: node_modules; line 4: a.log and 12 more"
std::string BuildContext::describe_hidden(const State& state) const {
  std::map<std::uint32_t, std::pair<std::string_view, std::size_t>> by_line;
  for (const WalkedContext::Hidden& hidden : state.walked.hidden) {
    ++by_line.try_emplace(hidden.line, hidden.path, 0).first->second.second;
  }
  std::string text = ignore_.name;
  for (const auto& [line, found] : by_line) {
    const auto& [first, count] = found;
    text += fmt::format("{} line {}: {}", text == ignore_.name ? "" : ";", line,
                        first);
    if (count > 1) text += fmt::format(" and {} more", count - 1);
  }
  return text;
}

// Joins the recorded digests to the walked files; both are sorted alike.
void BuildContext::load_known(State& state) {
  if (state.is_known_loaded) return;
  state.is_known_loaded = true;
  auto file = state.walked.files.begin();
  digests_.for_each(
      directory_.path.native(), [&](const store::KnownFile& known) {
        while (file != state.walked.files.end() &&
               store::path_less(state.path_of(*file), known.path)) {
          ++file;
        }
        if (file == state.walked.files.end() ||
            state.path_of(*file) != known.path) {
          state.vanished.push_back(known.path);
        } else if (file->stamp == known.stamp) {
          file->content = known.content;
        }
      });
}

// Where it is in `files`. Who asks for one after the other says where the last
// was found: the next is mostly right behind it.
std::optional<std::size_t> BuildContext::find_file(
    const State& state, std::string_view path,
    std::optional<std::size_t> last) const {
  const auto& files = state.walked.files;
  if (last && *last + 1 < files.size() &&
      state.path_of(files[*last + 1]) == path) {
    return *last + 1;
  }
  const auto file = std::lower_bound(
      files.begin(), files.end(), path,
      [&](const WalkedContext::File& left, std::string_view right) {
        return store::path_less(state.path_of(left), right);
      });
  if (file == files.end() || state.path_of(*file) != path) return std::nullopt;
  return static_cast<std::size_t>(file - files.begin());
}

void BuildContext::fill_content(SourceMatch& match) {
  auto lock = state_.lock();
  State& state = load(**lock);
  base::Span span(trace_, "context", "digests");
  load_known(state);
  std::vector<std::pair<store::Entry*, std::size_t>> wanted;
  std::vector<std::size_t> unread;
  std::optional<std::size_t> last;
  const auto want = [&](store::Entry& entry, const std::string& path) {
    if (entry.type != store::EntryType::regular) return;
    const auto number = find_file(state, path, last);
    if (!number) return;
    last = number;
    wanted.emplace_back(&entry, *number);
    if (!state.walked.files[*number].content) unread.push_back(*number);
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
    const WalkedContext::File& file = state.walked.files[number];
    entry->content = *file.content;
    entry->size_bytes = file.stamp.size_bytes;
    entry->mtime = mtime_of(file.stamp);
  }
}

void BuildContext::hash(State& state, const std::vector<std::size_t>& files) {
  if (files.empty()) return;
  std::uint64_t bytes = 0;
  for (const std::size_t i : files)
    bytes += state.walked.files[i].stamp.size_bytes;
  if (on_long_read_ &&
      (files.size() >= kLongReadFiles || bytes >= kLongReadBytes)) {
    on_long_read_(files.size(), bytes);
  }
  if (state.hashed_at_ns == 0) state.hashed_at_ns = now_ns();
  std::atomic<std::size_t> next = 0;
  base::Guarded<std::exception_ptr> failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) {
      WalkedContext::File& file = state.walked.files[files[i]];
      try {
        const HashedFile hashed =
            hash_file(state.root, state.path_of(file), stop_);
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
    const WalkedContext::File& file = state.walked.files[number];
    state.unsaved.push_back({state.path_of(file), file.stamp, *file.content});
  }
}

std::string BuildContext::find_change(const SourceMatch& match) {
  auto lock = state_.lock();
  State& state = load(**lock);
  std::string changed;
  std::optional<std::size_t> last;
  const auto look = [&](const store::Entry& entry, const std::string& path) {
    if (entry.type != store::EntryType::regular) return;
    const auto number = find_file(state, path, last);
    if (!number) return;
    last = number;
    WalkedContext::File& file = state.walked.files[*number];
    if (find_stamp(state.root, path) == file.stamp) return;
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
  return std::none_of(state.walked.hidden.begin(), state.walked.hidden.end(),
                      [&](const WalkedContext::Hidden& hidden) {
                        return is_below(hidden.path);
                      }) &&
         std::none_of(state.walked.foreign.begin(), state.walked.foreign.end(),
                      is_below);
}

std::string BuildContext::find_ignore_rule(std::string_view path) {
  auto lock = state_.lock();
  const State& state = load(**lock);
  const std::uint32_t line = ignore_.rules.decide(path).line();
  if (line == 0 || !base::find_in_root(state.root, path, O_PATH | O_NOFOLLOW)) {
    return {};
  }
  return fmt::format("{} line {}", ignore_.name, line);
}

std::string BuildContext::explain_absence(std::string_view path) {
  const std::string rule = find_ignore_rule(path);
  if (!rule.empty()) return fmt::format("{} leaves it out", rule);
  auto lock = state_.lock();
  const State& state = load(**lock);
  if (!directory_.why_empty.empty()) return directory_.why_empty;
  const std::string near = find_near_path(*state.tree, path);
  if (near.empty()) return {};
  return fmt::format("did you mean \"{}\"?", near);
}

std::string BuildContext::explain_no_match(const parser::PathPattern& pattern) {
  auto lock = state_.lock();
  const State& state = load(**lock);
  for (const WalkedContext::Hidden& hidden : state.walked.hidden) {
    if (!pattern.matches(hidden.path)) continue;
    return fmt::format("{} line {} leaves out \"{}\"", ignore_.name,
                       hidden.line, hidden.path);
  }
  return {};
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
