// strake build: flags in, one build, outputs.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/guarded.h"
#include "builder/build.h"
#include "builder/kept_steps.h"
#include "cli/build_flags.h"
#include "cli/build_report.h"
#include "cli/cache_summary.h"
#include "cli/call_option.h"
#include "cli/command.h"
#include "cli/failure_flag.h"
#include "cli/failure_visit.h"
#include "cli/interrupt.h"
#include "cli/metadata_file.h"
#include "cli/output_files.h"
#include "cli/output_option.h"
#include "cli/progress_option.h"
#include "cli/push_text.h"
#include "cli/registries.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/runtime_flag.h"
#include "cli/security_flags.h"
#include "cli/traced_progress.h"
#include "store/store.h"

namespace cli {
namespace {

std::string read_progress(const BuildFlags& flags, const Globals& globals) {
  if (flags.quiet) return "quiet";
  if (!globals.is_debug) return flags.progress.value_or("auto");
  if (flags.progress == "tty") {
    throw usage_error("--debug writes lines where --progress tty redraws them",
                      "leave --progress out, or use --trace");
  }
  return flags.progress == "quiet" ? "quiet" : "plain";
}

// The report is of a build.
void refuse_report(const BuildFlags& flags, const CallOption& call) {
  if (!flags.report || call.method == CallOption::Method::build) return;
  throw usage_error("--report is of a build, and nothing is built here",
                    "leave it out, or --check and --call");
}

void tell(Rootless& rootless, builder::Progress& progress) {
  if (const std::string text = rootless.describe(); !text.empty()) {
    progress.note(text);
  }
  if (!rootless.warning().empty()) progress.warning(rootless.warning());
}

struct Wishes {
  const BuildFlags& flags;
  const std::vector<OutputOption>& outputs;
  const Globals& globals;
  Rootless& rootless;
  BuildReport* report;  // null: not asked for
};

void build_image(const Wishes& wishes, builder::BuildOptions build,
                 store::Store& store, runtime::Executor& executor) {
  const BuildFlags& flags = wishes.flags;
  build.keeps_image = keep_image(wishes.outputs, !build.tags.empty());
  build.needs_layers = build.keeps_image || need_layers(wishes.outputs);
  const std::vector<std::string> tags = build.tags;
  for (const OutputOption& output : wishes.outputs) {
    if (output.type != OutputOption::Type::image) continue;
    build.tags.insert(build.tags.end(), output.names.begin(),
                      output.names.end());
  }
  const auto shown = make_progress({read_progress(flags, wishes.globals),
                                    wishes.globals.started, flags.explain});
  BuildProgress* progress = shown.get();
  std::optional<TracedProgress> traced;
  if (build.trace != nullptr) {
    progress = &traced.emplace(*progress, *build.trace);
  }
  if (wishes.report != nullptr) progress = &wishes.report->watch(*progress);
  InterruptWatcher interrupt;
  // These are written whole, whenever the build is stopped.
  if (build.trace != nullptr || wishes.report != nullptr) {
    wishes.rootless.enter();  // while there is one thread
    interrupt.start();
  }
  const auto take_rights = [&](const auto& take) {
    // The kernel wants a single thread for that.
    interrupt.hold();
    take();
    interrupt.start();
  };
  build.before_first_miss = [&] {
    take_rights([&] { tell(wishes.rootless, *progress); });
    return wishes.rootless.root_form();
  };

  const builder::BuildResult result =
      builder::build(build, store, executor, *progress, interrupt.token());
  if (!wishes.outputs.empty()) take_rights([&] { wishes.rootless.enter(); });
  for (std::size_t i = 0; i < build.pushes.size(); ++i) {
    progress->note(describe_push(build.pushes[i].names, result.pushed[i]));
  }
  write_outputs(wishes.outputs, {store, result, tags, *progress, build.trace,
                                 interrupt.token()});
  if (flags.iidfile) {
    base::replace_file(*flags.iidfile, result.image_id.str());
  }
  if (flags.metadata_file) {
    base::replace_file(*flags.metadata_file,
                       render_metadata(result, build.tags, wishes.outputs));
  }
  if (result.cache) progress->note(render_cache_summary(*result.cache));
  progress->finished({flags.tags, result.image_id});
  if (wishes.report != nullptr) {
    wishes.report->write_built(store, result.image_id);
  }
  // An archive on standard output must stay one.
  (use_stdout(wishes.outputs) ? std::cerr : std::cout)
      << result.image_id.str() << '\n';
}

BuildReport::Subject describe(const Arguments& arguments,
                              const BuildFlags& flags, Globals& globals,
                              const std::filesystem::path& logs) {
  std::vector<std::string> command{"strake", "build"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return {std::move(command),
          flags.tags,
          flags.context,
          globals.started,
          ::geteuid() == 0 ? "root" : "rootless",
          logs,
          globals.trace()};
}

// What failed the build is told, whatever comes of the report.
void write_failed(BuildReport& page, store::Store& store,
                  const base::Error& error) {
  try {
    page.write_failed(store, error);
  } catch (const base::Error& later) {
    report(later);
  } catch (const std::exception& later) {
    report(base::Error(base::ErrorKind::system, later.what()));
  }
}

void build_and_report(const Wishes& wishes, const builder::BuildOptions& build,
                      store::Store& store, runtime::Executor& executor) {
  try {
    build_image(wishes, build, store, executor);
  } catch (const base::Error& error) {
    if (wishes.report != nullptr) write_failed(*wishes.report, store, error);
    throw;
  } catch (const std::exception& error) {
    if (wishes.report != nullptr) {
      write_failed(*wishes.report, store,
                   base::Error(base::ErrorKind::system, error.what()));
    }
    throw;
  }
}

// Of steps that fail at once the first counts, as for the build's error.
using FailedStep = base::Guarded<std::optional<builder::FailedStep>>;

// The build has been unwound, and its error told.
void look_after(builder::FailedStep step, OnFailure wish,
                const base::Error& error, const builder::BuildOptions& build,
                store::Store& store, runtime::Executor& executor) {
  if (wish == OnFailure::shell) {
    visit(step, executor, build.credentials, {});
    return;
  }
  const std::string id =
      builder::KeptSteps(store).keep(std::move(step), error.message());
  std::cerr << fmt::format("kept as {}; \"strake debug\" opens it\n", id);
}

std::vector<OutputFile> list_output_files(
    const BuildFlags& flags, const std::vector<OutputOption>& outputs,
    const Globals& globals) {
  std::vector<OutputFile> files;
  const auto add = [&](const char* flag, const auto& path) {
    if (path) files.push_back({flag, *path});
  };
  add("--trace", globals.trace_file);
  add("--iidfile", flags.iidfile);
  add("--metadata-file", flags.metadata_file);
  add("--report", flags.report);
  for (const OutputOption& output : outputs) {
    const bool is_file = output.type == OutputOption::Type::tar ||
                         (output.form == builder::LayoutForm::archive &&
                          (output.type == OutputOption::Type::oci ||
                           output.type == OutputOption::Type::docker));
    if (is_file && !output.destination.empty() && output.destination != "-") {
      files.push_back({"--output", output.destination});
    }
  }
  return files;
}

}  // namespace

int run_build_command(Globals& globals, const Arguments& arguments) {
  BuildFlags flags;
  Options options("build [flags] PATH", "Builds an image from a Dockerfile.",
                  "strake build -t hello .");
  add_build_flags(options, flags);
  add_context_operand(options, flags);
  globals.add_driver_to(options);
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  if (flags.push) flags.outputs.emplace_back("type=registry");
  const std::vector<OutputOption> outputs = read_outputs(flags.outputs);
  check_output_files(list_output_files(flags, outputs, globals));
  base::Trace* const trace = globals.trace();
  // Whoever reads the progress may leave; that must not kill us amid a step.
  std::signal(SIGPIPE, SIG_IGN);
  const OnFailure on_failure = read_on_failure(flags.on_failure);
  const CallOption call = read_call(flags.call, flags.check);
  refuse_report(flags, call);
  builder::BuildOptions build = read_build_options(flags);
  if (call.method != CallOption::Method::build) {
    return run_call(call, build, globals);
  }
  build.pushes = read_pushes(outputs, build.tags);
  const registry::RegistriesOptions reached =
      make_registries_options(globals, flags.tls.verifies());
  registry::Registries registries(reached);
  build.registries = &registries;
  if (!flags.offline) build.cache_registries = &reached;
  const auto executor = make_executor(flags.steps.runtime());
  build.trace = trace;
  note_unknown_calls(trace, build.plan.run.security);
  base::Span opening(trace, "store", "open");
  store::Store store(globals.store_root());
  opening.add("root", store.root().native());
  opening.end();
  Rootless rootless(store, globals.storage_driver());
  FailedStep failed;
  if (on_failure != OnFailure::remove) {
    build.on_failure = [&failed](builder::FailedStep step) {
      const auto kept = failed.lock();
      if (!*kept) kept->emplace(std::move(step));
    };
  }
  std::optional<BuildReport> page;
  if (flags.report) {
    build.logs = builder::name_logs(store);
    build.explains = true;
    page.emplace(*flags.report,
                 describe(arguments, flags, globals, build.logs));
  }
  try {
    build_and_report(
        {flags, outputs, globals, rootless, page ? &*page : nullptr}, build,
        store, *executor);
    return 0;
  } catch (const base::Error& error) {
    const auto step = failed.lock();
    if (!*step || error.kind() != base::ErrorKind::step_failed) throw;
    report(error);
    try {
      look_after(std::move(**step), on_failure, error, build, store, *executor);
    } catch (const base::Error& later) {
      report(later);
    }
    return exit_code_of(error.kind());
  }
}

}  // namespace cli
