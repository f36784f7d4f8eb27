#include "builder/step_log.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"

namespace builder {
namespace {

constexpr std::size_t kTailBytes = 8192;
constexpr std::size_t kTailLines = 12;
// Shorter values ("1", "on") would blot out half of a log.
constexpr std::size_t kShortestSecret = 4;
constexpr std::string_view kMask = "***";

// How many bytes at the end of `text` could be the beginning of `secret`.
std::size_t count_partial(std::string_view text, std::string_view secret) {
  for (std::size_t n = std::min(text.size(), secret.size() - 1); n > 0; --n) {
    if (text.ends_with(secret.substr(0, n))) return n;
  }
  return 0;
}

struct Span {
  std::size_t begin;
  std::size_t end;
};

// Where secrets stand in `text`, those that overlap as one.
std::vector<Span> find_secrets(std::string_view text,
                               const std::vector<std::string>& secrets) {
  std::vector<Span> found;
  for (const std::string& secret : secrets) {
    for (std::size_t at = text.find(secret); at != std::string_view::npos;
         at = text.find(secret, at + 1)) {
      found.push_back({at, at + secret.size()});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Span& left, const Span& right) {
              return left.begin < right.begin;
            });
  std::vector<Span> joined;
  for (const Span& span : found) {
    if (!joined.empty() && span.begin < joined.back().end) {
      joined.back().end = std::max(joined.back().end, span.end);
    } else {
      joined.push_back(span);
    }
  }
  return joined;
}

}  // namespace

StepLog::StepLog(std::filesystem::path file, std::size_t number,
                 Progress& progress, std::vector<std::string> secrets)
    : path_(std::move(file)), number_(number), progress_(progress) {
  for (const std::string& secret : secrets) add_secret(secret);
  std::sort(secrets_.begin(), secrets_.end());
  secrets_.erase(std::unique(secrets_.begin(), secrets_.end()), secrets_.end());
}

// Each line is one as well: `sed`, `grep` and `set -x` show lines, not files,
// and a terminal or a log may put something between them. The whole is sought
// where a line alone would be too short.
void StepLog::add_secret(std::string_view secret) {
  add_value(secret);
  for (std::size_t start = 0; start < secret.size();) {
    const std::size_t end = std::min(secret.find('\n', start), secret.size());
    add_value(secret.substr(start, end - start));
    start = end + 1;
  }
}

void StepLog::add_value(std::string_view value) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = value.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return;
  value = value.substr(first, value.find_last_not_of(kBlank) - first + 1);
  if (value.size() < kShortestSecret) return;
  secrets_.emplace_back(value);
}

// What could still become a secret, or part of a longer one, is held back as it
// came until the next bytes decide.
void StepLog::write(runtime::Stream stream, std::string_view bytes) {
  if (secrets_.empty()) return emit(stream, bytes);
  std::string& held = held_[static_cast<std::size_t>(stream)];
  held += bytes;
  std::size_t partial = 0;
  for (const std::string& secret : secrets_) {
    partial = std::max(partial, count_partial(held, secret));
  }
  release(stream, held.size() - partial);
}

void StepLog::flush() {
  for (const auto stream :
       {runtime::Stream::standard_output, runtime::Stream::standard_error}) {
    release(stream, held_[static_cast<std::size_t>(stream)].size());
  }
}

// Hands on the first bytes of what is held, masked; a secret that reaches
// behind them stays whole.
void StepLog::release(runtime::Stream stream, std::size_t count) {
  std::string& held = held_[static_cast<std::size_t>(stream)];
  std::string shown;
  std::size_t done = 0;
  for (const Span& span : find_secrets(held, secrets_)) {
    if (span.begin >= count) break;
    if (span.end > count) {
      count = span.begin;
      break;
    }
    shown.append(held, done, span.begin - done);
    shown += kMask;
    done = span.end;
  }
  shown.append(held, done, count - done);
  held.erase(0, count);
  emit(stream, shown);
}

void StepLog::emit(runtime::Stream stream, std::string_view bytes) {
  if (bytes.empty()) return;
  keep(bytes);
  tail_ += bytes;
  if (tail_.size() > 2 * kTailBytes) {
    tail_.erase(0, tail_.size() - kTailBytes);
  }
  progress_.output(number_, stream, bytes);
}

// A full disk must not hide what the step itself has to say.
void StepLog::keep(std::string_view bytes) {
  if (is_lost_) return;
  try {
    if (!file_) {
      std::filesystem::create_directories(path_.parent_path());
      file_ = base::open_file(path_, O_WRONLY | O_CREAT | O_APPEND, 0600);
    }
    base::write_all(*file_, bytes);
  } catch (const std::exception& error) {
    is_lost_ = true;
    progress_.warning(fmt::format("the log {} is not whole: {}", path_.native(),
                                  error.what()));
  }
}

std::string StepLog::render_tail() const {
  if (tail_.empty()) return {};
  std::string_view text = tail_;
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::size_t start = text.size();
  for (std::size_t lines = 0; lines < kTailLines && start > 0; ++lines) {
    const std::size_t end = text.rfind('\n', start - 1);
    start = end == std::string_view::npos ? 0 : end;
  }
  text.remove_prefix(start);
  while (text.starts_with('\n')) text.remove_prefix(1);
  std::string out = "last output:\n";
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += fmt::format("  {}\n", text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  if (is_lost_) return out;
  return out + fmt::format("all of it: {}\n", path_.native());
}

}  // namespace builder
