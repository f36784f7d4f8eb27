// Progress that is drawn anew in place: running steps with their last lines and
// the time they take, what is over above them (progress_frame.h).
//
// The callers' threads only note what they are told. A thread of our own draws
// a frame at most ten times a second, and none when it would be the same. It
// starts with the first step that the cache does not have, so a build of hits
// has no thread and draws once: its end.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "cli/build_progress.h"
#include "cli/line_buffer.h"
#include "cli/live_region.h"
#include "cli/progress_frame.h"
#include "cli/progress_summary.h"
#include "cli/terminal.h"

namespace cli {

class TerminalProgress : public BuildProgress {
 public:
  // `start` is when the command started.
  TerminalProgress(Terminal terminal, Clock::time_point start,
                   bool explains = false);
  // Takes running steps off the screen and shows the cursor again.
  ~TerminalProgress() override;
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;

  void found(const builder::LintReport& report) override;
  void planned(const builder::Plan& plan) override;
  void reading(std::size_t files, std::uint64_t bytes) override;
  void fetching(std::size_t layers, std::uint64_t bytes,
                std::string_view origin) override;
  void started(std::size_t number, const builder::Vertex& vertex) override;
  void running(std::size_t number, const builder::CacheMiss& miss) override;
  void output(std::size_t number, runtime::Stream stream,
              std::string_view bytes) override;
  void cached(std::size_t number, const builder::CacheHit& hit) override;
  void done(std::size_t number, const builder::StepCost& cost) override;
  void failed(std::size_t number, const base::Error& error) override;
  void warning(std::string_view text) override;
  void note(std::string_view text) override;
  void exporting(std::string_view output) override;
  void finished(const BuildEnd& end) override;

 private:
  struct Work {
    std::string place;  // "[build 2/5]"
    std::string title;  // "RUN make"
    Clock::time_point start;
    bool is_running = false;
    std::array<LineBuffer, 2> lines;  // by stream
    std::deque<std::string> tail;
    std::vector<std::string> reasons;  // why it runs, the first one first
  };
  struct State {
    std::map<std::size_t, Work> works;  // not over yet
    std::string reading;                // "reading files"
    std::size_t steps = 0;
    // In a cache, by number, and when it was made; the epoch where unknown.
    std::map<std::size_t, std::chrono::sys_seconds> found;
    std::set<std::size_t> untold;  // of those
    std::size_t running = 0;
    Clock::time_point busy_since;
    std::chrono::nanoseconds busy{};
    std::vector<TimedWork> over;
    std::vector<std::string> lasting;  // lines to be drawn above the frame
  };
  void tell_reasons(State& state, const Work& work) const;
  static void run_work(State& state, Work& work);
  static Work take_work(State& state, std::size_t number);
  void show_reading(std::string summary, std::string title);
  static void end_reading(State& state);
  void end_work(State& state, std::size_t number, WorkEnd end,
                const std::string& note = {}) const;
  void tell_cached(State& state) const;
  void tell_hit(State& state, const Work& work,
                const builder::CacheHit& hit) const;
  static std::chrono::sys_seconds find_oldest(const State& state);
  static FrameState frame_of(const State& state);
  void end_exporting();
  void start_drawing();
  void stop_drawing();
  void draw();

  const Terminal terminal_;
  const Clock::time_point start_;
  const bool explains_;
  base::Guarded<State> state_;
  // Held while drawing, so that frames come in order. Whoever holds it may take
  // state_, never the other way round: a slow terminal stops no step.
  base::Guarded<LiveRegion> region_;
  std::mutex tick_mutex_;
  std::condition_variable_any tick_;
  std::jthread drawing_;
};

}  // namespace cli
