// build --output: where an image goes beside the store.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/digest.h"
#include "builder/oci_output.h"
#include "store/store.h"

namespace cli {

struct OutputOption {
  enum class Type { image, oci };
  Type type = Type::image;
  std::filesystem::path destination;  // oci
  builder::LayoutForm form = builder::LayoutForm::archive;
};

// "type=oci,dest=hello.tar". Throws: usage, unsupported.
std::vector<OutputOption> read_outputs(const std::vector<std::string>& words);

void write_output(const OutputOption& output, store::Store& store,
                  const base::Digest& image,
                  const std::vector<std::string>& names, std::stop_token stop);

}  // namespace cli
