// Addresses with a scheme, cut into their parts: RFC 3986 "Syntax Components",
// as lenient as the programs that will be given the address. Nothing is decoded
// here; percent_decode() does that for who wants it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parser {

struct Url {
  std::string scheme;    // in lower case
  std::string userinfo;  // what stands before the "@"; may hold a password
  std::string host;      // "[::1]" with its brackets
  std::string port;      // digits; empty for the scheme's own
  std::string path;      // begins with "/" or is empty
  std::optional<std::string> query;     // behind "?"
  std::optional<std::string> fragment;  // behind "#"
};

// nullopt when `text` is not "scheme://host…".
std::optional<Url> find_url(std::string_view text);

// The last part of the path, decoded; empty when there is none. What a file
// fetched from there is called.
std::string file_name_of(const Url& url);

// "%41" is "A"; what is no escape stays as it is.
std::string percent_decode(std::string_view text);

// What people, logs and files get to see instead of credentials:
// "https://xxxxx:xxxxx@host/". Hidden is what stands before the "@" of the
// server; also where a "/", "?" or "#" in a password, which had to be escaped,
// ends the server's part early, as long as "user:password" cannot be taken for
// a server and its port.
//
// Of an address, which is the whole of the text whatever bytes are in it.
std::string redact_address(std::string_view address);
// Of every address in a text. One that begins behind a quote ends at the next,
// any other at a blank.
std::string redact_credentials(std::string_view text);
// The same with an "x" for each byte, where columns count.
std::string mask_credentials(std::string_view text);

}  // namespace parser
