#include "cli/build_recorder.h"

#include <catch2/catch.hpp>

#include "silent_progress.h"

using cli::BuildFacts;
using cli::BuildRecorder;
using cli::StepFacts;

namespace {

builder::Plan plan_of(std::size_t steps) {
  builder::Plan plan;
  plan.vertices.resize(steps);
  for (std::size_t i = 1; i < steps; ++i) {
    plan.vertices[i].parent = i - 1;
    plan.vertices[i].inputs = {0, i - 1};
  }
  plan.result = steps - 1;
  return plan;
}

builder::CacheHit hit_of(std::string_view layer) {
  builder::CacheHit hit;
  hit.layer = base::Digest::of(layer);
  return hit;
}

builder::StepCost cost_of(std::string_view layer) {
  builder::StepCost cost;
  cost.layer = base::Digest::of(layer);
  return cost;
}

}  // namespace

TEST_CASE("a recorder notes what became of each step", "[build_recorder]") {
  tests::SilentProgress shown;
  BuildRecorder recorder(shown, BuildRecorder::Clock::now());
  const builder::Plan plan = plan_of(4);
  recorder.planned(plan);
  recorder.started(0, plan.vertices[0]);
  recorder.cached(0, hit_of("a"));
  recorder.started(1, plan.vertices[1]);
  recorder.running(1, {"f changed", {"f changed", "g changed"}});
  recorder.output(1, runtime::Stream::standard_output, "hello\n");
  recorder.done(1, cost_of("b"));
  recorder.started(2, plan.vertices[2]);
  recorder.running(2, {});
  recorder.failed(2, base::Error(base::ErrorKind::step_failed, "exit code 9"));
  recorder.warning("beware");
  recorder.note("noted");
  CHECK(shown.told == 12);

  const BuildFacts facts = recorder.take();
  REQUIRE(facts.steps.size() == 4);
  CHECK(facts.target == 3);
  CHECK(facts.steps[0].state == StepFacts::State::cached);
  CHECK(facts.steps[0].layer() == base::Digest::of("a"));
  CHECK(facts.steps[1].state == StepFacts::State::done);
  CHECK(facts.steps[1].miss.parts.size() == 2);
  CHECK(facts.steps[1].log.parts().head == "hello\n");
  CHECK(facts.steps[1].layer() == base::Digest::of("b"));
  CHECK(facts.steps[1].needs == std::vector<std::size_t>{0});
  CHECK(facts.steps[1].started <= facts.steps[1].ended);
  CHECK(facts.steps[2].state == StepFacts::State::failed);
  CHECK(facts.steps[2].error == "exit code 9");
  CHECK(facts.steps[2].needs == std::vector<std::size_t>{0, 1});
  CHECK(facts.steps[3].state == StepFacts::State::waiting);
  CHECK_FALSE(facts.steps[3].looked_up);
  CHECK(facts.warnings == std::vector<std::string>{"beware"});
  CHECK(facts.notes == std::vector<std::string>{"noted"});
}

TEST_CASE("of a step that starts again only the last turn counts",
          "[build_recorder]") {
  tests::SilentProgress shown;
  BuildRecorder recorder(shown, BuildRecorder::Clock::now());
  const builder::Plan plan = plan_of(2);
  recorder.planned(plan);
  // Found, and lost with its cache; and the other way round.
  recorder.started(0, plan.vertices[0]);
  recorder.cached(0, hit_of("lost"));
  recorder.started(1, plan.vertices[1]);
  recorder.running(1, {"no such step before", {"no such step before"}});
  recorder.done(1, cost_of("made"));
  recorder.started(0, plan.vertices[0]);
  recorder.running(0, {});
  recorder.done(0, cost_of("own"));
  recorder.started(1, plan.vertices[1]);
  recorder.cached(1, hit_of("found"));

  const BuildFacts facts = recorder.take();
  CHECK_FALSE(facts.steps[0].hit);
  CHECK(facts.steps[0].layer() == base::Digest::of("own"));
  CHECK_FALSE(facts.steps[1].cost);
  CHECK(facts.steps[1].miss.reason.empty());
  CHECK_FALSE(facts.steps[1].started);
  CHECK(facts.steps[1].layer() == base::Digest::of("found"));
}

TEST_CASE("an output ends where the next begins or the build does",
          "[build_recorder]") {
  tests::SilentProgress shown;
  BuildRecorder recorder(shown, BuildRecorder::Clock::now());
  recorder.exporting("oci to a");
  recorder.exporting("tar to b");
  recorder.finished({});
  const BuildFacts facts = recorder.take();
  REQUIRE(facts.outputs.size() == 2);
  CHECK(facts.outputs[0].title == "oci to a");
  CHECK(facts.outputs[0].ended);
  CHECK(facts.outputs[1].ended);
}
