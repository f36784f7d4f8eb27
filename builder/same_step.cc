#include "builder/same_step.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/fd.h"
#include "base/file.h"
#include "store/file_lock.h"

namespace builder {
namespace {

// Hands on what another build writes to a step's log.
class LogFollower {
 public:
  LogFollower(Progress& progress, std::size_t number)
      : progress_(progress), number_(number) {}

  // The file comes with the first output. What cannot be read is not shown.
  void follow(const std::filesystem::path& log) {
    if (log != path_) {
      path_ = log;
      file_.reset();
      offset_ = 0;
    }
    try {
      if (!file_) file_ = base::find_file(path_, O_RDONLY);
      if (file_) forward();
    } catch (const base::Error&) {
      return;
    }
  }

 private:
  void forward() {
    std::array<std::byte, 16384> buffer{};
    while (const std::size_t count =
               base::read_at(*file_, offset_, buffer.data(), buffer.size())) {
      offset_ += count;
      progress_.output(number_, runtime::Stream::standard_output,
                       {reinterpret_cast<const char*>(buffer.data()), count});
    }
  }

  Progress& progress_;
  std::size_t number_;
  std::filesystem::path path_;
  std::optional<base::Fd> file_;
  std::uint64_t offset_ = 0;
};

void add_text(std::string& all, std::string_view text) {
  all += fmt::format("{}:{}", text.size(), text);
}

std::string digest_of_proxies(const std::vector<std::string>& proxy_env) {
  std::string all;
  for (const std::string& pair : proxy_env) add_text(all, pair);
  return base::Digest::of(all).str();
}

std::string circumstances_of(const ExecOp& op) {
  if (op.settings.limits.is_limited()) return {};
  std::string all;
  for (const std::string& pair : op.proxy_env) add_text(all, pair);
  for (const ExtraHost& host : op.settings.extra_hosts) {
    add_text(all, fmt::format("{} {}", host.name, host.address));
  }
  for (const ExecMount& mount : op.mounts) {
    switch (mount.option.type) {
      case parser::MountType::secret:
      case parser::MountType::ssh:
        return {};
      case parser::MountType::cache:
        add_text(all, *mount.option.id);
        break;
      case parser::MountType::bind:
      case parser::MountType::tmpfs:
        break;
    }
  }
  return base::Digest::of(all).str();
}

}  // namespace

std::string failure_circumstances(const Operation& operation,
                                  const Credentials& credentials) {
  if (const auto* exec = std::get_if<ExecOp>(&operation)) {
    return circumstances_of(*exec);
  }
  const auto* http = std::get_if<HttpOp>(&operation);
  const auto* git = std::get_if<GitOp>(&operation);
  if (http == nullptr && git == nullptr) return digest_of_proxies({});
  // Any of them may be sent to the server.
  if (!credentials.secrets.empty()) return {};
  return digest_of_proxies(http != nullptr ? http->proxy_env : git->proxy_env);
}

SameStep::SameStep(const store::InFlight& records, Progress& progress,
                   Options options, std::stop_token stop)
    : records_(records),
      progress_(progress),
      options_(std::move(options)),
      stop_(std::move(stop)) {}

SameStep::Turn SameStep::take(const base::Digest& key) {
  claim_.reset();
  for (;;) {
    auto found = records_.claim(key, {::getpid(), options_.log});
    if (auto* claim = std::get_if<store::StepClaim>(&found)) {
      claim_.emplace(std::move(*claim));
      if (!ending_.empty()) {
        tell(fmt::format("{}; running it here", std::exchange(ending_, {})));
      }
      return Turn::ours;
    }
    if (has_waited_) return Turn::ours;
    if (wait(std::get<store::StepWatch>(std::move(found)))) {
      has_waited_ = true;
      return Turn::other;
    }
  }
}

bool SameStep::wait(store::StepWatch watch) {
  LogFollower follower(progress_, options_.number);
  std::filesystem::path log;
  for (;;) {
    const bool is_over = watch.is_over();
    // Another one may have taken over meanwhile.
    if (const auto owner = watch.owner()) {
      is_own_ = owner->pid == ::getpid();
      log = records_.root() / owner->log;
      if (!has_told_ && !is_over) {
        has_told_ = true;
        tell(is_own_ ? "waiting for the same step of this build"
                     : fmt::format("waiting for another build that makes this "
                                   "step (process {})",
                                   owner->pid));
      }
    }
    if (!log.empty()) follower.follow(log);
    if (is_over) break;
    store::pause_for_lock(stop_, "another build");
  }
  const auto failure = watch.failure();
  if (failure && !options_.wants_own_failure &&
      !failure->circumstances.empty() &&
      failure->circumstances == options_.circumstances) {
    throw failure->error;
  }
  if (watch.is_done()) return true;
  ending_ = fmt::format("the other {} {}", is_own_ ? "step" : "build",
                        failure ? "failed" : "was stopped");
  return false;
}

void SameStep::tell(const std::string& text) {
  progress_.output(options_.number, runtime::Stream::standard_error,
                   text + "\n");
}

std::string SameStep::origin() const {
  return is_own_ ? "another step" : "another build";
}

void SameStep::done() noexcept {
  if (claim_) claim_->done();
  claim_.reset();
}

void SameStep::failed(const base::Error& error) noexcept {
  if (claim_) claim_->failed({error, options_.circumstances});
  claim_.reset();
}

}  // namespace builder
