#include "builder/explain.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "builder/key_text.h"
#include "builder/layer_builder.h"
#include "builder/main_context.h"
#include "builder/project_name.h"
#include "builder/stage_names.h"
#include "builder/store_images.h"

namespace builder {
namespace {

using State = ExplainedStep::State;

// A layout's image would come into the store.
class ImagesToLookAt : public StoreImages {
 public:
  using StoreImages::StoreImages;
  ResolvedImage read_layout(const LayoutImage& wanted) override {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("the image layout {} can be built on, not "
                                  "looked at",
                                  wanted.directory.native()))
        .hint("load it first, and name the image");
  }
};

class Explainer {
 public:
  Explainer(const Plan& plan, LayerBuilder& layers, LastBuild& last_build,
            store::Store& store)
      : plan_(plan),
        layers_(layers),
        last_build_(last_build),
        store_(store),
        snapshots_(plan.vertices.size()),
        undecided_(plan.vertices.size()) {}

  // Vertices come after what they stand on.
  std::vector<ExplainedStep> run() {
    std::vector<ExplainedStep> steps;
    for (std::size_t i = 0; i < plan_.vertices.size(); ++i) {
      steps.push_back(explain_step(i));
    }
    return steps;
  }

 private:
  ExplainedStep explain_step(std::size_t number) {
    const Vertex& vertex = plan_.vertices[number];
    ExplainedStep step;
    step.number = number + 1;
    step.place = render_place(vertex);
    step.title = vertex.title;
    step.stage = vertex.stage;
    step.step = vertex.step;
    step.steps_of_stage = vertex.steps_of_stage;
    step.first_line = vertex.range.start.line;
    step.last_line = vertex.range.end.line;
    const auto below = find_undecided(vertex);
    if (below && vertex.is_uncached) {
      step.reasons.emplace_back(name_uncached(plan_));
      undecided_[number] = number;
      return step;
    }
    if (below) {
      step.state = State::depends;
      step.below = name_of(*below);
      undecided_[number] = below;
      return step;
    }
    look_up(number, step);
    if (const auto key = last_build_.find_key(number)) {
      step.key = list_key(vertex, *key);
    }
    return step;
  }

  // The first step of all that it needs whose result is not known.
  std::optional<std::size_t> find_undecided(const Vertex& vertex) const {
    if (vertex.parent && undecided_[*vertex.parent]) {
      return undecided_[*vertex.parent];
    }
    for (const std::size_t input : vertex.inputs) {
      if (undecided_[input]) return undecided_[input];
    }
    return std::nullopt;
  }

  std::string name_of(std::size_t number) const {
    const Vertex& vertex = plan_.vertices[number];
    return vertex.step == 0 ? vertex.title : render_place(vertex);
  }

  void look_up(std::size_t number, ExplainedStep& step) {
    const Vertex& vertex = plan_.vertices[number];
    StepInputs inputs;
    if (vertex.parent) inputs.parent = snapshots_[*vertex.parent];
    for (const std::size_t input : vertex.inputs) {
      inputs.trees.push_back(&snapshots_[input]);
    }
    Lookup found = layers_.find(number, vertex, inputs);
    if (auto* result = std::get_if<StepResult>(&found)) {
      const bool is_base = std::holds_alternative<BaseOp>(vertex.operation);
      step.state = is_base ? State::base : State::cached;
      step.hit = std::move(*result->hit);
      snapshots_[number] = std::move(result->snapshot);
      if (!is_base) step.size_bytes = top_size(snapshots_[number]);
      return;
    }
    step.reasons = std::get<CacheMiss>(found).parts;
    undecided_[number] = number;
    if (!asks_server(vertex.operation) || vertex.is_uncached) return;
    step.state = State::asks_server;
    // A file is found by its address: what follows is told for the case that
    // the server has no other.
    const CacheKey key(vertex.operation, Snapshot().content());
    const auto record = store_.cache().find(key.digest());
    if (!record || !store_.layers().look(record->diff_id)) return;
    snapshots_[number].layers = {{record->diff_id, record->stable_digest}};
    step.hit = {record->recorded, record->elapsed};
    undecided_[number].reset();
  }

  std::uint64_t top_size(const Snapshot& snapshot) const {
    if (snapshot.layers.empty()) return 0;
    const auto layer = store_.layers().look(snapshot.layers.back().diff_id);
    return layer ? layer->file_bytes : 0;
  }

  const Plan& plan_;
  LayerBuilder& layers_;
  LastBuild& last_build_;
  store::Store& store_;
  std::vector<Snapshot> snapshots_;
  // For each whose result is not known the first that it hangs on.
  std::vector<std::optional<std::size_t>> undecided_;
};

}  // namespace

std::vector<ExplainedStep> explain(const BuildOptions& options,
                                   store::Store& store,
                                   runtime::Executor& executor,
                                   Progress& progress, std::stop_token stop) {
  if (!options.cache_from.empty()) {
    throw base::Error(base::ErrorKind::unsupported,
                      "explain looks in this store alone, and not into caches "
                      "of --cache-from")
        .hint(
            "leave it out, or bring the cache in with \"strake cache import\"");
  }
  MainContext main = look_at_main_context(
      {options.context, options.file, options.ignore_file,
       options.credentials.secrets, options.plan.build_args, options.servers});
  const SourceFile file =
      parse_source(main.dockerfile.name, main.dockerfile.text);
  Lint lint(file, options.plan.build_args, &main.ignore.rules);
  const NamedContexts named(options.named_contexts);
  ImagesToLookAt images(store, stop, options.trace);
  const Plan plan = make_plan(file, options.plan, images, lint, named);
  check_stage_names(file, options.fail_on_miss);
  for (const std::string& text : plan.warnings) progress.warning(text);

  BuildContexts contexts(named, store.file_digests(), stop, options.trace);
  LastBuild last_build(store, file, plan, name_project(options, main));
  contexts.add_main(std::move(main.directory), std::move(main.ignore));
  StepNetworks networks(0, [](std::string_view) {});
  const runtime::RootForm root_form = runtime::RootForm::overlay;
  ExecEnvironment environment{
      store,     contexts, executor,       options.credentials,
      root_form, networks, options.servers};
  environment.trace = options.trace;
  LayerBuilderOptions looking{{}, last_build, {}, {}};
  looking.explains = true;
  looking.writes = false;
  LayerBuilder layers(file, environment, progress, std::move(looking));
  layers.check(plan);
  return Explainer(plan, layers, last_build, store).run();
}

}  // namespace builder
