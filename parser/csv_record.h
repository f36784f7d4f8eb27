// One record of comma-separated values, the outer syntax of RUN --mount.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

struct CsvField {
  std::string text;   // without the quotes around it
  std::size_t begin;  // offsets in the record, quotes included
  std::size_t end;
};

// A field with a comma in it stands in double quotes, where "" is one quote.
// Throws: SyntaxError on a quote without its mate or amid a field.
std::vector<CsvField> read_csv_record(std::string_view record);

}  // namespace parser
