#include "builder/main_context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/file.h"
#include "builder/accounts.h"
#include "builder/copy_step.h"
#include "builder/fetched_context.h"
#include "builder/remote_operation.h"
#include "builder/tree_edit.h"
#include "parser/url.h"
#include "store/archive_reader.h"

namespace builder {
namespace {

using Kind = ContextForm::Kind;

constexpr std::size_t kBufferBytes = 256U << 10U;
constexpr std::uint64_t kMaxDockerfileBytes = 64U << 20U;
constexpr const char* kArchiveTitle = "the archive on standard input";

// All of standard input in a file without a name, at its start: what it is can
// be told then, and a pipe is read to its end as its writer expects.
base::Fd spool_standard_input(const store::Lease& lease) {
  const base::Fd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!input) throw base::system_error(errno, "reading standard input");
  const auto path = lease.new_path("input");
  base::Fd spool = base::open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600);
  ::unlink(path.c_str());
  std::string buffer(kBufferBytes, '\0');
  auto* const bytes = reinterpret_cast<std::byte*>(buffer.data());
  while (true) {
    base::wait_until(input, base::Ready::to_read, lease.stop());
    const std::size_t count = base::read_some(input, bytes, buffer.size());
    if (count == 0) break;
    base::write_all(spool, std::string_view(buffer).substr(0, count));
  }
  if (::lseek(spool.get(), 0, SEEK_SET) != 0) {
    throw base::system_error(errno, "reading standard input");
  }
  return spool;
}

// Unpacks as ADD would onto nothing, so that nothing leads out of it.
void unpack(const base::Fd& archive, const store::Lease& lease,
            store::Store& store, const ContextDirectory& directory) {
  CopyOp op;
  op.sources.emplace_back();
  op.destination.push_back('/');
  op.destination_is_directory = true;
  op.is_unpacking = true;
  Selection selection;
  selection.matches.emplace_back().entry.type = store::EntryType::regular;
  selection.matches.back().entry.size_bytes = 1;  // which is to say, not empty
  const store::MergedTree empty{{}};
  TreeEdit edit(empty, store.layers().io().write(directory.path));
  try {
    write_copy(
        op, selection,
        [&](std::size_t, const std::string&) {
          lease.throw_if_stopped();
          return base::Fd(::fcntl(archive.get(), F_DUPFD_CLOEXEC, 3));
        },
        std::nullopt, now_timestamp(), edit);
  } catch (base::Error& error) {
    if (error.kind() != base::ErrorKind::cancelled) {
      error.add_context(fmt::format("unpacking {}", directory.title));
    }
    throw;
  }
}

// Whether a file that is no archive is compressed, which no Dockerfile is.
bool is_compressed(std::string_view text) {
  for (const std::string_view magic : {"\x1f\x8b\x08", "BZh",
                                       "\xfd"
                                       "7zXZ",
                                       "\x28\xb5\x2f\xfd"}) {
    if (text.starts_with(magic)) return true;
  }
  return false;
}

[[noreturn]] void refuse_two_inputs() {
  throw base::Error(base::ErrorKind::usage,
                    "standard input cannot be both the build context and "
                    "the Dockerfile")
      .hint(
          "give a directory, or leave -f out: a Dockerfile alone is told "
          "from an archive");
}

[[noreturn]] void refuse_image() {
  throw base::Error(base::ErrorKind::usage,
                    "the build context cannot be an image")
      .hint("images are for --build-context NAME=…, and for FROM");
}

// A context below a lease of its own.
MainContext make_leased(store::Store& store, const std::stop_token& stop) {
  MainContext context;
  context.lease.emplace(store.lease()).stop_on(stop);
  context.directory.is_lasting = false;
  context.directory.owners = ContextDirectory::Owners::as_they_are;
  return context;
}

// -f of a tree that was made from elsewhere: standard input and whole paths are
// this machine's all the same.
DockerfileText read_dockerfile_of(const ContextDirectory& directory,
                                  const std::optional<std::string>& file) {
  if (file && (*file == "-" || file->starts_with('/'))) {
    return read_dockerfile_text(directory.path, file);
  }
  return read_dockerfile_in(
      base::open_file(directory.path, O_RDONLY | O_DIRECTORY), directory.title,
      file);
}

// Whether the file is an archive; then it has become the context.
bool take_archive(const base::Fd& file, const std::string& title,
                  const MainContextOptions& options, store::Store& store,
                  MainContext& context) {
  if (!store::ArchiveReader::is_archive(file)) return false;
  context.directory.path = context.lease->make_directory("context");
  context.directory.title = title;
  unpack(file, *context.lease, store, context.directory);
  context.dockerfile = read_dockerfile_of(context.directory, options.file);
  return true;
}

// A Dockerfile that is all there is.
DockerfileText read_lone_dockerfile(const base::Fd& file,
                                    const std::string& name,
                                    const MainContextOptions& options) {
  DockerfileText dockerfile{name, base::read_all(file, kMaxDockerfileBytes)};
  if (is_compressed(dockerfile.text)) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{} is compressed, but not an archive", name))
        .hint("give a tar, plain or in gzip, bzip2, xz or zstd");
  }
  if (options.file) {
    throw base::Error(
        base::ErrorKind::usage,
        fmt::format("{} is a Dockerfile, and so is -f {}", name, *options.file))
        .hint("give a directory as the build context, or leave -f out");
  }
  return dockerfile;
}

MainContext open_standard_input(const MainContextOptions& options,
                                store::Store& store,
                                const std::stop_token& stop) {
  if (options.file == "-") refuse_two_inputs();
  MainContext context = make_leased(store, stop);
  const base::Fd input = spool_standard_input(*context.lease);
  if (take_archive(input, kArchiveTitle, options, store, context)) {
    return context;
  }
  context.dockerfile = read_lone_dockerfile(input, "standard input", options);
  context.dockerfile.name = "-";
  context.directory.path = context.lease->make_directory("context");
  context.directory.title = "the build context, which is empty";
  context.directory.why_empty =
      "only a Dockerfile came through standard input; to have files too, give "
      "their directory, and the Dockerfile to \"-f -\"";
  return context;
}

// An archive, or a Dockerfile, which then is also the only file of the context.
MainContext open_download(const MainContextOptions& options, const HttpOp& op,
                          store::Store& store, const std::stop_token& stop) {
  MainContext context = make_leased(store, stop);
  const std::string shown = parser::redact_address(op.url);
  context.directory.path = fetch_context(op, options.secrets, options.servers,
                                         store, *context.lease);
  const base::Fd file =
      base::open_file(context.directory.path / op.name, O_RDONLY);
  if (take_archive(file, shown, options, store, context)) return context;
  context.dockerfile = read_lone_dockerfile(file, shown, options);
  context.directory.title = fmt::format("build context {}", shown);
  return context;
}

MainContext open_git(const MainContextOptions& options, const GitOp& op,
                     store::Store& store, const std::stop_token& stop) {
  MainContext context = make_leased(store, stop);
  context.directory.title = fmt::format(
      "build context {}", parser::redact_address(options.form.reference));
  context.directory.path = fetch_context(op, options.secrets, options.servers,
                                         store, *context.lease);
  context.dockerfile = read_dockerfile_of(context.directory, options.file);
  return context;
}

// What is not there as a directory yet.
MainContext open_made_context(const MainContextOptions& options,
                              store::Store& store,
                              const std::stop_token& stop) {
  if (options.form.kind == Kind::standard_input) {
    return open_standard_input(options, store, stop);
  }
  if (const auto fetch = context_operation(options.form, options.build_args)) {
    if (const auto* git = std::get_if<GitOp>(&*fetch)) {
      return open_git(options, *git, store, stop);
    }
    return open_download(options, std::get<HttpOp>(*fetch), store, stop);
  }
  refuse_image();
}

MainContext open_directory(const MainContextOptions& options) {
  const std::filesystem::path& directory = options.form.directory;
  MainContext context;
  context.dockerfile = read_dockerfile_text(directory, options.file);
  context.directory.path = directory;
  context.directory.title = fmt::format("build context {}", directory.native());
  context.ignore = options.ignore_file
                       ? read_ignore(*options.ignore_file)
                       : read_first_ignore(ignore_files_of(
                             directory, context.dockerfile.path));
  return context;
}

}  // namespace

MainContext open_main_context(const MainContextOptions& options,
                              store::Store& store, const std::stop_token& stop,
                              const std::function<void()>& before_work) {
  if (options.form.kind == Kind::directory) return open_directory(options);
  if (before_work) before_work();
  MainContext context = open_made_context(options, store, stop);
  if (options.ignore_file) context.ignore = read_ignore(*options.ignore_file);
  return context;
}

MainContext look_at_main_context(const MainContextOptions& options) {
  switch (options.form.kind) {
    case Kind::directory:
      return open_directory(options);
    case Kind::standard_input:
      break;
    case Kind::git:
    case Kind::download:
      throw base::Error(base::ErrorKind::unsupported,
                        "a build context at an address can be built, not "
                        "looked at")
          .hint("fetch it, and give the directory");
    case Kind::image:
    case Kind::scratch:
    case Kind::layout:
      refuse_image();
  }
  if (options.file == "-") refuse_two_inputs();
  MainContext context;
  const base::Fd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  context.dockerfile = {"-", base::read_all(input, kMaxDockerfileBytes)};
  const std::string& text = context.dockerfile.text;
  // The name of a tar's first member is filled up with zeros.
  if (is_compressed(text) || text.find('\0') != std::string::npos) {
    throw base::Error(base::ErrorKind::unsupported,
                      "an archive on standard input can be built, not looked "
                      "at")
        .hint("unpack it, and give the directory");
  }
  return context;
}

}  // namespace builder
