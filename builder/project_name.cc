#include "builder/project_name.h"

#include <fmt/format.h>

#include "parser/url.h"

namespace builder {

std::string name_project(const BuildOptions& options, const MainContext& main) {
  const ContextForm& form = options.context;
  const std::filesystem::path& path = main.dockerfile.path;
  const std::string file =
      path.empty() ? options.file.value_or("")
                   : std::filesystem::weakly_canonical(path).native();
  switch (form.kind) {
    case ContextForm::Kind::directory:
      return fmt::format("{}\n{}", form.directory.native(), file);
    case ContextForm::Kind::standard_input:
      // The next of the same is likely given the same name.
      if (options.tags.empty()) return {};
      return fmt::format("-\n{}\n{}", options.tags.front(), file);
    default:
      return fmt::format("{}\n{}", parser::redact_address(form.reference),
                         file);
  }
}

}  // namespace builder
