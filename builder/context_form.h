// The forms a build context is given in: the operand of "strake build", and the
// value of --build-context.
//
//   DIRECTORY                      ./src
//   standard input                 - (the operand only)
//   an image of the store          docker-image://alpine:3.20
//   nothing                        docker-image://scratch
//   an image of an image layout    oci-layout://DIRECTORY[:TAG|@DIGEST]
//   a git repository               git@host:path, https://host/repository.git
//   a download                     https://host/archive.tar.gz
//
// A directory of that name is meant before anything else, as with docker.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace builder {

struct ContextForm {
  enum class Kind {
    directory,
    standard_input,
    image,
    scratch,
    layout,
    git,
    download,
  };
  Kind kind = Kind::directory;
  // directory, layout: where it is, absolute and without links.
  std::filesystem::path directory = {};
  // image: its reference; layout: TAG or DIGEST, empty for neither; git,
  // download: the address.
  std::string reference = {};
};

// Throws: not_found for a directory that is not there, with the nearest name;
// invalid_input for what is none of the forms.
ContextForm parse_context_form(std::string_view text);

// --build-context NAME[::OS/ARCHITECTURE]=FORM
struct NamedContext {
  std::string name;      // as comparable_name() has it
  std::string platform;  // as render_platform() has it; empty: any
  ContextForm form;
};

// Throws: usage when it is not of that form; what parse_context_form throws.
NamedContext parse_named_context(std::string_view text);

// A name in the form in which names are the same: "alpine" for "alpine:latest"
// and "docker.io/library/alpine". nullopt for what names no image, and so no
// context. Throws: nothing.
std::optional<std::string> comparable_name(std::string_view name);

// The contexts of a build by their names.
class NamedContexts {
 public:
  NamedContexts() = default;
  explicit NamedContexts(std::vector<NamedContext> contexts);

  // The place among all(), for a stage of this platform: one named for the
  // platform before one that is for any, the last of several. "scratch" and
  // "context" never have one.
  std::optional<std::size_t> find(std::string_view name,
                                  std::string_view platform) const;
  const std::vector<NamedContext>& all() const noexcept { return contexts_; }

 private:
  std::vector<NamedContext> contexts_;
};

}  // namespace builder
