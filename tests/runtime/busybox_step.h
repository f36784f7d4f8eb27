// A step in a root made of busybox alone.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/temp_dir.h"
#include "runtime/native_executor.h"
#include "runtime/oci_executor.h"

namespace tests {

namespace fs = std::filesystem;

// By what a step is run: "native", or an OCI runtime's name.
inline std::unique_ptr<runtime::Executor> make_executor(
    const std::string& name) {
  if (name == "native") return std::make_unique<runtime::NativeExecutor>();
  return std::make_unique<runtime::OciExecutor>(
      runtime::find_oci_runtime(name).value());
}

struct StepResult {
  runtime::Outcome outcome;
  std::string output;
  std::string error;
};

// Directories of one image and one step; `spec` may be changed before run().
class BusyboxStep {
 public:
  explicit BusyboxStep(const std::string& executor_name = "native")
      : executor(make_executor(executor_name)) {
    ::chmod(temp.path().c_str(), 0755);
    for (const char* name : {"image/bin", "image/etc", "image/tmp",
                             "image/root", "upper", "work", "scratch"}) {
      fs::create_directories(temp.path() / name);
    }
    fs::copy("/bin/busybox", image() / "bin/busybox");
    for (const char* applet :
         {"sh",       "ls",   "cat",   "id",     "env",     "pwd",
          "sleep",    "true", "stat",  "grep",   "ip",      "mkdir",
          "hostname", "rm",   "touch", "chmod",  "ln",      "mknod",
          "mount",    "test", "head",  "wc",     "find",    "readlink",
          "dd",       "df",   "kill",  "setsid", "ulimit",  "printf",
          "chown",    "od",   "rmdir", "mv",     "unshare", "sort"}) {
      fs::create_symlink("busybox", image() / "bin" / applet);
    }
    spec.process.env = {"PATH=/usr/bin:/bin"};
    root.lower = {image()};
    root.upper = temp.path() / "upper";
    root.work = temp.path() / "work";
    root.scratch = temp.path() / "scratch";
  }

  fs::path image() const { return temp.path() / "image"; }
  const fs::path& upper() const { return root.upper; }

  // A directory to put on top of the image.
  fs::path add_layer(const std::string& name) {
    fs::path layer = temp.path() / name;
    fs::create_directories(layer);
    root.lower.insert(root.lower.begin(), layer);
    return layer;
  }

  StepResult run(std::vector<std::string> args, std::stop_token stop = {}) {
    spec.process.args = std::move(args);
    StepResult result;
    runtime::Streams streams;
    streams.on_output = [&](runtime::Stream stream, std::string_view text) {
      (stream == runtime::Stream::standard_output ? result.output
                                                  : result.error) += text;
    };
    result.outcome = executor->run(spec, root, streams, std::move(stop));
    return result;
  }

  StepResult shell(const std::string& script, std::stop_token stop = {}) {
    return run({"/bin/sh", "-c", script}, std::move(stop));
  }

  // Every path in upper, sorted, without a leading slash.
  std::vector<std::string> changes() const {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(root.upper)) {
      paths.push_back(fs::relative(entry.path(), root.upper).native());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  std::unique_ptr<runtime::Executor> executor;
  base::TempDir temp;
  runtime::Spec spec = runtime::default_spec();
  runtime::Root root;
};

// Runs a test case once by each: BusyboxStep step(EVERY_EXECUTOR).
#define EVERY_EXECUTOR GENERATE(as<std::string>(), "native", "runc", "crun")

inline void write(const fs::path& path, const std::string& content) {
  std::ofstream(path) << content;
}

inline std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The control groups that this process made in `parent`; other tests may run
// beside it.
inline std::vector<fs::path> groups_in(const fs::path& parent) {
  const std::string prefix = "strake-" + std::to_string(::getpid()) + "-";
  std::vector<fs::path> groups;
  for (const auto& entry : fs::directory_iterator(parent)) {
    if (entry.path().filename().native().starts_with(prefix)) {
      groups.push_back(entry.path());
    }
  }
  return groups;
}

}  // namespace tests
