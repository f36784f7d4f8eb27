// The operations that fetch what an address means, for ADD and for build
// contexts alike.
#pragma once

#include <optional>
#include <string_view>

#include "builder/context_form.h"
#include "builder/operation.h"
#include "builder/scope.h"
#include "parser/git_address.h"

namespace builder {

// What a download is called where a build context is meant: it has no name of
// its own there.
inline constexpr std::string_view kDownloadName = "context";

// All that the address says; the proxies are the caller's.
GitOp git_operation(const parser::GitAddress& address);

// What fetches a build context; nullopt for one that is no address.
// Throws: nothing for a form that parse_context_form made.
std::optional<Operation> context_operation(const ContextForm& form,
                                           const BuildArgs& build_args);

}  // namespace builder
