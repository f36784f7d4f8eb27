// strake build: flags in, one build, outputs.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "base/error.h"
#include "base/file.h"
#include "builder/build.h"
#include "cli/command.h"
#include "cli/image_name.h"
#include "cli/interrupt.h"
#include "cli/network_flag.h"
#include "cli/output_option.h"
#include "cli/progress_option.h"
#include "cli/report.h"
#include "runtime/native_executor.h"
#include "store/store.h"

namespace cli {
namespace {

constexpr std::uint64_t kMaxSecretBytes = 500U << 10U;

// The flags as written.
struct BuildFlags {
  std::string context;
  std::vector<std::string> tags, build_args, labels, outputs, secrets;
  std::optional<std::string> file, target, progress, iidfile, network;
  bool no_cache = false;
  bool quiet = false;
};

std::pair<std::string, std::string> split_pair(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, equals)),
          std::string(text.substr(equals + 1))};
}

// "--build-arg K" takes the caller's variable, and nothing when it is unset.
builder::BuildArgs read_build_args(const std::vector<std::string>& words) {
  builder::BuildArgs args;
  for (const std::string& word : words) {
    auto [name, value] = split_pair(word);
    if (name.empty()) throw usage_error("--build-arg wants NAME=VALUE");
    if (word.find('=') == std::string::npos) {
      const char* own = std::getenv(name.c_str());
      if (own == nullptr) continue;
      value = own;
    }
    args[name] = value;
  }
  return args;
}

// "id=token,src=FILE" or "id=token,env=NAME".
void add_secret(const std::string& word, builder::Secrets& secrets) {
  std::map<std::string, std::string> fields;
  for (std::size_t start = 0; start <= word.size();) {
    const std::size_t end = std::min(word.find(',', start), word.size());
    fields.insert(
        split_pair(std::string_view(word).substr(start, end - start)));
    start = end + 1;
  }
  const std::string id = fields["id"];
  if (fields.contains("source")) fields["src"] = fields["source"];
  if (id.empty()) throw usage_error("--secret wants id=NAME", "see --help");
  if (!fields["env"].empty() || fields["src"].empty()) {
    const std::string name = fields["env"].empty() ? id : fields["env"];
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      throw usage_error(fmt::format("--secret {}: ${} is not set", id, name));
    }
    secrets[id] = value;
    return;
  }
  secrets[id] = base::read_file(fields["src"], kMaxSecretBytes);
}

void add_flags(Options& options, BuildFlags& flags) {
  options.list("-t,--tag", flags.tags, "Name of the image, NAME[:TAG]");
  options.value("-f,--file", flags.file, "The Dockerfile; \"-\" for stdin");
  options.value("--target", flags.target, "The stage to build");
  options.list("--build-arg", flags.build_args, "Value of an ARG, K[=V]");
  options.list("--label", flags.labels, "Label of the image, K=V");
  options.flag("--no-cache", flags.no_cache, "Run every step");
  options.value("--network", flags.network, "For RUN: default, none or host");
  options.list("--secret", flags.secrets,
               "For RUN --mount=type=secret: id=K,src=FILE or id=K,env=VAR");
  options.list("-o,--output", flags.outputs,
               "type=image|oci|docker|tar|local|cacheonly[,dest=PATH]; a "
               "directory; or - for a tar");
  options.value("--progress", flags.progress, "auto, tty, plain or quiet");
  options.flag("-q,--quiet", flags.quiet, "Print the image ID only");
  options.value("--iidfile", flags.iidfile, "Write the image ID to this file");
  // What a build does anyway: its image is there when it ends.
  options.ignored("--load");
  options.ignored("--rm --force-rm --compress --disable-content-trust");
  options.not_yet(
      "--add-host --allow --annotation --attest --build-context --cache-from "
      "--cache-to --cap-add --cap-drop --cgroup-parent --check --cpu-period "
      "--cpu-quota --cpu-shares -c --cpus --cpuset-cpus --cpuset-mems --device "
      "--dns --explain --fail-on-miss --ignorefile --isolation --jobs -j "
      "--memory -m --memory-swap --metadata-file --no-cache-filter --offline "
      "--on-failure --pids-limit --platform --provenance --pull --push "
      "--report "
      "--reproducible --runtime --sbom --security-opt --shm-size --squash "
      "--ssh "
      "--timestamp --ulimit --volume -v");
  options.operand("PATH", flags.context, "The build context, a directory");
}

std::filesystem::path find_context(const std::string& path) {
  if (path == "-" || path.find("://") != std::string::npos ||
      path.starts_with("git@")) {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("build context \"{}\": only a directory is "
                                  "supported yet",
                                  path));
  }
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  if (error || !std::filesystem::is_directory(real)) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("build context \"{}\" is not a directory", path));
  }
  return real;
}

builder::BuildOptions read_options(const BuildFlags& flags) {
  builder::BuildOptions options;
  options.context = find_context(flags.context);
  options.file = flags.file;
  for (const std::string& tag : flags.tags) {
    options.tags.push_back(read_image_name("--tag", tag));
  }
  options.plan.target = flags.target.value_or("");
  options.plan.build_args = read_build_args(flags.build_args);
  for (const std::string& label : flags.labels) {
    options.plan.labels.push_back(split_pair(label));
  }
  options.plan.network = read_network(flags.network.value_or("default"));
  for (const std::string& word : flags.secrets) {
    add_secret(word, options.secrets);
  }
  options.use_cache = !flags.no_cache;
  return options;
}

std::string read_progress(const BuildFlags& flags, const Globals& globals) {
  if (flags.quiet) return "quiet";
  if (!globals.is_debug) return flags.progress.value_or("auto");
  if (flags.progress == "tty") {
    throw usage_error("--debug writes lines where --progress tty redraws them",
                      "leave --progress out, or use --trace");
  }
  return flags.progress == "quiet" ? "quiet" : "plain";
}

}  // namespace

int run_build_command(Globals& globals, const Arguments& arguments) {
  BuildFlags flags;
  Options options("build [flags] PATH", "Builds an image from a Dockerfile.",
                  "strake build -t hello .");
  add_flags(options, flags);
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  base::Trace* const trace = globals.trace();
  // Whoever reads the progress may leave; that must not kill us amid a step.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<OutputOption> outputs = read_outputs(flags.outputs);
  builder::BuildOptions build = read_options(flags);
  build.keeps_image = keep_image(outputs, !build.tags.empty());
  const std::vector<std::string> tags = build.tags;
  for (const OutputOption& output : outputs) {
    if (output.type != OutputOption::Type::image) continue;
    build.tags.insert(build.tags.end(), output.names.begin(),
                      output.names.end());
  }
  const auto progress =
      make_progress(read_progress(flags, globals), globals.started);
  InterruptWatcher interrupt;
  build.trace = trace;
  // A trace is written whole, whenever the build is stopped.
  if (trace != nullptr) interrupt.start();
  base::Span opening(trace, "store", "open");
  store::Store store(globals.store_root());
  opening.add("root", store.root().native());
  opening.end();
  runtime::NativeExecutor executor;
  build.before_first_miss = [&interrupt] { interrupt.start(); };

  const builder::BuildResult result =
      builder::build(build, store, executor, *progress, interrupt.token());
  if (!outputs.empty()) interrupt.start();
  write_outputs(outputs,
                {store, result, tags, *progress, trace, interrupt.token()});
  if (flags.iidfile) {
    base::replace_file(*flags.iidfile, result.image_id.str());
  }
  progress->finished({flags.tags, result.image_id});
  // An archive on standard output must stay one.
  (use_stdout(outputs) ? std::cerr : std::cout)
      << result.image_id.str() << '\n';
  return 0;
}

}  // namespace cli
