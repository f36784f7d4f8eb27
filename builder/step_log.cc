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

void replace_all(std::string& text, std::string_view from,
                 std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// How many bytes at the end of `text` could be the beginning of `secret`.
std::size_t count_partial(std::string_view text, std::string_view secret) {
  for (std::size_t n = std::min(text.size(), secret.size() - 1); n > 0; --n) {
    if (text.ends_with(secret.substr(0, n))) return n;
  }
  return 0;
}

}  // namespace

StepLog::StepLog(std::filesystem::path file, std::size_t number,
                 Progress& progress, std::vector<std::string> secrets)
    : path_(std::move(file)), number_(number), progress_(progress) {
  for (std::string& secret : secrets) {
    while (!secret.empty() && secret.back() == '\n') secret.pop_back();
    if (secret.size() >= kShortestSecret) {
      secrets_.push_back(std::move(secret));
    }
  }
}

void StepLog::write(runtime::Stream stream, std::string_view bytes) {
  if (secrets_.empty()) return emit(stream, bytes);
  std::string& held = held_[static_cast<std::size_t>(stream)];
  held += bytes;
  std::size_t partial = 0;
  for (const std::string& secret : secrets_) {
    replace_all(held, secret, kMask);
    partial = std::max(partial, count_partial(held, secret));
  }
  emit(stream, std::string_view(held).substr(0, held.size() - partial));
  held.erase(0, held.size() - partial);
}

void StepLog::flush() {
  for (const auto stream :
       {runtime::Stream::standard_output, runtime::Stream::standard_error}) {
    std::string& held = held_[static_cast<std::size_t>(stream)];
    emit(stream, held);
    held.clear();
  }
}

void StepLog::emit(runtime::Stream stream, std::string_view bytes) {
  if (bytes.empty()) return;
  if (!file_) {
    std::filesystem::create_directories(path_.parent_path());
    file_ = base::open_file(path_, O_WRONLY | O_CREAT | O_APPEND, 0600);
  }
  base::write_all(*file_, bytes);
  tail_ += bytes;
  if (tail_.size() > 2 * kTailBytes) {
    tail_.erase(0, tail_.size() - kTailBytes);
  }
  progress_.output(number_, stream, bytes);
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
  return out + fmt::format("all of it: {}\n", path_.native());
}

}  // namespace builder
