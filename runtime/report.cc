#include "runtime/report.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/syscalls.h"

namespace runtime {

void Reporter::send(const Record& record,
                    std::string_view text) const noexcept {
  std::array<char, 4096> bytes;
  Record whole = record;
  whole.text_size =
      static_cast<std::uint32_t>(std::min(text.size(), kMaxRecordText));
  std::memcpy(bytes.data(), &whole, sizeof whole);
  if (!text.empty()) {
    std::memcpy(bytes.data() + sizeof whole, text.data(), whole.text_size);
  }
  while (::write(fd_, bytes.data(), sizeof whole + whole.text_size) < 0 &&
         errno == EINTR) {
  }
}

void Reporter::fail(SetupStep step, int error, std::size_t item,
                    std::string_view text) const noexcept {
  Record record;
  record.step = step;
  record.error = error;
  record.item = static_cast<std::uint32_t>(item);
  send(record, text);
  exit_child(127);
}

int Reporter::check(long result, SetupStep step,
                    std::size_t item) const noexcept {
  if (result < 0) fail(step, errno, item);
  return static_cast<int>(result);
}

void Reporter::trace(const char* path, const struct stat& status,
                     std::uint32_t made) const noexcept {
  Record record;
  record.kind = RecordKind::trace;
  record.status = status;
  record.item = made;
  send(record, path);
}

void Reporter::started(pid_t command) const noexcept {
  Record record;
  record.kind = RecordKind::started;
  record.item = static_cast<std::uint32_t>(command);
  send(record, {});
}

void Reporter::ended(const Ending& ending) const noexcept {
  Record record;
  record.kind = RecordKind::ended;
  send(record, {reinterpret_cast<const char*>(&ending), sizeof ending});
}

void ReportReader::append(std::string_view bytes) {
  pending_ += bytes;
  while (pending_.size() >= sizeof(Record)) {
    Record record;
    std::memcpy(&record, pending_.data(), sizeof record);
    const std::size_t size = sizeof record + record.text_size;
    if (pending_.size() < size) return;
    std::string text = pending_.substr(sizeof record, record.text_size);
    pending_.erase(0, size);
    take(record, std::move(text));
  }
}

void ReportReader::take(const Record& record, std::string text) {
  switch (record.kind) {
    case RecordKind::failure:
      if (failure_) break;
      failure_ =
          Failure{record.step, record.error, record.item, std::move(text)};
      break;
    case RecordKind::trace:
      traces_.push_back({std::move(text), record.status, record.item == 1});
      break;
    case RecordKind::started:
      started_ = static_cast<pid_t>(record.item);
      break;
    case RecordKind::ended:
      ended_.emplace();
      std::memcpy(&*ended_, text.data(), std::min(text.size(), sizeof *ended_));
      break;
  }
}

}  // namespace runtime
