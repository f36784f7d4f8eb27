#include "dockerfile_generator.h"

#include <cctype>
#include <utility>
#include <vector>

#include "dockerfile_vocabulary.h"
#include "random_choice.h"

namespace tests {

namespace {

using Words = std::vector<std::string>;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  GeneratedDockerfile generate() {
    style_keyword_ = random_.below(10);
    write_head();
    const std::size_t stages = random_.between(1, 4);
    for (std::size_t i = 0; i < stages; ++i) write_stage(i);
    if (random_.chance(10)) cut_last_line_end();
    finish();
    return std::move(result_);
  }

 private:
  // ---- layout --------------------------------------------------------------

  void write_head() {
    const bool has_backtick = random_.chance(20);
    if (random_.chance(40)) {
      text_ += random_.pick({"# syntax=docker/dockerfile:1\n",
                             "#syntax = docker/dockerfile:1.7-labs \n",
                             "# Syntax=docker/dockerfile-upstream:master\n"});
    }
    if (has_backtick) {
      text_ += random_.pick({"# escape=`\n", "#escape = `\t\n"});
      result_.escape = '`';
    }
    if (random_.chance(15)) text_ += "# check=skip=JSONArgsRecommended\n";
    // What follows is no directive, whatever it looks like.
    if (!text_.empty()) text_ += '\n';
    if (random_.chance(30)) {
      text_ +=
          "\n# Copyright \u00a9 2024 M\u00fcller & S\u00f8n\n#\n# escape=x\n";
    }
    const std::size_t globals = random_.below(4);
    for (std::size_t i = 0; i < globals; ++i) {
      if (random_.chance(30))
        text_ += "# " + words_.name() + " of all stages\n";
      write("ARG",
            {random_.pick({"VERSION=1.2", "BASE=alpine:3.19", "TARGETARCH",
                           "A=1 B='2 3' C", "DEBIAN=\"bookworm\""})});
    }
  }

  void write_stage(std::size_t index) {
    if (random_.chance(40)) write_comment();
    stage_name_ = random_.chance(70) || index == 0
                      ? random_.pick({"build", "Builder", "deps", "run-time",
                                      "test_1", "base.x"}) +
                            std::to_string(index)
                      : "";
    if (!stage_name_.empty() && random_.chance(30)) {
      text_ += "# " + stage_name_ + " makes \u00fcber things\n";
    }
    Words words;
    if (random_.chance(20)) words.push_back("--platform=$BUILDPLATFORM");
    words.push_back(
        random_.pick({"golang:1.22-alpine", "node:20",
                      "python:3.12-slim-bookworm", "scratch", "rust:${VERSION}",
                      "gcc:13", "ghcr.io/org/image@sha256:0123", "$BASE",
                      "mcr.microsoft.com/windows/nanoserver:ltsc2022",
                      "eclipse-temurin:21"}));
    if (!stage_name_.empty()) {
      words.push_back(random_.pick({"AS", "as", "As"}));
      words.push_back(stage_name_);
    }
    write("FROM", words);
    ++result_.stages;
    const std::size_t count = random_.between(1, 12);
    for (std::size_t i = 0; i < count; ++i) write_instruction();
  }

  void write_instruction() {
    if (random_.chance(30)) text_ += random_.pick({"\n", "\n\n", " \t\n"});
    if (random_.chance(25)) write_comment();
    switch (random_.below(20)) {
      case 0:
      case 1:
        return write_run_chain();
      case 2:
        return write_run_language();
      case 3:
        return write_run_heredoc();
      case 4:
        return write_run_mounts();
      case 5:
      case 6:
        return write_copy();
      case 7:
        return write_copy_heredoc();
      case 8:
        return write_add();
      case 9:
      case 10:
        return write_pairs("ENV");
      case 11:
        return write_pairs("LABEL");
      case 12:
        return write_command("CMD");
      case 13:
        return write_command("ENTRYPOINT");
      case 14:
        return write_healthcheck();
      case 15:
        return write_trigger();
      default:
        return write_setting();
    }
  }

  void write_comment() {
    text_ +=
        concat({random_.pick({"", " ", "\t", "   "}), "#",
                random_.pick({" install what is needed", "", " ---- build ----",
                              "no blank", " \u65e5\u672c\u8a9e \u2026 \\", " #",
                              " check=skip=all it is known", " RUN never"}),
                "\n"});
  }

  // One instruction: its words joined by blanks or continuations, with now and
  // then a comment or a blank line between.
  void write(std::string_view keyword, const Words& words,
             const std::string& bodies = "") {
    text_ += random_.pick({"", "", "", "", " ", "\t"});
    text_ += styled(keyword);
    for (std::size_t i = 0; i < words.size(); ++i) {
      text_ += i > 0 && random_.chance(25)
                   ? continuation()
                   : random_.pick({" ", " ", "\t", "  "});
      text_ += words[i];
    }
    text_ += random_.pick({"", "", "", " ", "\t "});
    text_ += '\n';
    text_ += bodies;
    ++result_.instructions;
  }

  std::string continuation() {
    std::string text = concat({random_.pick({" ", "  ", "\t"}),
                               {result_.escape},
                               random_.pick({"", "", "  ", "\t"}),
                               "\n"});
    while (random_.chance(20)) {
      text += random_.pick(
          {"  # why not\n", "#\n", "\n", "\t# ends in \\\n", "    # `tick`\n"});
    }
    return text + random_.pick({"    ", "\t", "  "});
  }

  std::string styled(std::string_view keyword) {
    std::string shown(keyword);
    if (style_keyword_ >= 3 && !random_.chance(5)) return shown;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (style_keyword_ > 0 || i % 2 == 1) {
        shown[i] = static_cast<char>(std::tolower(shown[i]));
      }
    }
    return shown;
  }

  void cut_last_line_end() {
    while (text_.ends_with('\n')) text_.pop_back();
  }

  void finish() {
    if (random_.chance(15)) {
      std::string with_returns;
      for (const char c : text_) {
        if (c == '\n') with_returns += '\r';
        with_returns += c;
      }
      text_ = std::move(with_returns);
    }
    if (random_.chance(10)) text_.insert(0, "\xef\xbb\xbf");
    result_.text = std::move(text_);
  }

  // A heredoc's start and its body; `bodies` grows by the latter.
  std::string heredoc(std::string& bodies, bool may_hold_blanks) {
    const std::string name =
        random_.pick({"EOF", "EOT", "file.txt", "END_1", "$X", "\u00c9"}) +
        std::to_string(result_.heredocs++);
    const bool chomps = random_.chance(30);
    const std::string start =
        concat({random_.pick({"<<", "<<", "3<<"}), chomps ? "-" : "",
                may_hold_blanks && random_.chance(10) ? " " : ""});
    const std::size_t lines = random_.below(5);
    for (std::size_t i = 0; i < lines; ++i) {
      if (chomps) bodies += random_.pick({"\t", "\t\t", ""});
      bodies +=
          random_.pick({"set -eux", "# a comment", "", "FROM nowhere",
                        "echo \"$A\" 'b' \\", "  indented `tick` \\\\", "<<EOF",
                        "EOF ", "line \u2014 \u00fc", "{\"a\": 1}"}) +
          "\n";
    }
    bodies += (chomps ? random_.pick({"", "\t"}) : "") + name + "\n";
    return start +
           random_.pick({name, name, "'" + name + "'", "\"" + name + "\""});
  }

  // ---- instructions --------------------------------------------------------

  void write_run_chain() {
    Words words = {"apt-get update"};
    const std::size_t count = random_.between(1, 6);
    for (std::size_t i = 0; i < count; ++i) {
      words.push_back(random_.pick(
          {"&& apt-get install -y --no-install-recommends", "curl", "git=1:2.*",
           "&& rm -rf /var/lib/apt/lists/*", "|| true", "; echo \"done # now\"",
           "&& [ -f x ]", "$(cat list)", "'a b'", "$((1 << 2))", "2>&1"}));
    }
    write("RUN", words);
  }

  void write_run_language() {
    switch (random_.below(3)) {
      case 0:
        return write("RUN", {words_.json_list()});
      case 1:
        return write(
            "RUN",
            {random_.pick(
                {"go build -ldflags=\"-s -w -X main.v=${VERSION}\" ./...",
                 "npm ci --omit=dev", "pip install -r requirements.txt",
                 "cargo build --release --locked", "cmake -B b -S .",
                 "mvn -q package -DskipTests",
                 "powershell -Command \"Write-Host 'x'\"",
                 "echo \"<<no\" <<<here"})});
      default:
        return write("RUN", {"--network=none", "--", "--looks-like-a-flag"});
    }
  }

  void write_run_heredoc() {
    std::string bodies;
    Words words;
    if (random_.chance(20)) words.push_back("--network=none");
    const bool is_sole = random_.chance(60);
    if (!is_sole) words.push_back(random_.pick({"python3", "cat", "bash -e"}));
    words.push_back(heredoc(bodies, true));
    if (!is_sole && random_.chance(40)) words.push_back(heredoc(bodies, true));
    if (!is_sole && random_.chance(40)) words.push_back("> /out");
    write("RUN", words, bodies);
  }

  void write_run_mounts() {
    Words words;
    const std::size_t count = random_.between(1, 3);
    for (std::size_t i = 0; i < count; ++i) {
      words.push_back(
          "--mount=" +
          random_.pick(
              {"type=cache,target=/root/.cache/go-build",
               "type=secret,id=npmrc,target=/root/.npmrc,required",
               "type=bind,source=go.sum,target=go.sum,ro", "type=ssh",
               "\"type=bind,target=/a b\"", "type=tmpfs,target=/tmp,size=64m",
               "type=cache,id=x-$TARGETARCH,target=/c,sharing=locked"}));
    }
    if (random_.chance(20)) words.push_back("--security=insecure");
    words.push_back("make -j$(nproc) all");
    write("RUN", words);
  }

  Words copy_flags() {
    Words flags;
    if (random_.chance(20)) flags.push_back("--chown=1000:${GID:-1000}");
    if (random_.chance(20))
      flags.push_back("--chmod=" + random_.pick({"755", "u+x"}));
    if (random_.chance(20))
      flags.push_back(random_.pick({"--link", "--link=false"}));
    if (random_.chance(10)) flags.push_back("--exclude=*.md");
    if (random_.chance(10)) flags.push_back("--exclude='a b'");
    return flags;
  }

  void write_copy() {
    Words words = copy_flags();
    if (random_.chance(30)) words.push_back("--from=build0");
    if (random_.chance(10)) words.push_back("--parents");
    if (random_.chance(25)) {
      words.push_back("[\"a b\", \"" + words_.name() + "\", \"/dest dir/\"]");
    } else {
      const std::size_t count = random_.between(2, 4);
      for (std::size_t i = 0; i < count; ++i) words.push_back(words_.path());
    }
    write("COPY", words);
  }

  void write_copy_heredoc() {
    std::string bodies;
    Words words = copy_flags();
    const std::size_t count = random_.between(1, 3);
    for (std::size_t i = 0; i < count; ++i) {
      words.push_back(random_.chance(80) ? heredoc(bodies, true)
                                         : words_.path());
    }
    words.push_back("/etc/app/");
    write(random_.pick({"COPY", "COPY", "ADD"}), words, bodies);
  }

  void write_add() {
    Words words = copy_flags();
    if (random_.chance(20)) words.push_back("--keep-git-dir=true");
    words.push_back(
        random_.pick({"https://example.com/x.tar.gz", "rootfs.tar.xz",
                      "git@github.com:org/repo.git#v1:sub"}));
    words.push_back(words_.path());
    write("ADD", words);
  }

  void write_pairs(std::string_view keyword) {
    if (random_.chance(15)) {
      return write(keyword, {words_.name(), "the  rest \"of\" it, $X # too"});
    }
    Words words;
    const std::size_t count = random_.between(1, 4);
    for (std::size_t i = 0; i < count; ++i) {
      words.push_back(concat({random_.pick({"A", "PATH_2", "\"quoted key\"",
                                            "org.x.y", "\u00fcber", "$K"}),
                              "=", words_.quoted()}));
    }
    write(keyword, words);
  }

  void write_command(std::string_view keyword) {
    if (random_.chance(60)) return write(keyword, {words_.json_list()});
    write(keyword, {random_.pick({"exec /app --flag \"$@\"", "npm start",
                                  "['not', 'json']", "[ -f /x ] && run", ""})});
  }

  void write_healthcheck() {
    if (random_.chance(20)) return write("HEALTHCHECK", {"NONE"});
    Words words;
    if (random_.chance(50)) words.push_back("--interval=1m30s");
    if (random_.chance(50)) words.push_back("--timeout=3s");
    if (random_.chance(30)) words.push_back("--retries=5");
    words.push_back(random_.pick({"CMD", "cmd"}));
    words.push_back(random_.chance(50) ? words_.json_list()
                                       : "curl -f localhost || exit 1");
    write("HEALTHCHECK", words);
  }

  void write_trigger() {
    std::string bodies;
    switch (random_.below(4)) {
      case 0:
        return write("ONBUILD", {styled("COPY"), "--chown=1", ".", "/app"});
      case 1:
        return write("ONBUILD", {"RUN", words_.json_list()});
      case 2: {
        const std::string start = heredoc(bodies, true);
        return write("ONBUILD", {"RUN", start}, bodies);
      }
      default:
        return write("ONBUILD", {"ENV", "A=" + words_.quoted(), "B=c"});
    }
  }

  void write_setting() {
    switch (random_.below(8)) {
      case 0:
        return write("WORKDIR",
                     {random_.pick({"/app", "C:\\x y", "rel/$X", "/a  b"})});
      case 1:
        return write("USER",
                     {random_.pick({"nobody", "1000:1000", "$U:${G}"})});
      case 2:
        return write("EXPOSE", {"80", "443/TCP", "8000-8010/udp", "$PORT"});
      case 3:
        return random_.chance(50)
                   ? write("VOLUME", {words_.json_list_of_paths()})
                   : write("VOLUME", {"/a", "/b/$X"});
      case 4:
        return write("STOPSIGNAL", {random_.pick({"SIGTERM", "9", "$SIG"})});
      case 5:
        return write("SHELL", {words_.json_list()});
      case 6:
        return write("MAINTAINER", {"J\u00f6rg  <j@example.org>"});
      default:
        return write("ARG",
                     {random_.pick({"X", "Y=", "Z='a b'", "A=1 B C=\"d e\""})});
    }
  }

  RandomChoice random_;
  GeneratedDockerfile result_;
  Vocabulary words_{random_, result_.escape};
  std::size_t style_keyword_ = 0;
  std::string stage_name_;
  std::string text_;
};

}  // namespace

GeneratedDockerfile generate_dockerfile(std::uint64_t seed) {
  return Generator(seed).generate();
}

}  // namespace tests
