#include "cli/trace_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"

namespace cli {
namespace {

double microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

}  // namespace

TraceFile::TraceFile(const std::filesystem::path& path,
                     std::chrono::steady_clock::time_point start)
    : path_(std::filesystem::absolute(path)), start_(start) {
  const nlohmann::json process{{"ph", "M"},
                               {"name", "process_name"},
                               {"pid", ::getpid()},
                               {"args", {{"name", "strake"}}}};
  events_ = process.dump();
  write();
}

void TraceFile::add(const base::TraceEvent& event) {
  nlohmann::json out{{"name", event.name},
                     {"cat", event.category},
                     {"ts", microseconds(event.start - start_)},
                     {"pid", ::getpid()},
                     {"tid", event.thread}};
  if (event.duration) {
    out["ph"] = "X";
    out["dur"] = microseconds(*event.duration);
  } else {
    out["ph"] = "i";
    out["s"] = "t";
  }
  for (const base::TraceFact& fact : event.facts) {
    out["args"][std::string(fact.name)] = fact.value;
  }
  // Titles and paths are whatever bytes somebody wrote.
  events_ += ",\n" +
             out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void TraceFile::finish() { write(); }

void TraceFile::write() const {
  try {
    base::replace_file(path_,
                       fmt::format("{{\"traceEvents\":[\n{}\n]}}\n", events_));
  } catch (base::Error& error) {
    error.add_context("writing the trace");
    throw;
  }
}

}  // namespace cli
