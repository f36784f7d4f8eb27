// The page that --report writes: one file of HTML that needs nothing else, no
// network and no other file, wherever it is kept and sent.
//
// It is cli/report/page.html with style.css, page.js and the data
// (report_data.h) in it. The data is inert JSON which the script shows as text,
// never as markup; a content security policy lets a browser run that script and
// take that style alone, each named by its digest, and fetch nothing.
#pragma once

#include <string>
#include <string_view>

namespace cli {

// `title` is any text; `data` comes from render_report_data().
std::string render_report_page(std::string_view title, std::string_view data);

}  // namespace cli
