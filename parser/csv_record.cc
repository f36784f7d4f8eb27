#include "parser/csv_record.h"

#include <utility>

#include "parser/syntax_error.h"

namespace parser {

namespace {

Range range_of(std::size_t begin, std::size_t end) {
  return Range{{1, static_cast<std::uint32_t>(begin + 1)},
               {1, static_cast<std::uint32_t>(end + 1)}};
}

CsvField read_quoted(std::string_view record, std::size_t begin) {
  CsvField field{{}, begin, begin + 1};
  while (field.end < record.size()) {
    const char c = record[field.end++];
    if (c != '"') {
      field.text += c;
    } else if (record.substr(field.end, 1) == "\"") {
      field.text += '"';
      ++field.end;
    } else if (field.end == record.size() || record[field.end] == ',') {
      return field;
    } else {
      throw SyntaxError(range_of(field.end, field.end + 1),
                        "text right behind a closing quote",
                        "quote the whole field: \"key=value\"");
    }
  }
  throw SyntaxError(range_of(begin, begin + 1), "quote is never closed");
}

CsvField read_bare(std::string_view record, std::size_t begin) {
  const std::size_t comma = record.find(',', begin);
  const std::size_t end =
      comma == std::string_view::npos ? record.size() : comma;
  CsvField field{std::string(record.substr(begin, end - begin)), begin, end};
  const std::size_t quote = field.text.find('"');
  if (quote != std::string::npos) {
    throw SyntaxError(range_of(begin + quote, begin + quote + 1),
                      "quote amid a field",
                      "quote the whole field: \"key=value\"");
  }
  return field;
}

}  // namespace

std::vector<CsvField> read_csv_record(std::string_view record) {
  std::vector<CsvField> fields;
  std::size_t at = 0;
  while (true) {
    fields.push_back(record.substr(at, 1) == "\"" ? read_quoted(record, at)
                                                  : read_bare(record, at));
    at = fields.back().end;
    if (at >= record.size()) return fields;
    ++at;  // the comma
  }
}

}  // namespace parser
