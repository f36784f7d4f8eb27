#include "builder/build.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "builder/absent_layers.h"
#include "builder/assemble.h"
#include "builder/base_images.h"
#include "builder/layer_builder.h"
#include "builder/main_context.h"
#include "builder/project_name.h"
#include "builder/stage_names.h"
#include "builder/store_images.h"
#include "store/layer_use.h"

namespace builder {
namespace {

// The plan; findings are told whether it succeeds or not, and stop the build
// when the file says so.
Plan plan_and_lint(const PartialSource& source, const PlanOptions& options,
                   ImageSource& images, const NamedContexts& contexts,
                   Lint& lint, Progress& progress) {
  const auto tell = [&] {
    const LintReport report = lint.report();
    if (!report.findings.empty()) progress.found(report);
  };
  Plan plan;
  try {
    if (source.fault) throw *source.fault;
    plan = make_plan(source.file, options, images, lint, contexts);
  } catch (...) {
    tell();
    throw;
  }
  tell();
  lint.refuse_findings();
  return plan;
}

// Where bases come from that the store does not have.
struct Bases {
  Bases(store::Store& store, StoreImages& known, const BuildOptions& options,
        Progress& progress, const std::stop_token& stop)
      : layers(store, *options.registries, stop, options.trace),
        images(store, known, *options.registries, layers, progress,
               {policy_of(options), stop, options.trace}) {}

  static PullPolicy policy_of(const BuildOptions& options) {
    return options.servers == Servers::left_alone ? PullPolicy::never
                                                  : options.pull;
  }

  BaseLayers layers;
  BaseImages images;
};

// How many steps want a network of their own, should none be cached.
std::size_t count_networks(const Plan& plan) {
  return static_cast<std::size_t>(std::count_if(
      plan.vertices.begin(), plan.vertices.end(), [](const Vertex& vertex) {
        const auto* exec = std::get_if<ExecOp>(&vertex.operation);
        return exec != nullptr && exec->network == NetworkMode::standard;
      }));
}

}  // namespace

std::filesystem::path name_logs(const store::Store& store) {
  const auto now = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  std::string name = render_time(now);
  std::erase_if(name, [](char c) { return c == ':' || c == '-'; });
  return store.root() / "logs" / fmt::format("{}-{}", name, ::getpid());
}

SourceFile read_dockerfile(const std::filesystem::path& context,
                           const std::optional<std::string>& file) {
  const DockerfileText dockerfile = read_dockerfile_text(context, file);
  return parse_source(dockerfile.name, dockerfile.text);
}

BuildResult build(const BuildOptions& options, store::Store& store,
                  runtime::Executor& executor, Progress& progress,
                  std::stop_token stop) {
  base::Trace* const trace = options.trace;

  auto before_work = options.before_first_miss;
  runtime::RootForm root_form = runtime::RootForm::overlay;
  const auto start_work = [&before_work, &root_form] {
    if (before_work) root_form = std::exchange(before_work, nullptr)();
  };

  base::Span reading(trace, "build", "read");
  MainContext main = open_main_context(
      {options.context, options.file, options.ignore_file,
       options.credentials.secrets, options.plan.build_args, options.servers},
      store, stop, start_work);
  reading.add("file", main.dockerfile.name);
  reading.end();

  base::Span parsing(trace, "build", "parse");
  const PartialSource parsed =
      parse_until_fault(main.dockerfile.name, main.dockerfile.text);
  const SourceFile& file = parsed.file;
  Lint lint(file, options.plan.build_args, &main.ignore.rules);
  parsing.end();

  // Plan: stages, variables, configuration, the DAG.
  base::Span planning(trace, "build", "plan");
  const NamedContexts named(options.named_contexts);
  StoreImages known(store, stop, trace, start_work);
  std::optional<Bases> bases;
  if (options.registries != nullptr) {
    bases.emplace(store, known, options, progress, stop);
  }
  const Plan plan =
      plan_and_lint(parsed, options.plan,
                    bases ? static_cast<ImageSource&>(bases->images) : known,
                    named, lint, progress);
  const std::vector<std::string> fail_on_miss =
      check_stage_names(file, options.fail_on_miss);
  planning.add("vertices", plan.vertices.size());
  planning.end();
  progress.planned(plan);

  // Solve: look every vertex up, and make what is missing.
  BuildContexts contexts(named, store.file_digests(), stop, trace);
  const std::string project = name_project(options, main);
  contexts.add_main(std::move(main.directory), std::move(main.ignore));
  contexts.on_long_read([&](std::size_t files, std::uint64_t bytes) {
    start_work();
    progress.reading(files, bytes);
  });
  StepNetworks networks(count_networks(plan),
                        [&](std::string_view text) { progress.warning(text); });
  BuildCache cache(
      store, progress,
      {options.cache_from, options.cache_to, start_work, stop, trace,
       options.cache_registries,
       options.plan.platform.value_or(options.plan.build_platform)});
  AbsentLayers absent(
      store,
      {cache.imports(), bases ? &bases->layers : nullptr, start_work,
       [&](std::size_t count, std::uint64_t bytes, std::string_view origin) {
         progress.fetching(count, bytes, origin);
       }});
  const ExecEnvironment environment{
      store,           contexts,
      executor,        options.credentials,
      root_form,       networks,
      options.servers, options.on_failure != nullptr,
      trace,           cache.imports(),
      &absent};
  LastBuild last_build(store, file, plan, project);
  LayerBuilder layers(
      file, environment, progress,
      {options.logs.empty() ? name_logs(store) : options.logs, last_build,
       start_work, options.on_failure, options.explains, fail_on_miss});
  std::vector<StepResult> results;
  try {
    base::Span checking(trace, "build", "check");
    layers.check(plan);
    checking.end();
    const base::Span solving(trace, "build", "solve");
    std::function<void(const Snapshot&)> fetch;
    if (options.keeps_image || options.needs_layers) {
      fetch = [&](const Snapshot& result) { absent.fetch(result.diff_ids()); };
    }
    results = cache.solve(plan, layers, fetch);
  } catch (...) {
    contexts.save_digests();  // what was read need not be read again
    try {
      last_build.save();
    } catch (const base::Error&) {
      // What the build died of counts.
    }
    throw;
  }
  contexts.save_digests();
  try {
    last_build.save();
  } catch (const base::Error& error) {
    progress.warning(fmt::format("the next build cannot say what changed: {}",
                                 error.message()));
  }
  layers.save_use();

  // Assemble and tag.
  base::Span assembling(trace, "build", "assemble");
  BuildResult result;
  store::ImageConfig config = make_image_config(plan, results);
  config.inline_cache = cache.render_inline(plan, results, layers.keys());
  result.diff_ids = config.diff_ids;
  result.image_id = options.keeps_image
                        ? store_image(store, config, options.tags)
                        : base::Digest::of(store::render_image_config(config));
  if (options.needs_layers && !options.keeps_image) {
    // Until here the LayerBuilder holds them.
    result.hold.emplace(store.lease());
    store::hold_layers(*result.hold, result.diff_ids);
  }
  assembling.add("image", result.image_id);
  assembling.end();

  // Output.
  if (!options.pushes.empty()) start_work();
  const PushedImage pushed{store::render_image_config(config), config.diff_ids};
  for (const PushRequest& push : options.pushes) {
    result.pushed.push_back(push_image(
        store, *options.registries, pushed, push.names,
        {push.compression, push.forces_compression,
         bases ? &bases->layers : nullptr, cache.imports(), nullptr, trace},
        stop));
  }
  cache.save(plan, results);
  result.cache = cache.report(plan, results);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const StepResult& step = results[i];
    ++(step.is_cached() ? result.cached_steps : result.run_steps);
    const Vertex& vertex = plan.vertices[i];
    result.steps.push_back({render_place(vertex), vertex.title,
                            step.is_cached(), step.cost, step.because});
  }
  return result;
}

}  // namespace builder
