#include "builder/http_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "builder/header_secret.h"
#include "parser/url.h"

namespace builder {
namespace {

using Clock = std::chrono::steady_clock;

std::string find_authorization(const std::string& host,
                               const Secrets& secrets) {
  const std::string token =
      find_header_secret(secrets, "HTTP_AUTH_TOKEN_" + host);
  if (!token.empty()) return "Bearer " + token;
  return find_header_secret(secrets, "HTTP_AUTH_HEADER_" + host);
}

// A line a second at most: "12.3 of 40.0 MB".
class SizeTeller {
 public:
  explicit SizeTeller(StepLog& log) : log_(log) {}
  void operator()(std::uint64_t bytes, std::optional<std::uint64_t> total) {
    const auto now = Clock::now();
    if (now - last_ < std::chrono::seconds(1)) return;
    last_ = now;
    const double done = static_cast<double>(bytes) / 1e6;
    log_.write(runtime::Stream::standard_error,
               total ? fmt::format("{:.1f} of {:.1f} MB\n", done,
                                   static_cast<double>(*total) / 1e6)
                     : fmt::format("{:.1f} MB\n", done));
  }

 private:
  StepLog& log_;
  Clock::time_point last_ = Clock::now();
};

void set_time(const base::Fd& file, const std::string& last_modified) {
  const std::int64_t seconds =
      registry::find_http_date(last_modified).value_or(0);
  const std::array<timespec, 2> times = {timespec{seconds, 0},
                                         timespec{seconds, 0}};
  if (::futimens(file.get(), times.data()) != 0) {
    throw base::system_error(errno, "setting a downloaded file's time");
  }
}

// Somebody waits for the build: a server that is down for more than some
// seconds is told at once, where a registry in the middle of a push is waited
// for.
constexpr registry::HttpLimits kLimits{.fruitless_tries = 5};

// The process's own proxies, then those of the build.
registry::Proxies find_proxies(const HttpOp& op) {
  registry::Proxies proxies = registry::Proxies::of_process();
  for (auto& [name, value] : registry::Proxies(op.proxy_env).variables) {
    proxies.variables[name] = value;
  }
  return proxies;
}

}  // namespace

registry::Downloaded fetch_file(const HttpOp& op, const Secrets& secrets,
                                const registry::Validators& known,
                                const std::filesystem::path& directory,
                                StepLog& log, const std::stop_token& stop) {
  const std::string shown = parser::redact_address(op.url);
  const auto url = parser::find_url(op.url);
  const std::string host = url ? url->host : std::string();
  try {
    const base::Fd file =
        base::open_file(directory / op.name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (::fchmod(file.get(), 0600) != 0) {
      throw base::system_error(errno, "giving a downloaded file its mode");
    }
    registry::HttpClient client(find_proxies(op), kLimits);
    SizeTeller teller(log);
    registry::Downloaded downloaded = registry::download(
        client, {op.url, find_authorization(host, secrets), known}, file,
        [&teller](std::uint64_t bytes, std::optional<std::uint64_t> total) {
          teller(bytes, total);
        },
        stop);
    set_time(file, downloaded.validators.last_modified);
    return downloaded;
  } catch (base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    if (error.kind() == base::ErrorKind::denied && error.hint().empty()) {
      error.hint(
          fmt::format("give what it asks for with --secret "
                      "id=HTTP_AUTH_TOKEN_{0},env=… or "
                      "id=HTTP_AUTH_HEADER_{0},env=…",
                      host));
    }
    error.add_context(fmt::format("cannot fetch {}", shown));
    throw;
  }
}

}  // namespace builder
