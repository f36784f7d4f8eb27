// Progress of a whole build command: what builder/ tells, and what comes after
// it: outputs, the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "builder/progress.h"

namespace cli {

struct BuildEnd {
  std::vector<std::string> names;  // as the user wrote them
  base::Digest image_id;
};

// A progress that is destroyed without finished() belongs to a build that
// failed; what is then on the screen is left in order.
class BuildProgress : public builder::Progress {
 public:
  // The image is stored; now it is being written elsewhere too, until the next
  // of these calls.
  virtual void exporting(std::string_view output) = 0;
  virtual void finished(const BuildEnd& end) = 0;
};

}  // namespace cli
