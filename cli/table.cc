#include "cli/table.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "cli/clean_text.h"
#include "cli/text_width.h"

namespace cli {

Table::Table(std::vector<std::string> header) {
  rows_.push_back(std::move(header));
}

// Cells may come from strangers: an image's history, a file's name.
void Table::add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = clean_line(cell);
  rows_.push_back(std::move(row));
}

std::string Table::render() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], text_width(row[i]));
    }
  }
  std::string out;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      out += row[i];
      out.append(widths[i] - text_width(row[i]) + 3, ' ');
    }
    out += row.back() + "\n";
  }
  return out;
}

std::string render_size(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g}{}", value, kUnits[unit]);
}

std::string render_age(std::chrono::sys_seconds then) {
  using namespace std::chrono;
  const auto age = floor<seconds>(system_clock::now()) - then;
  const auto count = [](std::int64_t n, std::string_view unit) {
    return fmt::format("{} {}{} ago", n, unit, n == 1 ? "" : "s");
  };
  if (age < minutes(1))
    return count(std::max<std::int64_t>(age.count(), 0), "second");
  if (age < hours(1)) return count(floor<minutes>(age).count(), "minute");
  if (age < days(2)) return count(floor<hours>(age).count(), "hour");
  if (age < days(60)) return count(floor<days>(age).count(), "day");
  if (age < days(730)) return count(floor<days>(age).count() / 30, "month");
  return count(floor<days>(age).count() / 365, "year");
}

std::string render_age(std::string_view rfc3339) {
  tm parts{};
  const std::string text(rfc3339);
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) {
    return "N/A";
  }
  return render_age(std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::from_time_t(::timegm(&parts))));
}

}  // namespace cli
