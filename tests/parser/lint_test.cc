// Rules that the text alone can tell. Findings are shown as "Rule:line".
#include "parser/lint.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "parser/syntax_error.h"

namespace {

using Names = std::vector<std::string>;

std::vector<parser::LintFinding> find(const std::string& text) {
  std::optional<parser::SyntaxError> fault;
  const parser::Dockerfile file = parser::parse_until_fault(text, fault);
  const auto check = file.directives.find("check");
  return parser::select_findings(
      parser::lint_dockerfile(file), file,
      check == file.directives.end()
          ? parser::LintOptions{}
          : parser::parse_lint_options(check->second));
}

Names lint(const std::string& text) {
  Names names;
  for (const parser::LintFinding& finding : find(text)) {
    names.push_back(std::string(parser::info_of(finding.rule).name) + ":" +
                    std::to_string(finding.range.start.line));
  }
  return names;
}

// The one finding of a text.
parser::LintFinding sole(const std::string& text) {
  const auto findings = find(text);
  REQUIRE(findings.size() == 1);
  return findings.front();
}

std::string marked(const std::string& text) {
  const parser::LintFinding finding = sole(text);
  const parser::Range range = finding.focus.value_or(finding.range);
  std::size_t begin = 0;
  for (std::uint32_t line = 1; line < range.start.line; ++line) {
    begin = text.find('\n', begin) + 1;
  }
  return text.substr(begin + range.start.column - 1,
                     range.end.column - range.start.column);
}

}  // namespace

TEST_CASE("a stage name with capitals is found and marked", "[lint][D447]") {
  CHECK(lint("FROM scratch AS Build\n") == Names{"StageNameCasing:1"});
  CHECK(marked("FROM scratch AS Build\n") == "Build");
  CHECK(lint("FROM scratch AS build-1.x_y\n").empty());
}

TEST_CASE("AS is held to the case of its FROM", "[lint][D448]") {
  CHECK(lint("FROM scratch as a\n") == Names{"FromAsCasing:1"});
  CHECK(lint("from scratch AS a\n") == Names{"FromAsCasing:1"});
  CHECK(lint("FROM scratch As a\n") == Names{"FromAsCasing:1"});
  CHECK(lint("from scratch as a\n").empty());
  // A FROM in mixed case has a finding of its own.
  CHECK(lint("From scratch as a\n") == Names{"ConsistentInstructionCasing:1"});
}

TEST_CASE("a blank line inside an instruction counts once, at its last line",
          "[lint][D18][D449]") {
  CHECK(lint("FROM scratch\nCOPY a \\\n\n\n b \\\n\n /\n") ==
        Names{"NoEmptyContinuation:7"});
  CHECK(sole("FROM scratch\nCOPY a \\\n\n /\n").message.find("line 3") !=
        std::string::npos);
  CHECK(lint("FROM scratch\nRUN cat <<E \\\n\n  x\nbody\n\nE\n") ==
        Names{"NoEmptyContinuation:4"});
  CHECK(lint("FROM scratch\nCOPY a \\\n# comment\n /\n").empty());
  CHECK(lint("FROM scratch\nRUN <<E\n\necho\nE\n").empty());
}

TEST_CASE("instruction names follow the majority, a tie is upper",
          "[lint][D450]") {
  CHECK(lint("FROM a\ncopy x /\nCOPY y /\n") ==
        Names{"ConsistentInstructionCasing:2"});
  CHECK(lint("from a\nCOPY x /\ncopy y /\n") ==
        Names{"ConsistentInstructionCasing:2"});
  CHECK(lint("FROM a\ncopy x /\n") == Names{"ConsistentInstructionCasing:2"});
  CHECK(lint("frOM a as b\nfrom b\n") ==
        Names{"ConsistentInstructionCasing:1"});
  CHECK(lint("from a\ncopy x /\n").empty());
  // ARGs above the first FROM neither count nor are judged.
  CHECK(lint("arg a\narg b\nFROM scratch\n").empty());
  CHECK(lint("FROM a\nRUN <<E\nenv\nE\n").empty());
}

TEST_CASE("a stage name that is taken is found at the later one",
          "[lint][D451]") {
  CHECK(lint("FROM a AS b\nFROM a AS b\nFROM a AS B\n") ==
        Names{"DuplicateStageName:2", "DuplicateStageName:3",
              "StageNameCasing:3"});
  CHECK(lint("FROM a AS b1\nFROM a AS b2\n").empty());
}

TEST_CASE("a stage is not called scratch or context", "[lint][D452]") {
  CHECK(lint("FROM scratch AS scratch\nFROM scratch AS context\n") ==
        Names{"ReservedStageName:1", "ReservedStageName:2"});
  CHECK(lint("FROM scratch\nFROM scratch AS a\n").empty());
}

TEST_CASE("MAINTAINER is out of use", "[lint][D454]") {
  CHECK(lint("FROM a\nMAINTAINER me\n") == Names{"MaintainerDeprecated:2"});
  CHECK(lint("FROM a\nLABEL org.opencontainers.image.authors=me\n").empty());
}

TEST_CASE("of several commands in a stage the earlier ones are found",
          "[lint][D458]") {
  CHECK(lint("FROM a\nENTRYPOINT [\"a\"]\nCMD [\"a\"]\nHEALTHCHECK CMD a\n"
             "RUN x\nENTRYPOINT [\"b\"]\nCMD [\"b\"]\nHEALTHCHECK NONE\n") ==
        Names{"MultipleInstructionsDisallowed:2",
              "MultipleInstructionsDisallowed:3",
              "MultipleInstructionsDisallowed:4"});
  CHECK(lint("FROM a\nCMD [\"a\"]\nCMD [\"b\"]\nCMD [\"c\"]\n") ==
        Names{"MultipleInstructionsDisallowed:2",
              "MultipleInstructionsDisallowed:3"});
  CHECK(lint("FROM a AS b\nCMD [\"a\"]\nFROM b\nCMD [\"b\"]\n").empty());
}

TEST_CASE("keys and values without an equals sign are found", "[lint][D459]") {
  CHECK(lint("FROM a\nENV k v\nLABEL k v w\n") ==
        Names{"LegacyKeyValueFormat:2", "LegacyKeyValueFormat:3"});
  CHECK(lint("FROM a\nENV k=v\nLABEL k=v l=w\n").empty());
}

TEST_CASE("names that look secret are found one by one", "[lint][D128][D462]") {
  const auto names = [](const std::string& line) {
    return lint("FROM a\n" + line + "\n").size();
  };
  CHECK(names("ARG SECRET_PASSPHRASE") == 1);
  CHECK(names("ENV SUPER_Secret=foo") == 1);
  CHECK(names("ENV password=bar secret=baz") == 2);
  CHECK(names("ARG super_duper_secret_token=foo auth=bar") == 2);
  CHECK(names("ENV apikey=bar sunflower=foo") == 1);
  CHECK(names("ENV git_key=") == 1);
  CHECK(names("ENV PUBLIC_KEY=") == 0);
  CHECK(names("ARG public_token") == 0);
  CHECK(names("ARG SECRET_PASSPHRASE_FILE") == 0);
  CHECK(names("ARG AUTH_MODULE_VERSION") == 0);
  CHECK(names("ENV KEYBOARD=de MONKEY=1 AUTHOR=me") == 0);
  CHECK(lint("ARG TOKEN\nFROM a\n").empty());
  CHECK(marked("FROM a\nENV A=1 DB_PASSWORD=x\n") == "DB_PASSWORD");
}

TEST_CASE("a constant platform is found unless the stage's name says so",
          "[lint][D464]") {
  CHECK(lint("FROM --platform=linux/amd64 a\n") ==
        Names{"FromPlatformFlagConstDisallowed:1"});
  CHECK(marked("FROM --platform=linux/amd64 a\n") == "linux/amd64");
  CHECK(lint("FROM --platform=linux/x86_64 a AS my_amd64_stage\n").empty());
  CHECK(lint("FROM --platform=linux/amd64 a AS linux\n").empty());
  CHECK(lint("FROM --platform=$BUILDPLATFORM a\n").empty());
  CHECK(lint("FROM --platform=linux/${ARCH} a\n").empty());
}

TEST_CASE("a comment above a definition begins with its name",
          "[lint][D22][D466]") {
  const std::string on = "# check=experimental=InvalidDefinitionDescription\n";
  CHECK(lint(on + "# bar this is the bar\nARG foo=bar\n# BasE base\n"
                  "FROM scratch AS base\n# bad\nARG version=latest\n# bad\n"
                  "ARG foo=baz bar=qux\n") ==
        Names{"InvalidDefinitionDescription:3",
              "InvalidDefinitionDescription:5",
              "InvalidDefinitionDescription:7",
              "InvalidDefinitionDescription:9"});
  CHECK(lint(on +
             "# foo is foo\nARG foo=bar\n\n# base is base\nFROM scratch AS "
             "base\n# baz too\nARG foo=1 bar=2 baz=3\n# no name\n#\n"
             "ARG bit\n# for a copy\nCOPY a /\n")
            .empty());
  // A comment for lint describes nothing.
  CHECK(lint(on + "# check=skip=all\nARG foo\nFROM scratch\n").empty());
  // Off until asked for; `skip=all` has no say then.
  CHECK(lint("# bad\nARG foo=bar\nFROM scratch\n").empty());
  CHECK(lint("# check=skip=all;experimental=all\n# bad\nARG a\nFROM scratch\n")
            .size() == 1);
}

TEST_CASE("protocols of ports are in lower case", "[lint][D467]") {
  CHECK(lint("FROM a\nEXPOSE 80/TcP 8080/TCP 8080/udp\n") ==
        Names{"ExposeProtoCasing:2", "ExposeProtoCasing:2"});
  CHECK(lint("FROM a\nEXPOSE 80 80/tcp $PORT\n").empty());
}

TEST_CASE("EXPOSE with an address or a host port is found", "[lint][D468]") {
  CHECK(lint("FROM a\nEXPOSE 127.0.0.1:80:80 [::1]:8080:8080 5000:5000 8000\n")
            .size() == 3);
  CHECK(marked("FROM a\nEXPOSE 80 5000:5000/tcp\n") == "5000:5000/tcp");
}

TEST_CASE("text that was meant as JSON is told from a shell's test",
          "[lint][D49][D469]") {
  const auto is_found = [](const std::string& line) {
    return lint("FROM a\n" + line + "\n") == Names{"strake/JsonLookalike:2"};
  };
  CHECK(is_found("CMD ['npm', 'start']"));
  CHECK(is_found("CMD [npm, start]"));
  CHECK(is_found("CMD [\"npm\", \"start\",]"));
  CHECK(is_found("CMD [\"npm\" \"start\"]"));
  CHECK(is_found("CMD [\"npm\", \"start\"] --now"));
  CHECK(is_found("CMD [\"C:\\app.exe\", \"a\"]"));
  CHECK(is_found("CMD [“npm”, “start”]"));
  CHECK(is_found("CMD [\"npm\", \"start\""));
  CHECK(is_found("COPY ['a b', '/c']"));
  CHECK(is_found("VOLUME ['/a']"));
  CHECK(is_found("HEALTHCHECK CMD ['curl', 'x']"));
  CHECK_FALSE(is_found("RUN [ -f /x ] && y"));
  CHECK_FALSE(is_found("RUN [ \"$a\" = b ]"));
  CHECK_FALSE(is_found("RUN [ \"$a\" ] || exit 1"));
  CHECK_FALSE(is_found("RUN [ \"$a\" == \"b\" ] && c"));
  CHECK_FALSE(is_found("RUN [[ $a = b ]]"));
  CHECK_FALSE(is_found("RUN [ x ]"));
  CHECK_FALSE(is_found("CMD [\"npm\", \"start\"]"));
}

TEST_CASE("literals that only a secret can be are found and not shown",
          "[lint][D469]") {
  const auto is_found = [](const std::string& line) {
    return lint("FROM a\n" + line + "\n") == Names{"strake/SecretValue:2"};
  };
  const std::string letters =
      "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9nO2qR5tU8";
  CHECK(is_found("ENV A=ghp_" + letters.substr(0, 36)));
  CHECK(is_found("RUN curl -H 'PRIVATE: glpat-" + letters.substr(0, 20) + "'"));
  CHECK(is_found("RUN aws AKIA3X7QWZP2LM9RTYUV"));
  CHECK(is_found("RUN git clone https://ann:s3cr3tpw@example.com/x"));
  CHECK(is_found("RUN <<E\n-----BEGIN RSA PRIVATE KEY-----\nE"));
  CHECK_FALSE(is_found("ENV A=ghp_short"));
  CHECK_FALSE(is_found("ENV A=AKIAIOSFODNN7EXAMPLE"));
  CHECK_FALSE(is_found("ENV A=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
  CHECK_FALSE(is_found("RUN git clone https://$USER:$PW@example.com/x"));
  CHECK_FALSE(is_found("ENV DB=postgres://app:app@db/app"));
  CHECK_FALSE(is_found("RUN curl https://example.com/@scope/x"));
  CHECK_FALSE(is_found("RUN echo sha256:" + letters));
  CHECK(sole("FROM a\nENV A=ghp_" + letters.substr(0, 36) + "\n").hides_source);
}

TEST_CASE("apt's lists are left out of what is shipped", "[lint][D469]") {
  const auto is_found = [](const std::string& run) {
    return lint("FROM a\nRUN " + run + "\n") == Names{"strake/AptListsKept:2"};
  };
  CHECK(is_found("apt-get update && apt-get install -y curl"));
  CHECK(is_found("set -e; apt update; apt -y -o A=B install curl"));
  CHECK(is_found("apt-get update && apt-get install curl && apt-get clean"));
  CHECK(is_found("[\"sh\", \"-c\", \"apt-get update && apt-get install x\"]"));
  CHECK(is_found("<<E\napt-get update\napt-get install x\nE"));
  CHECK_FALSE(
      is_found("apt-get update && apt-get install -y curl && rm -rf "
               "/var/lib/apt/lists/*"));
  CHECK_FALSE(
      is_found("apt-get update && apt-get install -y curl && rm -rf "
               "/var/lib/{apt,dpkg}"));
  CHECK_FALSE(
      is_found("--mount=type=cache,target=/var/lib/apt apt-get update "
               "&& apt-get install curl"));
  CHECK_FALSE(is_found("apt-get install -y curl"));
  CHECK_FALSE(is_found("echo apt-get update, apt-get install"));
  CHECK_FALSE(is_found("apt-get update && apt-get install x && /clean.sh"));
  // What a stage that only others copy from leaves behind is in no image.
  const std::string run = "RUN apt-get update && apt-get install -y gcc\n";
  CHECK(lint("FROM a AS b\n" + run + "FROM a\nCOPY --from=b x /\n").empty());
  CHECK(lint("FROM a AS b\n" + run + "FROM b\n") ==
        Names{"strake/AptListsKept:2"});
}

TEST_CASE("apt-get update alone is found", "[lint][D469]") {
  const auto is_found = [](const std::string& run) {
    return lint("FROM a\nRUN " + run + "\n") ==
           Names{"strake/AptUpdateAlone:2"};
  };
  CHECK(is_found("apt-get update"));
  CHECK(is_found("sed -i s/a/b/ /etc/apt/sources.list && apt-get update"));
  CHECK_FALSE(is_found("apt-get update && ./install.sh"));
  CHECK_FALSE(is_found("npm update"));
  CHECK_FALSE(
      is_found("--mount=type=cache,target=/var/lib/apt apt-get update"));
}

TEST_CASE("a whole tree before the dependencies is found", "[lint][D469]") {
  const auto is_found = [](const std::string& run) {
    return lint("FROM a\nWORKDIR /a\nCOPY . .\nRUN " + run + "\n") ==
           Names{"strake/TreeBeforeDependencies:4"};
  };
  CHECK(is_found("npm ci"));
  CHECK(is_found("npm install --production && npm run build"));
  CHECK(is_found("yarn"));
  CHECK(is_found("pip install --no-cache-dir -r requirements.txt"));
  CHECK(is_found("python -m pip install -r requirements.txt"));
  CHECK(is_found("go mod download"));
  CHECK(is_found("bundle install"));
  CHECK(is_found("composer install --no-dev"));
  CHECK_FALSE(is_found("npm install -g serve"));
  CHECK_FALSE(is_found("npm run build"));
  CHECK_FALSE(is_found("pip install ."));
  CHECK_FALSE(is_found("pip install -r requirements.txt ."));
  CHECK_FALSE(is_found("go build ./..."));
  CHECK_FALSE(is_found("cargo build --release"));
  CHECK_FALSE(is_found("--mount=type=cache,target=/root/.npm npm ci"));
  CHECK(lint("FROM a\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm run "
             "build && npm install\n")
            .empty());
  CHECK(lint("FROM a\nCOPY --from=b . .\nRUN npm ci\n").empty());
  CHECK(lint("FROM a\nCOPY src .\nRUN npm ci\n").empty());
  CHECK(lint("FROM a AS b\nCOPY . .\nFROM a\nRUN npm ci\n").empty());
}

TEST_CASE("owners and modes changed after a copy are found", "[lint][D469]") {
  const auto lines = [](const std::string& text) {
    return lint("FROM a\nWORKDIR /app\n" + text);
  };
  const Names found = {"strake/RecursiveChange:4"};
  CHECK(lines("COPY . .\nRUN chown -R node:node /app\n") == found);
  CHECK(lines("COPY x sub/\nRUN chmod -R 755 .\n") == found);
  CHECK(lines("COPY x /srv/x\nRUN useradd u && chown -Rf u /srv/*\n") == found);
  CHECK(lines("COPY x /srv/x\nRUN chown -R u /other\n").empty());
  CHECK(lines("COPY x /srvx\nRUN chown -R u /srv\n").empty());
  CHECK(lines("COPY x /srv\nRUN chown u /srv\n").empty());
  CHECK(lines("COPY x .\nRUN cd /other && chown -R u .\n").empty());
  CHECK(lines("RUN mkdir /d && chown -R u /d\n").empty());
  CHECK(lint("FROM a\nCOPY x y\nRUN chown -R u y\n").empty());
}

TEST_CASE("what stands before a syntax error is still looked at",
          "[lint][D471]") {
  CHECK(lint("FROM scratch AS Bad\nMAINTAINER me\nBADCMD\nMAINTAINER me\n") ==
        Names{"StageNameCasing:1", "MaintainerDeprecated:2"});
}

TEST_CASE("a file of copies and changes is linted in linear time",
          "[lint][D441]") {
  std::string text = "FROM a\n";
  for (int i = 0; i < 5'000; ++i) {
    const std::string n = std::to_string(i);
    text += "COPY a /d" + n + "\nRUN chown -R u /x" + n + "\n";
  }
  CHECK(lint(text).empty());
}

TEST_CASE("findings come by line, then by column", "[lint][D441]") {
  CHECK(lint("FROM scratch as Bad\nENV password x\nfrom a\n") ==
        Names{"FromAsCasing:1", "StageNameCasing:1", "LegacyKeyValueFormat:2",
              "SecretsUsedInArgOrEnv:2", "ConsistentInstructionCasing:3"});
}
