#include "builder/config_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "builder/diagnostic.h"
#include "builder/plan.h"

namespace builder {
namespace {

using parser::Keyword;

constexpr std::array kAllowed = {
    Keyword::cmd,     Keyword::entrypoint,  Keyword::env,
    Keyword::expose,  Keyword::healthcheck, Keyword::label,
    Keyword::onbuild, Keyword::shell,       Keyword::stopsignal,
    Keyword::user,    Keyword::volume,      Keyword::workdir};

// The image that the changes are written behind, as a Dockerfile sees it.
class OneImage : public ImageSource {
 public:
  explicit OneImage(const store::ImageConfig& config) : config_(config) {}
  std::optional<ResolvedImage> find(std::string_view reference,
                                    const Platform& /*platform*/) override {
    return ResolvedImage{std::string(reference), {}, config_};
  }
  ResolvedImage read_layout(const LayoutImage& wanted) override {
    return *find(wanted.reference, wanted.platform);
  }

 private:
  const store::ImageConfig& config_;
};

}  // namespace

store::ContainerConfig change_config(const store::ImageConfig& config,
                                     const std::vector<std::string>& changes) {
  if (changes.empty()) return config.config;
  const SourceFile file = parse_source(
      "--change", fmt::format("FROM imported\n{}\n", fmt::join(changes, "\n")));
  // The first is the FROM that stands for the image itself.
  for (const parser::Instruction& instruction :
       std::span(file.tree.instructions).subspan(1)) {
    if (std::find(kAllowed.begin(), kAllowed.end(), instruction.keyword) !=
        kAllowed.end()) {
      continue;
    }
    throw error_at(file, instruction.range,
                   fmt::format("{} needs a build; it cannot change an image",
                               instruction.keyword_text),
                   "write a Dockerfile that starts FROM the imported image");
  }
  OneImage images(config);
  return make_plan(file, {}, images).config.config;
}

}  // namespace builder
