#include "registry/repository.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "registry/header_text.h"
#include "registry/manifest_type.h"
#include "registry/pages.h"
#include "registry/reference.h"
#include "registry/referrers.h"

namespace registry {
namespace {

// As large as any document that is read from elsewhere.
constexpr std::size_t kMostManifestBytes = std::size_t{16} << 20U;

base::Error altered(std::string_view what, const base::Digest& actual,
                    const base::Digest& expected) {
  return base::Error(base::ErrorKind::corrupt,
                     fmt::format("{} is {}, not {}", what, actual.str(),
                                 expected.str()))
      .hint("it was cut or altered on its way, or the registry is damaged");
}

// It becomes part of names and addresses.
void require_tag(const std::string& text) {
  try {
    if (parse_reference("x:" + text).tag == text) return;
  } catch (const base::Error&) {
    // Its hint is for who has written a name.
  }
  throw base::Error(base::ErrorKind::invalid_input,
                    "what it lists is no list of tags");
}

std::vector<std::string> accepted() {
  std::string types;
  for (const std::string_view type : manifest_types()) {
    types += types.empty() ? "" : ", ";
    types += type;
  }
  return {"Accept: " + types};
}

}  // namespace

Repository::Repository(RegistryHost& host, std::string path)
    : host_(host), path_(std::move(path)) {}

std::string Repository::describe() const {
  return host_.settings().name + "/" + path_;
}

std::string Repository::address(std::string_view rest) const {
  return fmt::format("/v2/{}/{}", path_, rest);
}

Scopes Repository::pull_scopes() const {
  return {fmt::format("repository:{}:pull", path_)};
}

Scopes Repository::push_scopes() const {
  return {fmt::format("repository:{}:pull,push", path_)};
}

Manifest Repository::get_manifest(const std::string& reference,
                                  const std::stop_token& stop) const {
  Call call;
  call.path = address("manifests/" + reference);
  call.headers = accepted();
  call.scopes = pull_scopes();
  return host_.ask(call, stop, [&](RegistryReply& reply) {
    const HttpReply head = reply.head();
    Manifest manifest;
    manifest.bytes = reply.read_all(kMostManifestBytes);
    manifest.descriptor.digest = base::Digest::of(manifest.bytes);
    manifest.descriptor.size_bytes = manifest.bytes.size();
    for (const auto& promised :
         {base::Digest::find_in(reference),
          base::Digest::find_in(head.header("docker-content-digest"))}) {
      if (!promised || *promised == manifest.descriptor.digest) continue;
      throw altered(fmt::format("the manifest {} of {}", reference, describe()),
                    manifest.descriptor.digest, *promised);
    }
    manifest.descriptor.media_type =
        judge_manifest(manifest.bytes, head.header("content-type"));
    return manifest;
  });
}

std::optional<base::Descriptor> Repository::find_manifest(
    const std::string& reference, const std::stop_token& stop) const {
  Call call;
  call.method = "HEAD";
  call.path = address("manifests/" + reference);
  call.headers = accepted();
  call.scopes = pull_scopes();
  call.answers = {404};
  return host_.ask(
      call, stop, [&](RegistryReply& reply) -> std::optional<base::Descriptor> {
        const HttpReply head = reply.head();
        if (head.status == 404) return std::nullopt;
        const auto digest =
            base::Digest::find_in(head.header("docker-content-digest"));
        const auto size = find_number(head.header("content-length"));
        const std::string type =
            find_manifest_type(head.header("content-type"));
        // Registries need not say them.
        if (!digest || !size || type.empty()) {
          return get_manifest(reference, stop).descriptor;
        }
        const auto asked = base::Digest::find_in(reference);
        if (asked && *asked != *digest) {
          throw altered(
              fmt::format("the manifest {} of {}", reference, describe()),
              *digest, *asked);
        }
        base::Descriptor found;
        found.digest = *digest;
        found.media_type = type;
        found.size_bytes = *size;
        return found;
      });
}

void Repository::put_manifest(const std::string& reference,
                              const Manifest& manifest,
                              const std::stop_token& stop) const {
  Call call;
  call.method = "PUT";
  call.path = address("manifests/" + reference);
  call.headers = {"Content-Type: " + manifest.descriptor.media_type};
  call.body = manifest.bytes;
  call.scopes = push_scopes();
  bool is_listed = false;     // by the registry itself
  bool is_confirmed = false;  // that it is there
  host_.ask(call, stop, [&](RegistryReply& reply) {
    is_listed = !reply.head().header("oci-subject").empty();
    const auto stored =
        base::Digest::find_in(reply.head().header("docker-content-digest"));
    if (stored && *stored != manifest.descriptor.digest) {
      throw altered(fmt::format("what {} says it has stored", describe()),
                    *stored, manifest.descriptor.digest);
    }
    is_confirmed = stored.has_value();
  });
  if (!is_confirmed) confirm_manifest(reference, manifest, stop);
  if (is_listed) return;
  if (const auto subject = find_subject(manifest.bytes)) {
    add_to_referrers_tag(*subject, manifest, stop);
  }
}

// Not all that answers to a PUT keeps what it got: web servers, proxies.
void Repository::confirm_manifest(const std::string& reference,
                                  const Manifest& manifest,
                                  const std::stop_token& stop) const {
  const auto there = find_manifest(reference, stop);
  if (there && there->digest == manifest.descriptor.digest) return;
  throw base::Error(
      base::ErrorKind::unavailable,
      fmt::format("{} has taken the manifest {}, and {}", describe(), reference,
                  there ? "has another one there" : "does not have it"))
      .hint("check that a registry of images answers at this address");
}

void Repository::delete_manifest(const base::Digest& digest,
                                 const std::stop_token& stop) const {
  Call call;
  call.method = "DELETE";
  call.path = address("manifests/" + digest.str());
  call.scopes = {fmt::format("repository:{}:delete,pull", path_)};
  host_.ask(call, stop, [](RegistryReply&) {});
}

bool Repository::has_blob(const base::Descriptor& blob,
                          const std::stop_token& stop) const {
  Call call;
  call.method = "HEAD";
  call.path = address("blobs/" + blob.digest.str());
  call.scopes = push_scopes();
  call.answers = {404};
  return host_.ask(call, stop, [&](RegistryReply& reply) {
    const HttpReply& head = reply.head();
    if (head.status == 404) return false;
    // What a registry would give in its place is none.
    const auto size = find_number(head.header("content-length"));
    return !size || *size == blob.size_bytes;
  });
}

void Repository::list_tags(
    const std::function<void(const std::string& tag)>& found,
    const std::stop_token& stop) const {
  list_pages(
      host_, address("tags/list"), pull_scopes(), "tags",
      [&](const std::string& tag) {
        require_tag(tag);
        found(tag);
        return Listing::goes_on;
      },
      stop);
}

}  // namespace registry
