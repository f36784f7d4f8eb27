#include "builder/check.h"

#include <utility>

#include "builder/main_context.h"
#include "registry/reference.h"

namespace builder {
namespace {

MainContext look_at(const BuildOptions& options) {
  return look_at_main_context({options.context, options.file,
                               options.ignore_file, options.credentials.secrets,
                               options.plan.build_args});
}

}  // namespace

std::optional<ResolvedImage> AnyImages::find(std::string_view reference,
                                             const Platform& platform) {
  if (known_ != nullptr) {
    if (auto image = known_->find(reference, platform)) return image;
  }
  ResolvedImage image;
  image.reference = registry::parse_reference(reference).full();
  image.id = base::Digest::of(image.reference);
  image.config.os = platform_.os;
  image.config.architecture = platform_.architecture;
  image.is_known = false;
  return image;
}

// It would come into the store.
ResolvedImage AnyImages::read_layout(const LayoutImage& wanted) {
  ResolvedImage image;
  image.reference = "oci-layout://" + wanted.directory.native();
  image.id = base::Digest::of(image.reference);
  image.config.os = platform_.os;
  image.config.architecture = platform_.architecture;
  image.is_known = false;
  return image;
}

CheckResult check(const BuildOptions& options, ImageSource* images) {
  MainContext main = look_at(options);
  PartialSource parsed =
      parse_until_fault(main.dockerfile.name, main.dockerfile.text);
  CheckResult result{std::move(main.dockerfile.text),
                     std::move(parsed.file),
                     {},
                     std::move(parsed.fault)};
  Lint lint(result.file, options.plan.build_args, &main.ignore.rules);
  if (!result.error) {
    PlanOptions plan = options.plan;
    plan.all_stages = plan.target.empty();
    AnyImages any(images, plan.platform.value_or(plan.build_platform));
    try {
      make_plan(result.file, plan, any, lint,
                NamedContexts(options.named_contexts));
      lint.refuse_findings();
    } catch (const base::Error& error) {
      result.error = error;
    }
  }
  result.findings = lint.report().findings;
  return result;
}

ReadSource read_source(const BuildOptions& options) {
  MainContext main = look_at(options);
  SourceFile file = parse_source(main.dockerfile.name, main.dockerfile.text);
  return {std::move(main.dockerfile.text), std::move(file)};
}

PlannedSource plan_for_outline(const BuildOptions& options,
                               ImageSource* images) {
  ReadSource source = read_source(options);
  PlannedSource planned{std::move(source.text), std::move(source.file), {}};
  const PlanOptions& plan = options.plan;
  AnyImages any(images, plan.platform.value_or(plan.build_platform));
  planned.plan =
      make_plan(planned.file, plan, any, NamedContexts(options.named_contexts));
  return planned;
}

}  // namespace builder
