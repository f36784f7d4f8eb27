// Looking at a Dockerfile without building it: what --check, --call=outline and
// --call=targets are made of. Nothing is written, no step runs, and base images
// that are not at hand are taken for bare ones.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "builder/build.h"
#include "builder/lint.h"

namespace builder {

// The file, what lint found in it, and why it cannot be built, if so.
struct CheckResult {
  std::string text;  // as it was read
  SourceFile file;
  std::vector<parser::LintFinding> findings;
  std::optional<base::Error> error;
};

// Every stage of the file or, with a target, those that it reaches. `images`
// is where bases are looked for; null: nowhere.
// Throws: not_found when there is no Dockerfile, usage, system.
CheckResult check(const BuildOptions& options, ImageSource* images);

// The Dockerfile alone. Throws: not_found, invalid_dockerfile, system.
struct ReadSource {
  std::string text;
  SourceFile file;
};
ReadSource read_source(const BuildOptions& options);

// Planned to be looked at: with stand-ins for the images that are not at hand.
struct PlannedSource {
  std::string text;
  SourceFile file;
  Plan plan;
};
// Throws: what makes the file impossible to build.
PlannedSource plan_for_outline(const BuildOptions& options,
                               ImageSource* images);

// An ImageSource that knows every image: those of another, and bare stand-ins
// for the rest (ResolvedImage::is_known).
class AnyImages : public ImageSource {
 public:
  AnyImages(ImageSource* known, Platform platform)
      : known_(known), platform_(std::move(platform)) {}
  std::optional<ResolvedImage> find(std::string_view reference,
                                    const Platform& platform) override;
  ResolvedImage read_layout(const LayoutImage& wanted) override;

 private:
  ImageSource* known_;
  Platform platform_;
};

}  // namespace builder
