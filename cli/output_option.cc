#include "cli/output_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"

namespace cli {
namespace {

base::Error usage(std::string text, std::string hint = {}) {
  return base::Error(base::ErrorKind::usage, std::move(text))
      .hint(std::move(hint));
}

std::map<std::string, std::string> split_fields(const std::string& word) {
  std::map<std::string, std::string> fields;
  for (std::size_t start = 0; start <= word.size();) {
    const std::size_t end = std::min(word.find(',', start), word.size());
    const std::string field = word.substr(start, end - start);
    const std::size_t equals = field.find('=');
    if (equals == std::string::npos) {
      throw usage(fmt::format("--output {}: \"{}\" has no value", word, field),
                  "write type=oci,dest=FILE");
    }
    fields[field.substr(0, equals)] = field.substr(equals + 1);
    start = end + 1;
  }
  return fields;
}

OutputOption read_output(const std::string& word) {
  OutputOption output;
  for (const auto& [key, value] : split_fields(word)) {
    if (key == "type" && value == "image") {
      output.type = OutputOption::Type::image;
    } else if (key == "type" && value == "oci") {
      output.type = OutputOption::Type::oci;
    } else if (key == "dest") {
      output.destination = value;
    } else if (key == "tar" && (value == "true" || value == "false")) {
      output.form = value == "true" ? builder::LayoutForm::archive
                                    : builder::LayoutForm::directory;
    } else {
      throw base::Error(
          base::ErrorKind::unsupported,
          fmt::format("--output {}={} is not supported yet", key, value));
    }
  }
  const bool wants_destination = output.type == OutputOption::Type::oci;
  if (wants_destination && output.destination.empty()) {
    throw usage(fmt::format("--output {}: there is no dest=", word),
                "write type=oci,dest=FILE");
  }
  if (output.destination == "-") {
    throw base::Error(base::ErrorKind::unsupported,
                      "--output to stdout is not supported yet");
  }
  return output;
}

}  // namespace

std::vector<OutputOption> read_outputs(const std::vector<std::string>& words) {
  std::vector<OutputOption> outputs;
  for (const std::string& word : words) outputs.push_back(read_output(word));
  return outputs;
}

void write_output(const OutputOption& output, store::Store& store,
                  const base::Digest& image,
                  const std::vector<std::string>& names, std::stop_token stop) {
  if (output.type == OutputOption::Type::image) return;  // it is there already
  builder::write_oci_layout(store, image, names, output.destination,
                            output.form, std::move(stop));
}

}  // namespace cli
