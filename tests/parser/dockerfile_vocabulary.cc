#include "dockerfile_vocabulary.h"

namespace tests {

std::string Vocabulary::name() {
  return random_.pick({"app", "server", "my-tool", "lib_x", "caf\u00e9",
                       "\u540d\u524d", "data", "x"});
}

std::string Vocabulary::path() {
  return random_.pick({"/app", "/usr/local/bin/", ".", "./", "/srv/$NAME/x",
                       "src/*.go", "/opt/${VERSION:-1}/", "pkg/[a-z]?.txt",
                       "../x", "/\u00fc"});
}

std::string Vocabulary::quoted() {
  const std::string escape(1, escape_);
  return concat(
      {random_.pick({"plain", "\"two words\"", "'single $literal'", "",
                     "\"$VAR and ${OTHER:-'x y'}\"", "a=b=c", "\"\"",
                     "x\"y z\"w", "http://example.com/?a=1&b=2#c",
                     "\"caf\u00e9 \u2014 \u65e5\u672c\"", "'it'\"'\"'s'"}),
       random_.chance(15) ? escape + " more" : "",
       random_.chance(10) ? "\"a " + escape + "\" b\"" : ""});
}

std::string Vocabulary::json_list() {
  std::string list = random_.pick({"[", "[ ", "[\t"});
  const std::size_t count = random_.between(1, 4);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) list += random_.pick({",", ", ", " , "});
    list += "\"" +
            random_.pick({"/bin/app", "-c", "a b", "$HOME", "q\\\"q", "\\u00e9",
                          "tab\\there", "C:\\\\x", "\u65e5\u672c", "", "#x"}) +
            "\"";
  }
  return list + random_.pick({"]", " ]"});
}

std::string Vocabulary::json_list_of_paths() {
  return random_.pick({"[\"/a b\"]", "[ \"/data\" , \"/log\" ]"});
}

}  // namespace tests
