// The parts of a build report's page, which are files in cli/report/; CMake
// makes the source that holds their bytes (report_files.cc.in).
#pragma once

#include <string_view>

namespace cli {

extern const std::string_view kReportPage;    // page.html
extern const std::string_view kReportStyle;   // style.css
extern const std::string_view kReportScript;  // graph.js, page.js

}  // namespace cli
