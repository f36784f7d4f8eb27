#include "builder/build.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

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
  if (file == "-") {
    const base::Fd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    return parse_source("-", base::read_all(input, kMaxDockerfileBytes));
  }
  if (file) {
    return parse_source(*file, base::read_file(*file, kMaxDockerfileBytes));
  }
  for (const char* name : {"Dockerfile", "dockerfile", "Containerfile"}) {
    if (const auto text = find_text(context / name)) {
      return parse_source(name, *text);
    }
  }
  throw base::Error(
      base::ErrorKind::not_found,
      fmt::format("there is no Dockerfile in {}", context.native()))
      .hint("name one with -f, or give the directory that holds it");
}

BuildResult build(const BuildOptions& options, store::Store& store,
                  runtime::Executor& executor, Progress& progress,
                  std::stop_token stop) {
  // Read and parse.
  const SourceFile file = read_dockerfile(options.context, options.file);
  NamedIgnore ignore = read_ignore(options, file.name);
  BuildContext context(options.context, std::move(ignore.rules),
                       std::move(ignore.name), store.file_digests(), stop);

  // Plan: stages, variables, configuration, the DAG.
  StoreImages images(store);
  const Plan plan = make_plan(file, options.plan, images);
  progress.planned(plan);

  // Solve: look every vertex up, and make what is missing.
  const ExecEnvironment environment{store, context, executor, options.secrets};
  LayerBuilder layers(
      file, environment, progress,
      {options.use_cache, store.root() / "logs" / make_build_name(),
       options.before_first_miss});
  std::vector<StepResult> results;
  try {
    layers.check(plan);
    results = solve(plan, layers, progress, std::move(stop));
  } catch (...) {
    context.save_digests();  // what was read need not be read again
    throw;
  }
  context.save_digests();

  // Assemble and tag.
  BuildResult result;
  const store::ImageConfig config = make_image_config(plan, results);
  result.diff_ids = config.diff_ids;
  result.image_id = options.keeps_image
                        ? store_image(store, config, options.tags)
                        : base::Digest::of(store::render_image_config(config));
  for (const StepResult& step : results) {
    ++(step.is_cached ? result.cached_steps : result.run_steps);
  }
  return result;
}

}  // namespace builder
