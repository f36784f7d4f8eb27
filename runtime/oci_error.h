// What an OCI runtime refused, in its own words.
#pragma once

#include <string>

#include "base/error.h"
#include "runtime/oci_plan.h"
#include "runtime/report.h"

namespace runtime {

// Of a failure whose step is the runtime's: `failure.text` is the end of its
// log
// (--log-format json), `failure.error` its exit code.
base::Error oci_error(const Failure& failure, const OciPlan& plan);

}  // namespace runtime
