#include "cli/report_page.h"

#include "base/base64.h"
#include "base/digest.h"
#include "cli/report_files.h"
#include "cli/report_text.h"

namespace cli {
namespace {

// As CSP level 3 names an inline script or style.
std::string hash_source(std::string_view content) {
  const base::Digest digest = base::Digest::of(content);
  const auto& bytes = digest.bytes();
  const std::string_view raw(reinterpret_cast<const char*>(bytes.data()),
                             bytes.size());
  return "'sha256-" + base::encode_base64(raw) + "'";
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

std::string render_report_page(std::string_view title, std::string_view data) {
  constexpr std::string_view kOpen = "{{";
  constexpr std::string_view kClose = "}}";
  std::string out;
  std::string_view rest = kReportPage;
  // Each place is filled once, so that no text can bring another.
  for (;;) {
    const std::size_t open = rest.find(kOpen);
    out += rest.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = rest.find(kClose, open);
    const std::string_view name =
        rest.substr(open + kOpen.size(), close - open - kOpen.size());
    if (name == "title") out += escape_html(show_text(title));
    if (name == "data") out += data;
    if (name == "style") out += kReportStyle;
    if (name == "script") out += kReportScript;
    if (name == "style-source") out += hash_source(kReportStyle);
    if (name == "script-source") out += hash_source(kReportScript);
    rest.remove_prefix(close + kClose.size());
  }
}

}  // namespace cli
