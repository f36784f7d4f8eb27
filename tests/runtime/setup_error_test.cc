#include "runtime/setup_error.h"

#include <catch2/catch.hpp>

using runtime::find_interpreter;

TEST_CASE("a script's interpreter is the first word after #!", "[runtime]") {
  CHECK(find_interpreter("#!/bin/sh\n") == "/bin/sh");
  CHECK(find_interpreter("#! \t/usr/bin/env -S python3\nx") == "/usr/bin/env");
  CHECK(find_interpreter("#!/bin/bash\r\n") == "/bin/bash\r");
  CHECK(find_interpreter("#!/bin/sh") == "/bin/sh");
  CHECK(find_interpreter("#!\n").empty());
}

TEST_CASE("bytes that are no whole program name no interpreter", "[runtime]") {
  CHECK(find_interpreter("").empty());
  CHECK(find_interpreter("\177ELF").empty());
  std::string head("\177ELF\2\1\1", 7);
  head.resize(64, '\xff');  // a header that points far outside
  CHECK(find_interpreter(head).empty());
}

TEST_CASE("a record that arrives in pieces is read whole", "[runtime]") {
  runtime::Record record;
  record.step = runtime::SetupStep::mask_path;
  record.error = 5;
  record.text_size = 4;
  std::string bytes(reinterpret_cast<const char*>(&record), sizeof record);
  bytes += "text";
  runtime::ReportReader reader;
  for (const char byte : bytes) {
    CHECK_FALSE(reader.failure());
    reader.append({&byte, 1});
  }
  REQUIRE(reader.failure());
  CHECK(reader.failure()->step == runtime::SetupStep::mask_path);
  CHECK(reader.failure()->error == 5);
  CHECK(reader.failure()->text == "text");
}
