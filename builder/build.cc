#include "builder/build.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "builder/assemble.h"
#include "builder/layer_builder.h"
#include "builder/store_images.h"

namespace builder {
namespace {

// Far above any real Dockerfile: a wrong -f must not fill the memory.
constexpr std::uint64_t kMaxDockerfileBytes = 64U << 20U;

// An ignore file with the name it is shown by.
struct NamedIgnore {
  parser::IgnoreFile rules;
  std::string name = ".dockerignore";
};

std::optional<std::string> find_text(const std::filesystem::path& path) {
  const auto file = base::find_file(path, O_RDONLY);
  if (!file) return std::nullopt;
  return base::read_all(*file, kMaxDockerfileBytes);
}

// The one beside the Dockerfile alone, else the context's.
NamedIgnore read_ignore(const BuildOptions& options,
                        const std::string& dockerfile) {
  std::vector<std::filesystem::path> candidates;
  if (!options.file) {
    candidates.push_back(options.context / (dockerfile + ".dockerignore"));
  } else if (*options.file != "-") {
    candidates.emplace_back(*options.file + ".dockerignore");
  }
  candidates.push_back(options.context / ".dockerignore");
  candidates.push_back(options.context / ".containerignore");
  for (const std::filesystem::path& path : candidates) {
    const auto text = find_text(path);
    if (!text) continue;
    const std::string name = path.filename().native();
    try {
      return {parser::IgnoreFile::parse(*text), name};
    } catch (const parser::SyntaxError& error) {
      throw base::Error(base::ErrorKind::invalid_dockerfile,
                        fmt::format("{}:{}: {}", path.native(),
                                    error.range().start.line, error.message()))
          .hint(error.hint());
    }
  }
  return {};
}

struct DockerfileText {
  std::string name;  // as messages show it
  std::string text;
};

DockerfileText read_text(const std::filesystem::path& context,
                         const std::optional<std::string>& file) {
  if (file == "-") {
    const base::Fd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    return {"-", base::read_all(input, kMaxDockerfileBytes)};
  }
  if (file) return {*file, base::read_file(*file, kMaxDockerfileBytes)};
  for (const char* name : {"Dockerfile", "dockerfile", "Containerfile"}) {
    if (auto text = find_text(context / name)) return {name, std::move(*text)};
  }
  throw base::Error(
      base::ErrorKind::not_found,
      fmt::format("there is no Dockerfile in {}", context.native()))
      .hint("name one with -f, or give the directory that holds it");
}

// A name for this build's logs that sorts by time.
std::string make_build_name() {
  const auto now = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  std::string name = render_time(now);
  std::erase_if(name, [](char c) { return c == ':' || c == '-'; });
  return fmt::format("{}-{}", name, ::getpid());
}

}  // namespace

SourceFile read_dockerfile(const std::filesystem::path& context,
                           const std::optional<std::string>& file) {
  const DockerfileText dockerfile = read_text(context, file);
  return parse_source(dockerfile.name, dockerfile.text);
}

BuildResult build(const BuildOptions& options, store::Store& store,
                  runtime::Executor& executor, Progress& progress,
                  std::stop_token stop) {
  base::Trace* const trace = options.trace;

  base::Span reading(trace, "build", "read");
  const DockerfileText dockerfile = read_text(options.context, options.file);
  reading.add("file", dockerfile.name);
  NamedIgnore ignore = read_ignore(options, dockerfile.name);
  reading.end();

  base::Span parsing(trace, "build", "parse");
  const SourceFile file = parse_source(dockerfile.name, dockerfile.text);
  parsing.end();

  // Plan: stages, variables, configuration, the DAG.
  base::Span planning(trace, "build", "plan");
  StoreImages images(store);
  const Plan plan = make_plan(file, options.plan, images);
  planning.add("vertices", plan.vertices.size());
  planning.end();
  progress.planned(plan);

  // Solve: look every vertex up, and make what is missing.
  BuildContext context(options.context, std::move(ignore.rules),
                       std::move(ignore.name), store.file_digests(), stop,
                       trace);
  std::function<void()> before_work = options.before_first_miss;
  const auto start_work = [&before_work] {
    if (before_work) std::exchange(before_work, nullptr)();
  };
  context.on_long_read([&](std::size_t files, std::uint64_t bytes) {
    start_work();
    progress.reading(files, bytes);
  });
  const ExecEnvironment environment{store, context, executor, options.secrets,
                                    trace};
  LayerBuilder layers(file, environment, progress,
                      {options.use_cache,
                       store.root() / "logs" / make_build_name(), start_work});
  std::vector<StepResult> results;
  try {
    base::Span checking(trace, "build", "check");
    layers.check(plan);
    checking.end();
    const base::Span solving(trace, "build", "solve");
    results = solve(plan, layers, progress, std::move(stop));
  } catch (...) {
    context.save_digests();  // what was read need not be read again
    throw;
  }
  context.save_digests();

  // Assemble and tag.
  base::Span assembling(trace, "build", "assemble");
  BuildResult result;
  const store::ImageConfig config = make_image_config(plan, results);
  result.diff_ids = config.diff_ids;
  result.image_id = options.keeps_image
                        ? store_image(store, config, options.tags)
                        : base::Digest::of(store::render_image_config(config));
  assembling.add("image", result.image_id);
  for (const StepResult& step : results) {
    ++(step.is_cached ? result.cached_steps : result.run_steps);
  }
  return result;
}

}  // namespace builder
