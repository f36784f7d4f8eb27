#include "cli/call_option.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include "builder/check.h"
#include "builder/outline.h"
#include "builder/store_images.h"
#include "cli/call_json.h"
#include "cli/call_text.h"
#include "cli/findings_text.h"
#include "cli/report.h"
#include "parser/values.h"

namespace cli {
namespace {

using Method = CallOption::Method;

Method read_method(const std::string& name) {
  if (name.empty() || name == "build") return Method::build;
  if (name == "check" || name == "lint") return Method::check;
  if (name == "outline") return Method::outline;
  if (name == "targets") return Method::targets;
  const std::string near =
      parser::find_nearest(name, {"build", "check", "outline", "targets"});
  throw usage_error(fmt::format("--call cannot do \"{}\"", name),
                    near.empty() ? "write build, check, outline or targets"
                                 : fmt::format("did you mean \"{}\"?", near));
}

void read_field(const std::string& key, const std::string& value,
                CallOption& call) {
  if (key == "format" && (value == "json" || value == "text")) {
    call.is_json = value == "json";
  } else if (key == "ignorestatus" && (value == "true" || value == "false")) {
    call.ignores_status = value == "true";
  } else if (key == "format" || key == "ignorestatus") {
    throw usage_error(fmt::format("--call: {} is not \"{}\"", key, value),
                      key == "format" ? "write format=json or format=text"
                                      : "write ignorestatus=true");
  } else {
    throw usage_error(fmt::format("--call has no option \"{}\"", key),
                      "for example --call=check,format=json");
  }
}

// The store's images, as far as they can be had: no store is made for a look at
// a file, and one that cannot be opened does not stop it.
class ImagesAtHand {
 public:
  explicit ImagesAtHand(const std::filesystem::path& root) {
    std::error_code error;
    if (!std::filesystem::exists(root / "strake.db", error)) return;
    try {
      store_ = std::make_unique<store::Store>(root);
      images_ = std::make_unique<builder::StoreImages>(*store_);
    } catch (const base::Error&) {
      // Then no base is at hand, and findings that hang on one say so.
    }
  }
  builder::ImageSource* get() const { return images_.get(); }

 private:
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<builder::StoreImages> images_;
};

int run_check(const CallOption& call, const builder::BuildOptions& options,
              builder::ImageSource* images) {
  const builder::CheckResult result = builder::check(options, images);
  if (call.is_json) {
    std::cout << render_check_json(result);
  } else if (!result.error || !result.findings.empty()) {
    std::cout << render_check({result.file, result.findings});
  }
  std::cout.flush();
  if (result.error) {
    report(*result.error);
    return exit_code_of(result.error->kind());
  }
  return result.findings.empty() || call.ignores_status ? 0 : 1;
}

}  // namespace

CallOption read_call(const std::optional<std::string>& call, bool is_check) {
  CallOption option;
  if (is_check) option.method = Method::check;
  if (!call) return option;
  std::size_t at = 0;
  do {
    const std::size_t end = std::min(call->find(',', at), call->size());
    const std::string field = call->substr(at, end - at);
    const std::size_t equals = field.find('=');
    if (equals != std::string::npos) {
      read_field(field.substr(0, equals), field.substr(equals + 1), option);
    } else if (at == 0) {
      const Method method = read_method(field);
      if (is_check && method != Method::check) {
        throw usage_error(fmt::format("--check and --call={} ask for two "
                                      "things",
                                      field),
                          "--check is --call=check");
      }
      option.method = method;
    } else {
      throw usage_error(fmt::format("--call: \"{}\" has no value", field),
                        "for example --call=check,format=json");
    }
    at = end + 1;
  } while (at <= call->size());
  return option;
}

int run_call(const CallOption& call, const builder::BuildOptions& options,
             const Globals& globals) {
  const ImagesAtHand images(globals.store_root());
  if (call.method == Method::check) {
    return run_check(call, options, images.get());
  }
  if (call.method == Method::targets) {
    const builder::ReadSource source = builder::read_source(options);
    std::cout << (call.is_json ? render_targets_json(source.file, source.text)
                               : render_targets(source.file));
    return 0;
  }
  const builder::PlannedSource planned =
      builder::plan_for_outline(options, images.get());
  const builder::Outline outline =
      builder::make_outline(planned.file, options.plan, planned.plan);
  std::cout << (call.is_json ? render_outline_json(outline, planned.text)
                             : render_outline(outline));
  return 0;
}

}  // namespace cli
