#include "cli/build_recorder.h"

#include <algorithm>
#include <utility>

#include "cli/findings_text.h"

namespace cli {
namespace {

StepFacts facts_of(const builder::Vertex& vertex) {
  StepFacts step;
  step.stage = vertex.stage;
  step.title = vertex.title;
  step.step = vertex.step;
  step.steps_of_stage = vertex.steps_of_stage;
  step.line = vertex.range.start.line;
  step.parent = vertex.parent;
  step.needs = vertex.inputs;
  if (vertex.parent) step.needs.push_back(*vertex.parent);
  std::sort(step.needs.begin(), step.needs.end());
  step.needs.erase(std::unique(step.needs.begin(), step.needs.end()),
                   step.needs.end());
  if (const auto* base = std::get_if<builder::BaseOp>(&vertex.operation)) {
    step.base_layers = base->diff_ids;
  }
  return step;
}

}  // namespace

base::Digest StepFacts::layer() const {
  if (cost) return cost->layer;
  return hit ? hit->layer : base::Digest();
}

BuildRecorder::BuildRecorder(BuildProgress& next, Clock::time_point start)
    : ForwardingProgress(next), start_(start) {}

void BuildRecorder::found(const builder::LintReport& report) {
  facts_.lock()->findings = render_warnings(report);
  ForwardingProgress::found(report);
}

void BuildRecorder::planned(const builder::Plan& plan) {
  {
    const auto facts = facts_.lock();
    facts->planned = now();
    facts->target = plan.result;
    for (const builder::Vertex& vertex : plan.vertices) {
      facts->steps.push_back(facts_of(vertex));
    }
    facts->warnings.insert(facts->warnings.end(), plan.warnings.begin(),
                           plan.warnings.end());
  }
  ForwardingProgress::planned(plan);
}

void BuildRecorder::started(std::size_t number, const builder::Vertex& vertex) {
  {
    const auto facts = facts_.lock();
    StepFacts& step = facts->steps.at(number);
    // Not the first time where a cache was lost that had been counted on.
    step.state = StepFacts::State::looking;
    step.looked_up = now();
    step.started.reset();
    step.ended.reset();
    step.miss = {};
    step.hit.reset();
    step.cost.reset();
    step.error.clear();
  }
  ForwardingProgress::started(number, vertex);
}

void BuildRecorder::running(std::size_t number,
                            const builder::CacheMiss& miss) {
  {
    const auto facts = facts_.lock();
    StepFacts& step = facts->steps.at(number);
    step.state = StepFacts::State::running;
    step.started = now();
    step.miss = miss;
  }
  ForwardingProgress::running(number, miss);
}

void BuildRecorder::output(std::size_t number, runtime::Stream stream,
                           std::string_view bytes) {
  facts_.lock()->steps.at(number).log.append(bytes);
  ForwardingProgress::output(number, stream, bytes);
}

void BuildRecorder::cached(std::size_t number, const builder::CacheHit& hit) {
  {
    const auto facts = facts_.lock();
    StepFacts& step = facts->steps.at(number);
    step.state = StepFacts::State::cached;
    step.ended = now();
    step.hit = hit;
  }
  ForwardingProgress::cached(number, hit);
}

void BuildRecorder::done(std::size_t number, const builder::StepCost& cost) {
  {
    const auto facts = facts_.lock();
    StepFacts& step = facts->steps.at(number);
    step.state = StepFacts::State::done;
    step.ended = now();
    step.cost = cost;
  }
  ForwardingProgress::done(number, cost);
}

void BuildRecorder::failed(std::size_t number, const base::Error& error) {
  {
    const auto facts = facts_.lock();
    StepFacts& step = facts->steps.at(number);
    step.state = StepFacts::State::failed;
    step.ended = now();
    step.error = error.message();
  }
  ForwardingProgress::failed(number, error);
}

void BuildRecorder::warning(std::string_view text) {
  facts_.lock()->warnings.emplace_back(text);
  ForwardingProgress::warning(text);
}

void BuildRecorder::note(std::string_view text) {
  facts_.lock()->notes.emplace_back(text);
  ForwardingProgress::note(text);
}

void BuildRecorder::exporting(std::string_view output) {
  {
    const auto facts = facts_.lock();
    end_output(*facts);
    facts->outputs.push_back({std::string(output), now(), std::nullopt});
  }
  ForwardingProgress::exporting(output);
}

void BuildRecorder::finished(const BuildEnd& end) {
  end_output(*facts_.lock());
  ForwardingProgress::finished(end);
}

void BuildRecorder::end_output(BuildFacts& facts) const {
  if (!facts.outputs.empty() && !facts.outputs.back().ended) {
    facts.outputs.back().ended = now();
  }
}

BuildFacts BuildRecorder::take() { return std::exchange(*facts_.lock(), {}); }

}  // namespace cli
