// The answers to --call with format=json, in the shapes that docker buildx
// gives (buildkit's subrequests lint, outline and targets), so that tools which
// read its answers can read ours. Members that are empty are left out, as
// there.
#pragma once

#include <string>

#include "builder/check.h"
#include "builder/outline.h"

namespace cli {

// {"warnings": [{ruleName, description, url, detail, location}], "sources",
// "buildError"}. A finding about no line has the sourceIndex -1.
std::string render_check_json(const builder::CheckResult& result);

// {name, description, args, secrets, ssh, cache, sources}; `text` is the
// file's.
std::string render_outline_json(const builder::Outline& outline,
                                const std::string& text);

// {"targets": [{name, default, description, base, platform, location}],
// "sources"}
std::string render_targets_json(const builder::SourceFile& file,
                                const std::string& text);

}  // namespace cli
