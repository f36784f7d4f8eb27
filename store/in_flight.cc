#include "store/in_flight.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "store/directory.h"
#include "store/file_lock.h"

namespace store {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kOwnerLine = 0;
constexpr std::size_t kEndLine = 1;
// Of a record: an error with its excerpt is a few KiB.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20U;

// In the order of ErrorKind; another version may know other numbers.
constexpr std::array<std::string_view, 11> kKinds = {
    "usage",     "invalid_dockerfile", "invalid_input", "not_found",
    "corrupt",   "step_failed",        "denied",        "unavailable",
    "cancelled", "unsupported",        "system"};

std::string render(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json render_error(const base::Error& error) {
  Json json{{"kind", kKinds.at(static_cast<std::size_t>(error.kind()))},
            {"message", error.message()},
            {"hint", error.hint()},
            {"excerpt", error.excerpt()}};
  if (error.exit_code()) json["exit_code"] = *error.exit_code();
  return json;
}

base::Error parse_error(const Json& json) {
  const auto kind = std::find(kKinds.begin(), kKinds.end(),
                              json.at("kind").get<std::string>());
  base::Error error(kind == kKinds.end()
                        ? base::ErrorKind::system
                        : static_cast<base::ErrorKind>(kind - kKinds.begin()),
                    json.at("message"));
  error.hint(json.at("hint")).excerpt(json.at("excerpt"));
  if (json.contains("exit_code")) error.exit_code(json.at("exit_code"));
  return error;
}

// A text that a dying process left half-written says nothing.
Json parse_line(const std::string& line) {
  Json json = Json::parse(line, nullptr, false);
  return json.is_object() ? json : Json::object();
}

}  // namespace

StepClaim::StepClaim(base::Fd file, fs::path path)
    : file_(std::move(file)), path_(std::move(path)) {}

StepClaim::~StepClaim() { end({}); }

void StepClaim::done() noexcept { end("{\"done\":true}\n"); }

void StepClaim::failed(const StepFailure& failure) noexcept {
  try {
    end(render({{"failed", render_error(failure.error)},
                {"circumstances", failure.circumstances}}));
  } catch (...) {
    end({});
  }
}

// A lock is shared by copies of the file that a child may have inherited:
// closing ours would not be enough.
void StepClaim::end(const std::string& line) noexcept {
  if (!file_) return;
  try {
    if (!line.empty()) base::write_all(file_, line);
  } catch (...) {
    // The others then make the step themselves.
  }
  ::unlink(path_.c_str());
  ::flock(file_.get(), LOCK_UN);
  file_.reset();
}

StepWatch::StepWatch(base::Fd file) : file_(std::move(file)) {}

// Without its end when that is still missing: empty.
std::string StepWatch::line(std::size_t number) const {
  std::string text;
  std::array<std::byte, 4096> buffer{};
  while (const std::size_t count =
             base::read_at(file_, text.size(), buffer.data(), buffer.size())) {
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
    if (text.size() > kMostBytes) return {};
  }
  std::size_t start = 0;
  for (;; --number) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string::npos) return {};
    if (number == 0) return text.substr(start, end - start);
    start = end + 1;
  }
}

std::optional<StepOwner> StepWatch::owner() const {
  const Json json = parse_line(line(kOwnerLine));
  if (!json.contains("pid")) return std::nullopt;
  return StepOwner{json.value("pid", pid_t{0}), json.value("log", "")};
}

// The lock is given back at once: another one may wait.
bool StepWatch::is_over() {
  if (!try_lock(file_, LockMode::shared)) return false;
  ::flock(file_.get(), LOCK_UN);
  return true;
}

bool StepWatch::is_done() const {
  return parse_line(line(kEndLine)).contains("done");
}

std::optional<StepFailure> StepWatch::failure() const {
  const Json json = parse_line(line(kEndLine));
  if (!json.contains("failed")) return std::nullopt;
  try {
    return StepFailure{parse_error(json.at("failed")),
                       json.at("circumstances")};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

InFlight::InFlight(const fs::path& root)
    : root_(root), directory_(root / "inflight") {}

std::variant<StepClaim, StepWatch> InFlight::claim(
    const base::Digest& key, const StepOwner& owner) const {
  if (::access(directory_.c_str(), F_OK) != 0) {
    make_directory(directory_, kPrivate);
  }
  const fs::path path = directory_ / key.hex();
  for (;;) {
    base::Fd file = base::open_file(path, O_RDWR | O_CREAT | O_APPEND, 0600);
    if (!try_lock(file, LockMode::exclusive)) return StepWatch(std::move(file));
    if (!leads_to(path, file)) continue;
    StepClaim claim(std::move(file), path);
    // A killed owner may have left its line.
    if (::ftruncate(claim.file_.get(), 0) != 0) {
      throw base::system_error(errno, "writing " + path.native());
    }
    base::write_all(
        claim.file_,
        render({{"pid", owner.pid},
                {"log", owner.log.lexically_relative(root_).native()}}));
    return claim;
  }
}

void InFlight::remove_dead() const {
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end;
       it.increment(error)) {
    const std::optional<base::Fd> file = base::find_file(it->path(), O_RDWR);
    if (file && lock_if_free(*file, it->path())) ::unlink(it->path().c_str());
  }
}

}  // namespace store
