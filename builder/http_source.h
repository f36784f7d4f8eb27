// What an HttpOp does: one file fetched into a directory.
#pragma once

#include <filesystem>
#include <stop_token>

#include "builder/exec_step.h"
#include "builder/operation.h"
#include "builder/step_log.h"
#include "registry/download.h"

namespace builder {

// Makes `directory`/<name>, mode 0600, with the time the server says it was
// changed at, else 1970's beginning; or finds that it is still the file `known`
// is of, and makes nothing.
// The secrets HTTP_AUTH_HEADER_<host> (a whole Authorization header) and
// HTTP_AUTH_TOKEN_<host> (a bearer token) are told to that host.
// Throws: what registry::download throws, with the address.
registry::Downloaded fetch_file(const HttpOp& op, const Secrets& secrets,
                                const registry::Validators& known,
                                const std::filesystem::path& directory,
                                StepLog& log, const std::stop_token& stop);

}  // namespace builder
