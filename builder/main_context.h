// The main build context and the Dockerfile of a build, in whatever form the
// command line gives them.
//
// What comes through standard input or from an address is told by its bytes: an
// archive, plain or compressed, is the context; anything else is a Dockerfile,
// and the context is empty. An archive is unpacked below a lease, which whoever
// dies leaves to the next process, and its files keep the owners they have in
// it. No ignore file counts for it: whoever packed it chose what is in it.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "builder/build_context.h"
#include "builder/context_form.h"
#include "builder/dockerfile_text.h"
#include "builder/exec_step.h"
#include "builder/ignore_rules.h"
#include "builder/scope.h"
#include "store/store.h"

namespace builder {

struct MainContextOptions {
  ContextForm form;
  std::optional<std::string> file;                   // -f
  std::optional<std::filesystem::path> ignore_file;  // --ignorefile
  // What fetching from an address may need.
  const Secrets& secrets;
  const BuildArgs& build_args;
  Servers servers = Servers::asked;
};

struct MainContext {
  DockerfileText dockerfile;
  ContextDirectory directory;
  NamedIgnore ignore;
  // Of what was unpacked; the directory is gone with it.
  std::optional<store::Lease> lease = {};
};

// `before_work` is called before anything that may take long.
// Throws: usage when two things want standard input; not_found, denied, system;
// invalid_dockerfile (an ignore rule); invalid_input for a damaged archive;
// unavailable and other troubles of fetching; cancelled.
MainContext open_main_context(const MainContextOptions& options,
                              store::Store& store, const std::stop_token& stop,
                              const std::function<void()>& before_work);

// The same for those who only look: nothing is written, so what comes through
// standard input can be a Dockerfile only.
// Throws: as open_main_context; unsupported for an archive.
MainContext look_at_main_context(const MainContextOptions& options);

}  // namespace builder
