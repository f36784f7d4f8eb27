#include "registry/certs_d.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace registry {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostCertificateBytes = 4U << 20U;

std::vector<fs::path> list_homes(const ConfigPlaces& places) {
  std::vector<fs::path> homes;
  if (!places.config.empty()) {
    homes.push_back(places.config / "containers/certs.d");
    homes.push_back(places.config / "docker/certs.d");
  }
  if (!places.home.empty()) homes.push_back(places.home / ".docker/certs.d");
  homes.push_back(places.etc / "containers/certs.d");
  homes.push_back(places.etc / "docker/certs.d");
  return homes;
}

// The files of a directory by name; nullopt when it is not there, or not for
// us.
std::optional<std::vector<fs::path>> find_files(const fs::path& directory) {
  std::error_code problem;
  fs::directory_iterator entries(directory, problem);
  std::vector<fs::path> files;
  for (; !problem && entries != fs::directory_iterator();
       entries.increment(problem)) {
    files.push_back(entries->path());
  }
  if (problem == std::errc::no_such_file_or_directory ||
      problem == std::errc::not_a_directory ||
      problem == std::errc::permission_denied) {
    return std::nullopt;
  }
  if (problem) {
    throw base::system_error(problem.value(),
                             fmt::format("reading {}", directory.string()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// libcurl fails on such a file too, but does not say which it was.
std::string read_authorities(const fs::path& path) {
  std::string text = base::read_file(path, kMostCertificateBytes);
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string::npos &&
      text.find("-----BEGIN TRUSTED CERTIFICATE-----") == std::string::npos) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{} holds no certificate", path.string()))
        .hint(
            "a *.crt is the registry's authority in PEM, which begins with "
            "\"-----BEGIN CERTIFICATE-----\"");
  }
  if (!text.ends_with('\n')) text.push_back('\n');
  return text;
}

// The other half of a client certificate.
void require_half(const fs::path& path, const fs::path& half) {
  std::error_code ignored;
  if (fs::exists(half, ignored)) return;
  throw base::Error(base::ErrorKind::invalid_input,
                    fmt::format("{} is missing beside {}", half.string(),
                                path.filename().string()))
      .hint(
          "a client certificate is NAME.cert and NAME.key; an authority's "
          "certificate is *.crt");
}

TlsSettings read_directory(const std::vector<fs::path>& files) {
  TlsSettings tls;
  for (const fs::path& path : files) {
    fs::path half = path;
    if (path.extension() == ".crt") {
      tls.authorities += read_authorities(path);
    } else if (path.extension() == ".key") {
      require_half(path, half.replace_extension(".cert"));
    } else if (path.extension() == ".cert") {
      require_half(path, half.replace_extension(".key"));
      if (!tls.certificate.empty()) {
        throw base::Error(
            base::ErrorKind::unsupported,
            fmt::format("both {} and {} are client certificates",
                        tls.certificate.string(), path.filename().string()))
            .hint("keep one of them in the registry's directory");
      }
      tls.certificate = path;
      tls.key = half;
    }
  }
  return tls;
}

}  // namespace

TlsSettings read_tls_settings(const ConfigPlaces& places,
                              const std::string& registry) {
  for (const fs::path& home : list_homes(places)) {
    if (const auto files = find_files(home / registry)) {
      return read_directory(*files);
    }
  }
  return {};
}

}  // namespace registry
