// The words that generated Dockerfiles are made of: names, paths, quoted
// values, JSON lists.
#pragma once

#include <string>

#include "random_choice.h"

namespace tests {

class Vocabulary {
 public:
  // Refers to both: `escape` is known only once the file's head is written.
  Vocabulary(RandomChoice& random, const char& escape)
      : random_(random), escape_(escape) {}

  std::string name();
  std::string path();
  // The value of a pair: plain, or in quotes that are closed.
  std::string quoted();
  std::string json_list();
  std::string json_list_of_paths();

 private:
  RandomChoice& random_;
  const char& escape_;
};

}  // namespace tests
