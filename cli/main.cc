// strake: a table of commands.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "cli/command_table.h"
#include "cli/report.h"

namespace cli {
namespace {

constexpr std::array kCommands = {
    Command{"build", "build an image from a Dockerfile", run_build_command},
    Command{"builder", "remove build cache that nobody needs",
            run_builder_command},
    Command{"cache", "list the build cache, take it to other machines",
            run_cache_command},
    Command{"debug", "look around where a RUN failed", run_debug_command},
    Command{"doctor", "say what this machine allows builds",
            run_doctor_command},
    Command{"explain", "say what a build would run, and why",
            run_explain_command},
    Command{"export", "write an image's files as a tar", run_export_command},
    Command{"history", "show how an image was made", run_history_command},
    Command{"image", "what concerns images, remove those without a name",
            run_image_command},
    Command{"images", "list images", run_images_command},
    Command{"import", "make an image from a root file system's tar",
            run_import_command},
    Command{"inspect", "show an image's configuration", run_inspect_command},
    Command{"load", "bring in images that were saved", run_load_command},
    Command{"login", "tell a registry who you are", run_login_command},
    Command{"logout", "forget a registry's credentials", run_logout_command},
    Command{"parse", "show a Dockerfile as JSON", run_parse_command},
    Command{"pull", "get an image out of a registry", run_pull_command},
    Command{"push", "send an image to its registry", run_push_command},
    Command{"rmi", "remove images or their names", run_rmi_command},
    Command{"run", "run a command in an image", run_run_command},
    Command{"save", "write images into an archive", run_save_command},
    Command{"search", "find images at a registry", run_search_command},
    Command{"system", "show what the store holds, look for damage",
            run_system_command},
    Command{"tag", "give an image another name", run_tag_command},
    Command{"version", "show the version", run_version_command},
};

// Commands that will come, so that nobody looks for a typing mistake.
constexpr std::array<std::string_view, 5> kNotYet = {"commit", "completion",
                                                     "diff", "index", "lint"};

void print_help() {
  print_commands(kCommands,
                 "strake [--root DIR] [--config DIR] [--trace FILE] [--debug] "
                 "COMMAND [flags]\n\n"
                 "Builds container images from Dockerfiles: no daemon, no "
                 "warm-up.",
                 "strake build -t hello .", "strake");
}

const Command& find_known(std::string_view name) {
  if (const Command* const found = find_command(kCommands, name)) return *found;
  if (std::find(kNotYet.begin(), kNotYet.end(), name) != kNotYet.end()) {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("\"{}\" is not supported yet", name));
  }
  throw usage_error(fmt::format("unknown command \"{}\"", name),
                    suggest_command(kCommands, name, "strake"));
}

// The flag in front of the command's name, with its value behind "=" or in the
// next argument; nullopt when another word stands there.
std::optional<std::string> take_value(std::string_view name,
                                      Arguments& arguments) {
  if (arguments.empty() || !arguments.front().starts_with(name)) return {};
  std::string value = arguments.front().substr(name.size());
  if (!value.empty() && value.front() != '=') return {};
  if (value.empty() && arguments.size() == 1) {
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("{} wants a value", name));
  }
  if (value.empty()) {
    value = arguments[1];
    arguments.erase(arguments.begin());
  } else {
    value.erase(0, 1);
  }
  arguments.erase(arguments.begin());
  return value;
}

// Takes flags from in front of the command's name.
void take_globals(Arguments& arguments, Globals& globals) {
  for (;;) {
    if (auto root = take_value("--root", arguments)) {
      globals.root = std::move(root);
    } else if (auto config = take_value("--config", arguments)) {
      globals.config_directory = std::move(config);
    } else if (auto file = take_value("--trace", arguments)) {
      globals.trace_file = std::move(file);
    } else if (!arguments.empty() && arguments.front() == "--debug") {
      globals.is_debug = true;
      arguments.erase(arguments.begin());
    } else {
      return;
    }
  }
}

int run(std::string_view program, Arguments arguments) {
  Globals globals;
  const auto run_traced = [&](std::string_view name, CommandFunction command) {
    globals.command = name;
    const int code = command(globals, arguments);
    globals.finish_trace();
    return code;
  };
  // Called by the name of a command, through a link, it is that command.
  if (program.substr(program.rfind('/') + 1) == "build") {
    return run_traced("build", run_build_command);
  }
  take_globals(arguments, globals);
  if (arguments.empty() || arguments.front() == "help" ||
      arguments.front() == "--help" || arguments.front() == "-h") {
    print_help();
    return arguments.empty() ? exit_code_of(base::ErrorKind::usage) : 0;
  }
  if (arguments.front() == "--version") arguments.front() = "version";
  const Command& command = find_known(arguments.front());
  arguments.erase(arguments.begin());
  return run_traced(command.name, command.run);
}

}  // namespace
}  // namespace cli

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    const int code =
        cli::run(argc > 0 ? argv[0] : "strake",
                 cli::Arguments(argv + std::min(argc, 1), argv + argc));
    // Output that could not be written (a full disk) is a failure too.
    std::cout.flush();
    if (!std::cout) throw base::system_error(errno, "writing to stdout");
    return code;
  } catch (const base::Error& error) {
    std::cout.flush();
    cli::report(error);
    return cli::exit_code_of(error.kind());
  } catch (const std::exception& error) {
    std::cout.flush();
    cli::report(base::Error(base::ErrorKind::system, error.what()));
    return cli::exit_code_of(base::ErrorKind::system);
  }
}
