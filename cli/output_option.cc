#include "cli/output_option.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "builder/tree_output.h"
#include "cli/flag_words.h"
#include "cli/image_name.h"
#include "cli/report.h"

namespace cli {
namespace {

using Type = OutputOption::Type;

struct TypeName {
  std::string_view name;
  Type type;
};
constexpr std::array kTypes = {TypeName{"image", Type::image},
                               TypeName{"registry", Type::registry},
                               TypeName{"oci", Type::oci},
                               TypeName{"docker", Type::docker},
                               TypeName{"tar", Type::tar},
                               TypeName{"local", Type::local},
                               TypeName{"cacheonly", Type::cacheonly}};

Type read_type(const FlagWords& words) {
  const std::string name = words.get("type");
  std::vector<std::string_view> names;
  for (const TypeName& type : kTypes) {
    if (type.name == name) return type.type;
    names.push_back(type.name);
  }
  words.fail_word("type", name, names);
}

void add_names(const FlagWords& words, const std::string& list,
               std::vector<std::string>& names) {
  for (std::size_t start = 0; start <= list.size();) {
    const std::size_t end = std::min(list.find(',', start), list.size());
    names.push_back(
        read_image_name(words.where(), list.substr(start, end - start)));
    start = end + 1;
  }
}

bool is_layout(Type type) { return type == Type::oci || type == Type::docker; }
bool is_image(Type type) { return type == Type::image || is_layout(type); }
bool can_push(Type type) {
  return type == Type::image || type == Type::registry;
}

void add_field(const FlagWords& words, const std::string& key,
               const std::string& value, OutputOption& output) {
  const bool wants_destination = is_layout(output.type) ||
                                 output.type == Type::tar ||
                                 output.type == Type::local;
  if (key == "type") return;
  if (key == "dest" && wants_destination) {
    output.destination = value;
  } else if (key == "tar" && is_layout(output.type)) {
    output.form = words.read_bool(key, true) ? builder::LayoutForm::archive
                                             : builder::LayoutForm::directory;
  } else if (key == "compression" &&
             (is_layout(output.type) || can_push(output.type))) {
    output.compression = read_compression(value, words.where());
  } else if (key == "name" &&
             (is_image(output.type) || can_push(output.type))) {
    add_names(words, value, output.names);
  } else if (key == "push" && can_push(output.type)) {
    output.pushes = words.read_bool(key, false);
  } else if (key == "force-compression" && can_push(output.type)) {
    output.forces_compression = words.read_bool(key, false);
  } else if (key == "oci-mediatypes" && can_push(output.type) &&
             words.read_bool(key, true)) {
    // What is made here always has them.
  } else {
    throw base::Error(
        base::ErrorKind::unsupported,
        fmt::format("{}: \"{}\" is not supported", words.where(), key));
  }
}

OutputOption read_output(const std::string& word) {
  OutputOption output;
  if (word.empty()) throw usage_error("--output wants a value", "see --help");
  if (word == "-") {
    output.type = Type::tar;
    output.destination = word;
    return output;
  }
  if (word.find('=') == std::string::npos &&
      word.find(',') == std::string::npos) {
    output.type = Type::local;
    output.destination = word;
    return output;
  }
  const FlagWords words("--output", word, "type=oci,dest=FILE");
  words.require("type");
  output.type = read_type(words);
  output.pushes = output.type == Type::registry;
  for (const auto& [key, value] : words.fields()) {
    add_field(words, key, value, output);
  }
  const bool wants_directory = output.type == Type::local ||
                               output.form == builder::LayoutForm::directory;
  if (wants_directory &&
      (output.destination.empty() || output.destination == "-")) {
    words.fail("it needs dest=DIRECTORY", "files cannot go to standard output");
  }
  if (output.destination.empty() && output.type == Type::tar) {
    output.destination = "-";
  }
  if (output.destination.empty() && is_layout(output.type)) {
    output.destination = "-";
  }
  return output;
}

bool goes_to_stdout(const OutputOption& output) {
  return output.destination == "-";
}

std::string_view type_name(Type type) {
  const auto* const found =
      std::find_if(kTypes.begin(), kTypes.end(),
                   [&](const TypeName& known) { return known.type == type; });
  return found->name;
}

void write_layout(const OutputOption& output, const Built& built) {
  builder::NamedImage image{built.result.image_id, built.tags};
  image.names.insert(image.names.end(), output.names.begin(),
                     output.names.end());
  builder::SaveOptions options;
  options.format = output.type == Type::oci ? builder::SaveFormat::oci
                                            : builder::SaveFormat::docker;
  options.form = output.form;
  options.compression = output.compression;
  options.trace = built.trace;
  builder::save_images(built.store, {std::move(image)}, options,
                       output.destination, built.stop);
}

void write_output(const OutputOption& output, const Built& built) {
  switch (output.type) {
    case Type::image:  // it is there already
    case Type::registry:
    case Type::cacheonly:
      return;
    case Type::oci:
    case Type::docker:
      return write_layout(output, built);
    case Type::tar:
      return builder::write_tree_tar(built.store, built.result.diff_ids,
                                     output.destination, built.stop);
    case Type::local:
      if (const std::size_t left_out =
              builder::write_tree(built.store, built.result.diff_ids,
                                  output.destination, built.stop);
          left_out > 0) {
        built.progress.warning(fmt::format("left out {} device node{} of {}",
                                           left_out, left_out == 1 ? "" : "s",
                                           output.destination.native()));
      }
      return;
  }
}

}  // namespace

std::vector<OutputOption> read_outputs(const std::vector<std::string>& words) {
  std::vector<OutputOption> outputs;
  for (const std::string& word : words) outputs.push_back(read_output(word));
  const auto to_stdout =
      std::count_if(outputs.begin(), outputs.end(), goes_to_stdout);
  if (to_stdout > 1) {
    throw usage_error("only one --output can go to standard output",
                      "give the others dest=FILE");
  }
  if (to_stdout == 1) require_no_terminal();
  return outputs;
}

bool keep_image(const std::vector<OutputOption>& outputs, bool has_tags) {
  const auto has = [&](auto wanted) {
    return std::any_of(
        outputs.begin(), outputs.end(),
        [&](const OutputOption& output) { return wanted(output.type); });
  };
  if (has(is_image)) return true;
  if (has([](Type type) {
        return type == Type::cacheonly || type == Type::registry;
      })) {
    return false;
  }
  return has_tags || outputs.empty();
}

bool need_layers(const std::vector<OutputOption>& outputs) {
  return std::any_of(outputs.begin(), outputs.end(),
                     [](const OutputOption& output) {
                       return output.type != OutputOption::Type::cacheonly &&
                              output.type != OutputOption::Type::registry;
                     });
}

std::vector<builder::PushRequest> read_pushes(
    const std::vector<OutputOption>& outputs,
    const std::vector<std::string>& tags) {
  std::vector<builder::PushRequest> pushes;
  for (const OutputOption& output : outputs) {
    if (!output.pushes) continue;
    std::vector<std::string> names = tags;
    names.insert(names.end(), output.names.begin(), output.names.end());
    if (names.empty()) {
      throw usage_error("there is no name to push the image under",
                        "give it one: -t registry.example.com/team/app");
    }
    pushes.push_back(
        {std::move(names), output.compression, output.forces_compression});
  }
  return pushes;
}

bool use_stdout(const std::vector<OutputOption>& outputs) {
  return std::any_of(outputs.begin(), outputs.end(), goes_to_stdout);
}

void write_outputs(const std::vector<OutputOption>& outputs,
                   const Built& built) {
  for (const OutputOption& output : outputs) {
    if (!output.destination.empty()) {
      built.progress.exporting(output.destination.native());
    }
    base::Span span(built.trace, "output", type_name(output.type));
    span.add("destination", output.destination.native());
    write_output(output, built);
  }
}

store::Compression read_compression(const std::string& text,
                                    const std::string& where) {
  if (text == "none" || text == "uncompressed") return store::Compression::none;
  if (text == "gzip") return store::Compression::gzip;
  if (text == "zstd") return store::Compression::zstd;
  throw usage_error(fmt::format("{}: unknown compression \"{}\"", where, text),
                    "it is gzip, zstd or uncompressed");
}

void require_no_terminal() {
  if (::isatty(STDOUT_FILENO) == 0) return;
  throw usage_error("an archive does not belong on a terminal",
                    "name a file for it, or redirect the output");
}

}  // namespace cli
