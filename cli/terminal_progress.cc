#include "cli/terminal_progress.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "cli/clean_text.h"
#include "cli/findings_text.h"
#include "cli/step_usage.h"
#include "cli/table.h"

namespace cli {
namespace {

constexpr std::chrono::milliseconds kTick{100};
// Works that are no vertices have numbers that no vertex has.
constexpr std::size_t kExport = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kReading = kExport - 1;

}  // namespace

TerminalProgress::TerminalProgress(Terminal terminal, Clock::time_point start,
                                   bool explains)
    : terminal_(terminal), start_(start), explains_(explains) {}

TerminalProgress::~TerminalProgress() {
  stop_drawing();
  {
    const auto state = state_.lock();
    state->works.clear();
    state->untold.clear();
  }
  draw();
}

void TerminalProgress::found(const builder::LintReport& report) {
  const auto state = state_.lock();
  for (const std::string& warning : render_warnings(report)) {
    std::string_view text = warning;
    const std::size_t end = text.find('\n');
    state->lasting.push_back(
        render_warning(std::string(text.substr(0, end)), terminal_.screen()));
    while (text.find('\n') != std::string_view::npos) {
      text.remove_prefix(text.find('\n') + 1);
      state->lasting.emplace_back(text.substr(0, text.find('\n')));
    }
  }
}

void TerminalProgress::planned(const builder::Plan& plan) {
  state_.lock()->steps = plan.vertices.size();
  for (const std::string& text : plan.warnings) warning(text);
}

void TerminalProgress::started(std::size_t number,
                               const builder::Vertex& vertex) {
  Work work;
  work.place = builder::render_place(vertex);
  work.title = clean_line(vertex.title);
  work.start = Clock::now();
  const auto state = state_.lock();
  end_reading(*state);
  // Again, where a cache was lost amid the build.
  if (state->works.contains(number)) take_work(*state, number);
  state->found.erase(number);
  state->untold.erase(number);
  state->works[number] = std::move(work);
}

void TerminalProgress::reading(std::size_t files, std::uint64_t bytes) {
  show_reading("reading files",
               fmt::format("reading {} file{} of the build context, {}", files,
                           files == 1 ? "" : "s", render_size(bytes)));
}

void TerminalProgress::fetching(std::size_t layers, std::uint64_t bytes,
                                std::string_view origin) {
  show_reading("fetching layers",
               fmt::format("fetching {} layer{}, {}, from {}", layers,
                           layers == 1 ? "" : "s", render_size(bytes),
                           clean_line(origin)));
}

// `summary` is what its time is called at the end.
void TerminalProgress::show_reading(std::string summary, std::string title) {
  Work work;
  work.title = std::move(title);
  {
    const auto state = state_.lock();
    end_reading(*state);
    state->reading = std::move(summary);
    run_work(*state, state->works[kReading] = std::move(work));
  }
  start_drawing();
}

// It leaves no line, but its part of the time.
void TerminalProgress::end_reading(State& state) {
  if (!state.works.contains(kReading)) return;
  const Work work = take_work(state, kReading);
  state.over.push_back({state.reading, Clock::now() - work.start});
}

void TerminalProgress::running(std::size_t number,
                               const builder::CacheMiss& miss) {
  {
    const auto state = state_.lock();
    end_reading(*state);
    Work& work = state->works[number];
    if (!miss.reason.empty()) work.reasons.push_back(clean_line(miss.reason));
    for (std::size_t i = 1; explains_ && i < miss.parts.size(); ++i) {
      work.reasons.push_back(clean_line(miss.parts[i]));
    }
    run_work(*state, work);
  }
  start_drawing();
}

void TerminalProgress::run_work(State& state, Work& work) {
  work.start = Clock::now();
  work.is_running = true;
  if (state.running++ == 0) state.busy_since = work.start;
}

void TerminalProgress::output(std::size_t number, runtime::Stream stream,
                              std::string_view bytes) {
  const auto state = state_.lock();
  Work& work = state->works[number];
  work.lines[static_cast<std::size_t>(stream)].append(
      bytes, [&work](std::string line) {
        work.tail.push_back(std::move(line));
        if (work.tail.size() > kMaxTailLines) work.tail.pop_front();
      });
}

void TerminalProgress::cached(std::size_t number,
                              const builder::CacheHit& hit) {
  const auto state = state_.lock();
  end_reading(*state);
  const bool is_new = state->found.emplace(number, hit.recorded).second;
  if (!hit.origin.empty() && state->works.at(number).is_running) {
    // What was waited for took its time.
    end_work(*state, number, WorkEnd::done, "from " + clean_line(hit.origin));
  } else {
    const Work work = take_work(*state, number);
    if (!is_new) return;
    if (!explains_) {
      state->untold.insert(number);
      return;
    }
    tell_hit(*state, work, hit);
  }
  if (!explains_) return;
  for (const std::string& part : hit.parts) {
    state->lasting.push_back(
        render_below("  " + clean_line(part), terminal_.screen()));
  }
}

void TerminalProgress::tell_hit(State& state, const Work& work,
                                const builder::CacheHit& hit) const {
  const bool has_age = hit.recorded.time_since_epoch().count() != 0;
  state.lasting.push_back(
      render_below(fmt::format("{} {}: cached{}", work.place, work.title,
                               has_age ? ", " + render_age(hit.recorded) : ""),
                   terminal_.screen()));
}

void TerminalProgress::done(std::size_t number, const builder::StepCost& cost) {
  const bool is_worth_it = cost.usage && is_notable(*cost.usage);
  end_work(*state_.lock(), number, WorkEnd::done,
           is_worth_it ? render_usage(*cost.usage) : "");
}

// The error itself, with the step's last lines, is reported when the build has
// come to its end.
void TerminalProgress::failed(std::size_t number, const base::Error&) {
  end_work(*state_.lock(), number, WorkEnd::failed);
}

TerminalProgress::Work TerminalProgress::take_work(State& state,
                                                   std::size_t number) {
  Work work = std::move(state.works.extract(number).mapped());
  if (work.is_running && --state.running == 0) {
    state.busy += Clock::now() - state.busy_since;
  }
  return work;
}

void TerminalProgress::end_work(State& state, std::size_t number, WorkEnd end,
                                const std::string& note) const {
  end_reading(state);
  const Work work = take_work(state, number);
  const auto now = Clock::now();
  tell_cached(state);
  const std::string title =
      work.place.empty() ? work.title : work.place + " " + work.title;
  std::vector<std::string> notes = {note};
  if (!work.reasons.empty()) notes.insert(notes.begin(), work.reasons.front());
  state.lasting.push_back(
      render_over(end, now - work.start, title, notes, terminal_.screen()));
  if (explains_ && work.reasons.size() > 1) {
    tell_reasons(state, work);
  } else if (!work.reasons.empty() &&
             !fits_behind(title, work.reasons.front(), terminal_.screen())) {
    state.lasting.push_back(
        render_below(work.reasons.front(), terminal_.screen()));
  }
  state.over.push_back({work.title, now - work.start});
}

void TerminalProgress::tell_reasons(State& state, const Work& work) const {
  for (const std::string& reason : work.reasons) {
    state.lasting.push_back(
        render_below("because " + reason, terminal_.screen()));
  }
}

void TerminalProgress::tell_cached(State& state) const {
  if (state.untold.empty()) return;
  state.lasting.push_back(
      render_cached(state.untold.size(), terminal_.screen()));
  state.untold.clear();
}

std::chrono::sys_seconds TerminalProgress::find_oldest(const State& state) {
  std::chrono::sys_seconds oldest{};
  for (const auto& [number, recorded] : state.found) {
    const bool has_age = recorded.time_since_epoch().count() != 0;
    const bool is_first = oldest.time_since_epoch().count() == 0;
    if (has_age && (is_first || recorded < oldest)) oldest = recorded;
  }
  return oldest;
}

void TerminalProgress::warning(std::string_view text) {
  state_.lock()->lasting.push_back(
      render_warning(clean_text(text), terminal_.screen()));
}

void TerminalProgress::note(std::string_view text) {
  state_.lock()->lasting.push_back(clean_text(text));
}

void TerminalProgress::exporting(std::string_view output) {
  end_exporting();
  Work work;
  work.title = "writing " + clean_line(output);
  {
    const auto state = state_.lock();
    run_work(*state, state->works[kExport] = std::move(work));
  }
  start_drawing();
}

void TerminalProgress::end_exporting() {
  const auto state = state_.lock();
  if (state->works.contains(kExport)) {
    end_work(*state, kExport, WorkEnd::done);
  }
}

void TerminalProgress::finished(const BuildEnd& end) {
  end_exporting();
  end_reading(*state_.lock());
  stop_drawing();
  {
    const auto state = state_.lock();
    // Where all are cached, the summary says so.
    if (state->found.size() < state->steps) tell_cached(*state);
    state->untold.clear();
    for (std::string& line : render_summary(
             {end, state->steps, state->found.size(), Clock::now() - start_,
              state->busy, state->over, find_oldest(*state)},
             terminal_.screen())) {
      state->lasting.push_back(std::move(line));
    }
  }
  draw();
}

FrameState TerminalProgress::frame_of(const State& state) {
  FrameState frame;
  frame.cached = state.untold.size();
  for (const auto& [number, work] : state.works) {
    if (!work.is_running) continue;
    RunningWork shown{
        work.place.empty() ? work.title : work.place + " " + work.title,
        work.start,
        {work.tail.begin(), work.tail.end()},
        work.reasons.empty() ? "" : work.reasons.front()};
    for (const LineBuffer& lines : work.lines) {
      if (lines.has_partial()) shown.tail.push_back(lines.partial());
    }
    frame.running.push_back(std::move(shown));
  }
  return frame;
}

void TerminalProgress::start_drawing() {
  if (drawing_.joinable()) return;
  drawing_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      draw();
      std::unique_lock lock(tick_mutex_);
      tick_.wait_for(lock, stop, kTick, [] { return false; });
    }
  });
}

void TerminalProgress::stop_drawing() {
  if (!drawing_.joinable()) return;
  drawing_.request_stop();
  drawing_.join();
}

void TerminalProgress::draw() {
  const auto region = region_.lock();
  std::vector<std::string> lasting;
  FrameState frame;
  {
    const auto state = state_.lock();
    lasting.swap(state->lasting);
    frame = frame_of(*state);
  }
  const Screen screen = terminal_.screen();
  write_to_stderr(region->update(
      lasting, render_frame(frame, screen, Clock::now()), screen.columns));
}

}  // namespace cli
