#include "builder/kept_steps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "builder/assemble.h"
#include "builder/sandbox_json.h"
#include "store/directory.h"
#include "store/file_lock.h"

namespace builder {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kFormat = 1;
constexpr const char* kFile = "step.json";
constexpr std::size_t kMostKept = 5;

// "20261231T235959.123456-<pid>": names sort by time.
std::string make_id() {
  const auto now = std::chrono::system_clock::now();
  std::string id = render_time(std::chrono::floor<std::chrono::seconds>(now));
  std::erase_if(id, [](char c) { return c == ':' || c == '-' || c == 'Z'; });
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(
                          now.time_since_epoch()) %
                      std::chrono::seconds(1);
  return fmt::format("{}.{:06}-{}", id, micros.count(), ::getpid());
}

// Paths into the lease's directory become paths into where it went.
void move_paths(const std::string& from, const std::string& to,
                StepSandbox& sandbox) {
  const auto move = [&](std::string text) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
    return text;
  };
  for (runtime::Mount& mount : sandbox.spec.mounts) {
    mount.source = move(mount.source);
    for (std::string& option : mount.options) option = move(option);
  }
  for (fs::path* path :
       {&sandbox.root.upper, &sandbox.root.work, &sandbox.root.scratch}) {
    *path = move(path->native());
  }
}

Json read_description(const fs::path& directory) {
  Json json = Json::parse(base::read_file(directory / kFile));
  if (json.at("format") != kFormat) {
    throw base::Error(
        base::ErrorKind::unsupported,
        fmt::format("{} is of another version of strake", directory.native()));
  }
  return json;
}

// Held until the visitor is gone.
base::Fd lock(const fs::path& directory) {
  base::Fd file = base::open_file(directory / kFile, O_RDONLY);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  throw base::Error(base::ErrorKind::denied,
                    fmt::format("{} is in use by another strake debug",
                                directory.filename().native()));
}

using Locks = std::map<fs::path, base::Fd>;

void take_locks(const Json& paths, store::LockMode mode, Locks& locks) {
  for (const std::string path : paths) {
    auto directory = base::find_file(path, O_RDONLY | O_DIRECTORY);
    if (!directory) {
      throw base::Error(base::ErrorKind::not_found,
                        "a cache mount of the step is no longer in the store")
          .hint("build again with --on-failure keep");
    }
    if (!store::try_lock(*directory, mode)) {
      throw base::Error(base::ErrorKind::denied,
                        "a cache mount of the step is in use by a build")
          .hint("try again when that has ended");
    }
    locks.emplace(path, std::move(*directory));
  }
}

Json render_paths(const Locks& locks) {
  Json paths = Json::array();
  for (const auto& [path, file] : locks) paths.push_back(path);
  return paths;
}

void check_layers(const StepSandbox& sandbox) {
  for (const fs::path& layer : sandbox.root.lower) {
    std::error_code error;
    if (fs::is_directory(layer, error)) continue;
    throw base::Error(base::ErrorKind::not_found,
                      "layers that the failed step stands on are no longer in "
                      "the store")
        .hint("build again with --on-failure keep");
  }
}

}  // namespace

KeptSteps::KeptSteps(store::Store& store)
    : store_(store), directory_(store.root() / "failed") {}

std::string KeptSteps::keep(FailedStep step, const std::string& failure) {
  store::make_directory(directory_, store::kPrivate);
  const std::string id = make_id();
  const fs::path to = directory_ / id;
  const fs::path from = step.lease().directory();
  StepSandbox sandbox = step.release();
  move_paths(from.native(), to.native(), sandbox);
  // Sources of context binds are without links.
  move_paths(fs::canonical(from).native(),
             (fs::canonical(directory_) / id).native(), sandbox);
  const Json json = {{"format", kFormat},
                     {"title", step.title()},
                     {"failure", failure},
                     {"locks", render_paths(sandbox.locks)},
                     {"shared_locks", render_paths(sandbox.shared_locks)},
                     {"sandbox", render_sandbox(sandbox)}};
  base::replace_file(from / kFile,
                     json.dump(1, ' ', false, Json::error_handler_t::replace),
                     0600);
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw base::system_error(
        errno, fmt::format("keeping the failed step in {}", to.native()));
  }
  std::vector<Description> kept = list();
  for (std::size_t i = kMostKept; i < kept.size(); ++i) {
    try {
      remove(kept[i].id);
    } catch (const base::Error&) {
      // In use, or another build was faster; the next one tries again.
    }
  }
  return id;
}

std::vector<KeptSteps::Description> KeptSteps::list() const {
  std::vector<Description> steps;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    try {
      const Json json = read_description(entry.path());
      steps.push_back(
          {entry.path().filename(), json.at("title"), json.at("failure")});
    } catch (const std::exception&) {
      continue;
    }
  }
  std::sort(steps.begin(), steps.end(),
            [](const auto& a, const auto& b) { return a.id > b.id; });
  return steps;
}

FailedStep KeptSteps::open(const std::string& id) {
  const fs::path directory = find(id);
  base::Fd use = lock(directory);
  try {
    const Json json = read_description(directory);
    StepSandbox sandbox = parse_sandbox(json.at("sandbox"));
    check_layers(sandbox);
    take_locks(json.at("locks"), store::LockMode::exclusive, sandbox.locks);
    take_locks(json.value("shared_locks", Json::array()),
               store::LockMode::shared, sandbox.shared_locks);
    sandbox.locks.emplace(directory / kFile, std::move(use));
    return {json.at("title"), std::move(sandbox), store_.lease()};
  } catch (const Json::exception& error) {
    throw base::Error(base::ErrorKind::corrupt,
                      fmt::format("{} is damaged: {}",
                                  (directory / kFile).native(), error.what()))
        .hint(fmt::format("strake debug --rm --id {} removes it",
                          directory.filename().native()));
  }
}

void KeptSteps::remove(const std::string& id) {
  const fs::path directory = find(id);
  const base::Fd use = lock(directory);
  // With the lease, which the next process removes if we cannot.
  const store::Lease trash = store_.lease();
  const fs::path to = trash.new_path("failed");
  if (::rename(directory.c_str(), to.c_str()) != 0) {
    throw base::system_error(errno,
                             fmt::format("removing {}", directory.native()));
  }
}

fs::path KeptSteps::find(const std::string& id) const {
  if (id.empty()) {
    const std::vector<Description> steps = list();
    if (!steps.empty()) return directory_ / steps.front().id;
    throw base::Error(base::ErrorKind::not_found, "no failed step is kept")
        .hint("build with --on-failure keep, or --on-failure shell");
  }
  std::error_code error;
  const bool is_name =
      id.find('/') == std::string::npos && !id.starts_with('.');
  if (is_name && fs::is_regular_file(directory_ / id / kFile, error)) {
    return directory_ / id;
  }
  throw base::Error(base::ErrorKind::not_found,
                    fmt::format("there is no kept step \"{}\"", id))
      .hint("see strake debug --list");
}

}  // namespace builder
