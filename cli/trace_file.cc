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

// Titles and paths are whatever bytes somebody wrote.
std::string render(const nlohmann::json& event) {
  return event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json describe_thread(int thread, const char* name,
                               nlohmann::json args) {
  return {{"ph", "M"},
          {"name", name},
          {"pid", ::getpid()},
          {"tid", thread},
          {"args", std::move(args)}};
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
  events_ += ",\n" + render(out);
  if (!event.duration) return;
  threads_[event.thread] = event.name;
  if (!event.work) return;
  const Slice slice{microseconds(event.start - start_), event.thread,
                    std::string(event.category)};
  for (const std::size_t need : event.needs) {
    const auto found = latest_.find(need);
    if (found != latest_.end()) add_flow(found->second, slice);
  }
  const auto [own, is_first] = latest_.try_emplace(*event.work, slice);
  if (is_first) return;
  add_flow(own->second, slice);
  own->second = slice;
}

void TraceFile::add_flow(const Slice& from, const Slice& to) {
  ++flows_;
  for (const Slice* end : {&from, &to}) {
    nlohmann::json flow{{"name", "needs"},   {"cat", end->category},
                        {"id", flows_},      {"ts", end->start},
                        {"pid", ::getpid()}, {"tid", end->thread}};
    flow["ph"] = end == &from ? "s" : "f";
    if (end == &to) flow["bp"] = "e";
    events_ += ",\n" + render(flow);
  }
}

void TraceFile::finish() {
  name_threads();
  write();
}

// In the order in which they began to work, the command's own first.
void TraceFile::name_threads() {
  for (const auto& [thread, name] : threads_) {
    events_ += ",\n" +
               render(describe_thread(thread, "thread_name", {{"name", name}}));
    events_ += ",\n" + render(describe_thread(thread, "thread_sort_index",
                                              {{"sort_index", thread}}));
  }
}

void TraceFile::write() const {
  try {
    base::replace_file(
        path_,
        fmt::format("{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{}\n]}}\n",
                    events_));
  } catch (base::Error& error) {
    error.add_context("writing the trace");
    throw;
  }
}

}  // namespace cli
