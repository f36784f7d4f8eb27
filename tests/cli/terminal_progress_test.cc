#include "cli/terminal_progress.h"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>

#include "base/fd.h"

using Catch::Matchers::Contains;
using namespace std::chrono_literals;

namespace {

// What is written to standard error meanwhile.
std::string written_by(const std::function<void()>& work) {
  const base::Fd file(::memfd_create("stderr", MFD_CLOEXEC));
  const base::Fd before(::dup(STDERR_FILENO));
  ::dup2(file.get(), STDERR_FILENO);
  work();
  ::dup2(before.get(), STDERR_FILENO);
  std::string text(65536, '\0');
  text.resize(
      static_cast<std::size_t>(::pread(file.get(), text.data(), 65536, 0)));
  return text;
}

builder::Plan plan_of(std::size_t steps) {
  builder::Plan plan;
  plan.vertices.resize(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    plan.vertices[i].title = "RUN make " + std::to_string(i);
    plan.vertices[i].stage = "build";
    plan.vertices[i].step = i + 1;
    plan.vertices[i].steps_of_stage = steps;
  }
  return plan;
}

builder::CacheHit hit_of(std::chrono::sys_seconds recorded) {
  builder::CacheHit hit;
  hit.recorded = recorded;
  return hit;
}

}  // namespace

TEST_CASE("a step that was waited for says what it stands on, too",
          "[terminal_progress]") {
  const std::string text = written_by([] {
    cli::TerminalProgress progress({}, cli::Clock::now(), true);
    const builder::Plan plan = plan_of(1);
    progress.planned(plan);
    progress.started(0, plan.vertices[0]);
    progress.running(0, {});
    builder::CacheHit hit;
    hit.origin = "another build";
    hit.parts = {"key sha256:1"};
    progress.cached(0, hit);
    progress.finished({{"x"}, base::Digest::of("x")});
  });
  CHECK_THAT(text, Contains("from another build"));
  CHECK_THAT(text, Contains("key sha256:1"));
  CHECK_THAT(text, Contains("1 step cached"));
}

TEST_CASE("the summary counts what the cache gave in the end",
          "[terminal_progress]") {
  const auto now = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  const std::string text = written_by([now] {
    cli::TerminalProgress progress({}, cli::Clock::now());
    const builder::Plan plan = plan_of(3);
    progress.planned(plan);
    const auto start_all = [&] {
      for (std::size_t i = 0; i < 3; ++i) {
        progress.started(i, plan.vertices[i]);
      }
    };
    start_all();
    progress.running(0, {});
    builder::CacheHit elsewhere = hit_of(now - 72h);
    elsewhere.origin = "a cache that is lost then";
    progress.cached(0, elsewhere);
    progress.cached(1, hit_of(now - 48h));
    start_all();
    progress.running(0, {});
    progress.done(0, {});
    progress.cached(1, hit_of(now - 2h));
    progress.cached(2, hit_of(now - 3h));
    progress.finished({{"x"}, base::Digest::of("x")});
  });
  CHECK_THAT(text, Contains("1 of 3 steps run, 2 cached, oldest 3 hours ago"));
}
