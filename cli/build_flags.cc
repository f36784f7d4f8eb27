#include "cli/build_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "cli/cache_flags.h"
#include "cli/image_name.h"
#include "cli/report.h"

namespace cli {
namespace {

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

// The parts of "a,b", of all the words together.
std::vector<std::string> split_lists(const std::vector<std::string>& words) {
  std::vector<std::string> parts;
  for (const std::string& word : words) {
    for (std::size_t start = 0; start <= word.size();) {
      const std::size_t end = std::min(word.find(',', start), word.size());
      parts.push_back(word.substr(start, end - start));
      start = end + 1;
    }
  }
  return parts;
}

std::optional<builder::Platform> read_platform(
    const std::vector<std::string>& words) {
  std::optional<builder::Platform> platform;
  for (const std::string& word : split_lists(words)) {
    builder::Platform read;
    try {
      read = builder::parse_platform(word);
    } catch (const base::Error& error) {
      throw usage_error(fmt::format("--platform: {}", error.message()),
                        error.hint());
    }
    if (platform && *platform != read) {
      throw base::Error(base::ErrorKind::unsupported,
                        fmt::format("--platform {}: building for several "
                                    "platforms at once is not supported yet",
                                    fmt::join(words, ",")))
          .hint("build once for each of them");
    }
    platform = std::move(read);
  }
  return platform;
}

builder::ContextForm read_context(const std::string& text) {
  if (text != "-") return builder::parse_context_form(text);
  return {builder::ContextForm::Kind::standard_input};
}

// Docker's flag has no value, podman's one of these.
builder::PullPolicy read_pull(const std::string& word) {
  if (word.empty() || word == "true" || word == "always" || word == "newer") {
    return builder::PullPolicy::always;
  }
  if (word == "false" || word == "missing") return builder::PullPolicy::missing;
  if (word == "never") return builder::PullPolicy::never;
  throw usage_error(fmt::format("--pull={} is not known", word),
                    "it is always, missing or never");
}

}  // namespace

void add_build_flags(Options& options, BuildFlags& flags) {
  options.list("-t,--tag", flags.tags, "Name of the image, NAME[:TAG]");
  options.value("-f,--file", flags.file, "The Dockerfile; \"-\" for stdin");
  options.value("--target", flags.target, "The stage to build");
  options.list("--build-arg", flags.build_args, "Value of an ARG, K[=V]");
  options.list(
      "--build-context", flags.contexts,
      "What a FROM or --from name means: NAME=DIRECTORY, "
      "docker-image://REF, oci-layout://DIR[:TAG|@DIGEST], or an address");
  options.value("--ignorefile", flags.ignore_file,
                "The ignore file, in place of .dockerignore");
  options.list("--label", flags.labels, "Label of the image, K=V");
  options.list("--platform", flags.platforms,
               "What the image is for: OS/ARCH[/VARIANT]");
  options.flag("--no-cache", flags.no_cache, "Run every step");
  options.list("--no-cache-filter", flags.uncached_stages,
               "Run every step of these stages, NAME[,NAME]");
  options.list("--cache-from", flags.cache_from,
               "A cache to take steps from: type=registry,ref=NAME, "
               "type=s3,bucket=NAME,region=REGION, "
               "type=local,src=DIR[,tag=TAG|digest=DIGEST], or the name of an "
               "image or repository that has one");
  options.list("--cache-to", flags.cache_to,
               "Where to put this build's cache: type=registry,ref=NAME, "
               "type=s3,bucket=NAME,region=REGION or "
               "type=local,dest=DIR[,tag=TAG], each with [,mode=min|max]"
               "[,compression=gzip|zstd|uncompressed][,mounts=ID|all]"
               "[,ignore-error=false], or type=inline for within the image; "
               "that it fails is a warning, unless with ignore-error=false");
  options.flag("--offline", flags.offline,
               "Ask no server or registry: what names of images, addresses of "
               "ADD and build contexts gave last is used; the network of RUN "
               "is not touched");
  options.flag("--explain", flags.explain,
               "Tell all that changed of each step that runs, and what cached "
               "ones stand on");
  options.optional_list("--fail-on-miss", flags.fail_on_miss,
                        "Fail, and run nothing, where a step (of that stage) "
                        "is not cached; exit code 4");
  flags.steps.add_to(options);
  options.list("-o,--output", flags.outputs,
               "type=image|registry|oci|docker|tar|local|cacheonly"
               "[,dest=PATH]; a directory; or - for a tar");
  options.flag("--push", flags.push,
               "Send the image to its tags' registries and do not keep it: "
               "-o type=registry");
  options.optional_list("--pull", flags.pull,
                        "Ask registries again what FROM's names are; or "
                        "=missing, =never");
  flags.tls.add_to(options);
  options.value("--progress", flags.progress, "auto, tty, plain or quiet");
  options.flag("-q,--quiet", flags.quiet, "Print the image ID only");
  options.flag("--check", flags.check,
               "Look for mistakes in the Dockerfile and build nothing");
  options.value("--call", flags.call,
                "Answer instead of building: check, outline or targets, with "
                ",format=json for tools");
  options.value("--iidfile", flags.iidfile, "Write the image ID to this file");
  options.value("--on-failure", flags.on_failure,
                "Where a RUN failed: shell opens one, keep leaves it for "
                "\"strake debug\"");
  options.value("--metadata-file", flags.metadata_file,
                "Write what was built, and what each step used, to this file");
  options.value("--report", flags.report,
                "Write a page to this file that shows what took how long, why "
                "it ran, and what it left");
  // What a build does anyway: its image is there when it ends.
  options.ignored("--load");
  options.ignored("--rm --force-rm --compress --disable-content-trust");
  options.not_yet(
      "--annotation --attest --device "
      "--isolation --jobs -j "
      "--provenance "
      "--reproducible --sbom --squash "
      "--timestamp --volume -v");
}

void add_context_operand(Options& options, BuildFlags& flags) {
  options.operand(
      "PATH", flags.context,
      "The build context: a directory, the address of a git repository or of "
      "an archive, or \"-\" for an archive or a Dockerfile on standard input");
}

builder::BuildOptions read_build_options(const BuildFlags& flags) {
  builder::BuildOptions options;
  options.context = read_context(flags.context);
  for (const std::string& text : flags.contexts) {
    options.named_contexts.push_back(builder::parse_named_context(text));
  }
  options.ignore_file = flags.ignore_file;
  options.file = flags.file;
  for (const std::string& tag : flags.tags) {
    options.tags.push_back(read_image_name("--tag", tag));
  }
  options.plan.target = flags.target.value_or("");
  options.plan.build_args = read_build_args(flags.build_args);
  for (const std::string& label : flags.labels) {
    auto pair = split_pair(label);
    if (pair.first.empty()) throw usage_error("--label wants NAME=VALUE");
    options.plan.labels.push_back(std::move(pair));
  }
  options.cache_from = read_cache_from(flags.cache_from);
  options.cache_to = read_cache_to(flags.cache_to);
  flags.steps.read(options);
  if (!flags.pull.empty()) options.pull = read_pull(flags.pull.back());
  if (flags.offline && options.pull == builder::PullPolicy::always) {
    throw usage_error("--pull asks registries, and --offline asks nobody",
                      "leave one of them out");
  }
  if (flags.offline) options.servers = builder::Servers::left_alone;
  options.explains = flags.explain;
  options.fail_on_miss = flags.fail_on_miss;
  options.plan.platform = read_platform(flags.platforms);
  options.plan.use_cache = !flags.no_cache;
  options.plan.uncached_stages = split_lists(flags.uncached_stages);
  for (const std::string& stage : options.plan.uncached_stages) {
    if (stage.empty()) throw usage_error("--no-cache-filter wants a stage");
  }
  return options;
}

}  // namespace cli
