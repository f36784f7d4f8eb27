// The scheduler, with steps that only remember that they ran.
#include "builder/solve.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <latch>
#include <thread>

#include "builder/step_error.h"
#include "fakes.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using builder::Plan;
using builder::StepInputs;
using builder::StepResult;
using builder::Vertex;

namespace {

// A vertex that stands on `parent` and reads `inputs`.
Vertex vertex(std::optional<std::size_t> parent,
              std::vector<std::size_t> inputs = {}) {
  Vertex made;
  made.operation = builder::WorkDirOp{"/", ""};
  made.parent = parent;
  made.inputs = std::move(inputs);
  return made;
}

Plan plan_with(std::vector<Vertex> vertices) {
  Plan plan;
  plan.vertices = std::move(vertices);
  return plan;
}

StepResult result_of(std::size_t number, const StepInputs& inputs) {
  StepResult result;
  result.snapshot = inputs.parent;
  const auto id = base::Digest::of(std::to_string(number));
  result.snapshot.layers.push_back({id, id});
  return result;
}

class FakeRunner : public builder::StepRunner {
 public:
  builder::Lookup find(std::size_t number, const Vertex&,
                       const StepInputs& inputs) override {
    finders.push_back(std::this_thread::get_id());
    found_layers.push_back(inputs.parent.layers.size());
    if (on_find) on_find(number);
    if (!cached.contains(number)) return builder::CacheMiss();
    StepResult result = result_of(number, inputs);
    result.hit.emplace();
    return result;
  }

  StepResult run(std::size_t number, const Vertex&, const StepInputs& inputs,
                 std::stop_token stop) override {
    {
      const std::lock_guard lock(mutex);
      ran.push_back(number);
      runners.insert(std::this_thread::get_id());
      trees[number] = inputs.trees.size();
    }
    if (on_run) on_run(number, stop);
    StepResult result = result_of(number, inputs);
    if (unchanged.contains(number)) result.hit.emplace();
    return result;
  }

  std::set<std::size_t> cached;
  std::set<std::size_t> unchanged;  // which only run() finds out
  std::function<void(std::size_t)> on_find;
  std::function<void(std::size_t, const std::stop_token&)> on_run;

  std::vector<std::thread::id> finders;
  std::vector<std::size_t> found_layers;
  std::mutex mutex;
  std::vector<std::size_t> ran;
  std::set<std::thread::id> runners;
  std::map<std::size_t, std::size_t> trees;
};

// Blocks until somebody asks the step to stop, as a running process would.
[[noreturn]] void wait_for_stop(const std::stop_token& stop) {
  std::latch stopped(1);
  const std::stop_callback callback(stop, [&] { stopped.count_down(); });
  stopped.wait();
  throw base::Error(ErrorKind::cancelled, "stopped");
}

std::vector<StepResult> solve(const Plan& plan, FakeRunner& runner,
                              tests::RecordingProgress& progress,
                              const std::stop_token& stop = {}) {
  return builder::solve(plan, runner, progress, stop);
}

}  // namespace

TEST_CASE("steps run after what they stand on, with its layers", "[solve]") {
  const Plan plan = plan_with({vertex({}), vertex(0), vertex(1)});
  FakeRunner runner;
  tests::RecordingProgress progress;
  const auto results = solve(plan, runner, progress);
  CHECK(runner.ran == std::vector<std::size_t>{0, 1, 2});
  CHECK(runner.found_layers == std::vector<std::size_t>{0, 1, 2});
  CHECK(results[2].snapshot.layers.size() == 3);
  CHECK(progress.events == std::vector<std::string>{
                               "start 0", "run 0", "done 0", "start 1", "run 1",
                               "done 1", "start 2", "run 2", "done 2"});
}

TEST_CASE("a step waits for all it reads and is handed it in order",
          "[solve]") {
  const Plan plan = plan_with({vertex({}), vertex({}), vertex(0, {1, 0})});
  FakeRunner runner;
  tests::RecordingProgress progress;
  solve(plan, runner, progress);
  CHECK(runner.ran.back() == 2);
  CHECK(runner.trees.at(2) == 2);
}

TEST_CASE("progress is told the layer that each step put on top", "[solve]") {
  Plan plan = plan_with({vertex({}), vertex(0), vertex(1), vertex(2)});
  plan.vertices[0].operation = builder::BaseOp();
  FakeRunner runner;
  runner.cached = {0, 1};
  runner.unchanged = {2};
  tests::RecordingProgress progress;
  solve(plan, runner, progress);
  CHECK_FALSE(progress.layers.at(0).is_set());
  for (const std::size_t i : {1U, 2U, 3U}) {
    CHECK(progress.layers.at(i) == base::Digest::of(std::to_string(i)));
  }
}

TEST_CASE("a build that only hits starts no thread", "[solve]") {
  const Plan plan = plan_with({vertex({}), vertex(0), vertex({}), vertex(2)});
  FakeRunner runner;
  runner.cached = {0, 1, 2, 3};
  tests::RecordingProgress progress;
  const auto results = solve(plan, runner, progress);
  CHECK(runner.ran.empty());
  for (const auto id : runner.finders) CHECK(id == std::this_thread::get_id());
  for (const auto& result : results) CHECK(result.is_cached());
  CHECK(progress.events.size() == 8);
}

TEST_CASE("what a running step finds unchanged counts as cached",
          "[solve][D389][D399]") {
  const Plan plan = plan_with({vertex({})});
  FakeRunner runner;
  runner.unchanged = {0};
  tests::RecordingProgress progress;
  CHECK(solve(plan, runner, progress)[0].is_cached());
  CHECK(progress.events ==
        std::vector<std::string>{"start 0", "run 0", "cached 0"});
}

TEST_CASE("the cache is asked by the caller's thread alone", "[solve]") {
  const Plan plan = plan_with({vertex({}), vertex(0), vertex(1)});
  FakeRunner runner;
  tests::RecordingProgress progress;
  solve(plan, runner, progress);
  for (const auto id : runner.finders) CHECK(id == std::this_thread::get_id());
  CHECK_FALSE(runner.runners.contains(std::this_thread::get_id()));
}

TEST_CASE("independent steps run at the same time", "[solve][D173]") {
  const Plan plan = plan_with({vertex({}), vertex({}), vertex(0, {1})});
  FakeRunner runner;
  std::latch both(2);
  runner.on_run = [&](std::size_t number, const std::stop_token&) {
    // Passes only when the other one runs as well.
    if (number < 2) both.arrive_and_wait();
  };
  tests::RecordingProgress progress;
  solve(plan, runner, progress);
  CHECK(runner.ran.size() == 3);
}

TEST_CASE("a hit beside a running step lets what follows it start",
          "[solve][D173]") {
  const Plan plan = plan_with({vertex({}), vertex({}), vertex(1)});
  FakeRunner runner;
  runner.cached = {1};
  std::latch both(2);
  runner.on_run = [&](std::size_t, const std::stop_token&) {
    both.arrive_and_wait();
  };
  tests::RecordingProgress progress;
  solve(plan, runner, progress);
  CHECK(runner.ran.size() == 2);
}

TEST_CASE("the first failure stops the others and is what is thrown",
          "[solve][D321]") {
  const Plan plan = plan_with({vertex({}), vertex({}), vertex(0), vertex(1)});
  FakeRunner runner;
  std::latch both(2);
  runner.on_run = [&](std::size_t number, const std::stop_token& stop) {
    both.arrive_and_wait();
    if (number == 0) wait_for_stop(stop);
    throw base::Error(ErrorKind::step_failed, "exit code 1");
  };
  tests::RecordingProgress progress;
  CHECK_THROWS_MATCHES(solve(plan, runner, progress), base::Error,
                       tests::HasKind(ErrorKind::step_failed, "exit code 1"));
  CHECK(runner.ran.size() == 2);
  CHECK(std::count(progress.events.begin(), progress.events.end(),
                   "failed 1: exit code 1") == 1);
  // The step that had to stop has not failed.
  CHECK(progress.events.size() == 5);
}

TEST_CASE("a failing look-up fails the build as a step does", "[solve]") {
  const Plan plan = plan_with({vertex({}), vertex(0)});
  FakeRunner runner;
  runner.on_find = [](std::size_t number) {
    if (number == 1) throw base::Error(ErrorKind::not_found, "no such file");
  };
  tests::RecordingProgress progress;
  CHECK_THROWS_MATCHES(solve(plan, runner, progress), base::Error,
                       tests::HasKind(ErrorKind::not_found, "no such file"));
  CHECK(progress.events.back() == "failed 1: no such file");
}

TEST_CASE("what a look-up knows of a later step is that step's failure",
          "[solve]") {
  const Plan plan = plan_with({vertex({}), vertex(0), vertex(1)});
  FakeRunner runner;
  runner.on_find = [](std::size_t number) {
    if (number == 1) {
      throw builder::StepError(
          2, base::Error(ErrorKind::not_found, "no such secret"));
    }
  };
  tests::RecordingProgress progress;
  CHECK_THROWS_MATCHES(solve(plan, runner, progress), base::Error,
                       tests::HasKind(ErrorKind::not_found, "no such secret"));
  CHECK(progress.events.back() == "failed 2: no such secret");
}

TEST_CASE("what is not our Error still ends the build", "[solve]") {
  const Plan plan = plan_with({vertex({}), vertex(0)});
  FakeRunner runner;
  runner.on_run = [](std::size_t, const std::stop_token&) {
    throw std::bad_alloc();
  };
  tests::RecordingProgress progress;
  CHECK_THROWS_AS(solve(plan, runner, progress), std::bad_alloc);
  CHECK(runner.ran == std::vector<std::size_t>{0});
}

TEST_CASE("a request to stop reaches running steps and starts no more",
          "[solve]") {
  const Plan plan = plan_with({vertex({}), vertex({}), vertex(0)});
  FakeRunner runner;
  std::stop_source stop;
  std::latch both(2);
  runner.on_run = [&](std::size_t number, const std::stop_token& token) {
    both.arrive_and_wait();
    if (number == 0) stop.request_stop();
    wait_for_stop(token);
  };
  tests::RecordingProgress progress;
  CHECK_THROWS_MATCHES(solve(plan, runner, progress, stop.get_token()),
                       base::Error, tests::HasKind(ErrorKind::cancelled));
  CHECK(runner.ran.size() == 2);
  CHECK(progress.events.size() == 4);
}

TEST_CASE("a build that is stopped before it starts runs nothing", "[solve]") {
  const Plan plan = plan_with({vertex({})});
  FakeRunner runner;
  std::stop_source stop;
  stop.request_stop();
  tests::RecordingProgress progress;
  CHECK_THROWS_MATCHES(solve(plan, runner, progress, stop.get_token()),
                       base::Error, tests::HasKind(ErrorKind::cancelled));
  CHECK(runner.finders.empty());
}

TEST_CASE("a stop during the last hit is not taken for success", "[solve]") {
  const Plan plan = plan_with({vertex({}), vertex(0)});
  FakeRunner runner;
  runner.cached = {0, 1};
  std::stop_source stop;
  runner.on_find = [&](std::size_t number) {
    if (number == 0) stop.request_stop();
  };
  tests::RecordingProgress progress;
  CHECK_THROWS_MATCHES(solve(plan, runner, progress, stop.get_token()),
                       base::Error, tests::HasKind(ErrorKind::cancelled));
}

TEST_CASE("an empty plan is solved", "[solve]") {
  FakeRunner runner;
  tests::RecordingProgress progress;
  CHECK(solve(Plan(), runner, progress).empty());
}

TEST_CASE("many steps in many chains all run once", "[solve]") {
  std::vector<Vertex> vertices;
  for (std::size_t chain = 0; chain < 8; ++chain) {
    vertices.push_back(vertex({}));
    for (std::size_t i = 1; i < 20; ++i) {
      vertices.push_back(vertex(vertices.size() - 1));
    }
  }
  std::vector<std::size_t> ends;
  for (std::size_t i = 19; i < 160; i += 20) ends.push_back(i);
  vertices.push_back(vertex({}, ends));
  FakeRunner runner;
  tests::RecordingProgress progress;
  const auto results = solve(plan_with(std::move(vertices)), runner, progress);
  CHECK(std::set(runner.ran.begin(), runner.ran.end()).size() == 161);
  CHECK(runner.ran.size() == 161);
  CHECK(runner.ran.back() == 160);
  CHECK(results[159].snapshot.layers.size() == 20);
}
