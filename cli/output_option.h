// build --output: where the result goes beside the store.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "builder/build.h"
#include "builder/save_images.h"
#include "cli/build_progress.h"
#include "store/store.h"

namespace cli {

struct OutputOption {
  enum class Type { image, registry, oci, docker, tar, local, cacheonly };
  Type type = Type::image;
  std::filesystem::path destination;  // "-": standard output
  builder::LayoutForm form = builder::LayoutForm::archive;
  std::optional<store::Compression> compression;
  std::vector<std::string> names;  // full references beside those of --tag
  bool pushes = false;             // to its names' registries
  bool forces_compression = false;
};

// "type=oci,dest=hello.tar", "type=tar" for standard output, and docker's short
// forms: a directory's name for type=local, "-" for type=tar to standard
// output. Throws: usage, unsupported.
std::vector<OutputOption> read_outputs(const std::vector<std::string>& words);

// Whether these outputs want the image in the store.
bool keep_image(const std::vector<OutputOption>& outputs, bool has_tags);
// Whether one of them reads the image's files.
bool need_layers(const std::vector<OutputOption>& outputs);
// What is to go to registries, under these tags too.
// Throws: usage where there is no name.
std::vector<builder::PushRequest> read_pushes(
    const std::vector<OutputOption>& outputs,
    const std::vector<std::string>& tags);
bool use_stdout(const std::vector<OutputOption>& outputs);

// What was built, and who is told what becomes of it.
struct Built {
  store::Store& store;
  const builder::BuildResult& result;
  const std::vector<std::string>& tags;  // full references
  BuildProgress& progress;
  base::Trace* trace;
  std::stop_token stop;
};

void write_outputs(const std::vector<OutputOption>& outputs,
                   const Built& built);

// "gzip", "zstd" or "uncompressed", for which "none" stands too. `where` leads
// the message. Throws: usage.
store::Compression read_compression(const std::string& text,
                                    const std::string& where);

// Throws: usage when standard output is a terminal, which bytes would spoil.
void require_no_terminal();

}  // namespace cli
