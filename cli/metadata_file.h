// --metadata-file: what was built, as docker buildx writes it, and what each
// step used. A JSON object, written when the build has succeeded:
//
//   "containerimage.config.digest"  the image ID
//   "containerimage.digest"         the same, as docker's own image store has
//   it;
//                                   absent where an output writes a manifest,
//                                   whose digest is another
//   "image.name"                    the full references, joined by commas
//   "strake.steps"                  a list in the order of the plan:
//     {"name": "RUN make", "place": "[build 2/5]", "cached": false,
//      "wall_seconds": 4.1, "cpu": {"user_seconds": 7.1, "system_seconds":
//      0.8}, "peak_memory_bytes": 327155712, "oom_kills": 0, "exit_code": 0}
//
//   "strake.cache"                  where a cache elsewhere was asked for:
//     {"steps": 14, "cached_steps": 12, "imported_steps": 9,
//      "saved_seconds": 192.0, "read_bytes": 14000000, "read_seconds": 0.8,
//      "written_bytes": 3000000, "write_seconds": 0.2}
//
// A cached step has its first three alone, one that is no RUN the wall time
// too.
#pragma once

#include <string>
#include <vector>

#include "builder/build.h"
#include "cli/output_option.h"

namespace cli {

std::string render_metadata(const builder::BuildResult& result,
                            const std::vector<std::string>& names,
                            const std::vector<OutputOption>& outputs);

}  // namespace cli
