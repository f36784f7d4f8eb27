// What a vertex of the instruction DAG does to a file system. An operation is
// complete: expanded, defaults applied, nothing left to look up except in the
// trees it reads. Its canonical JSON is the first part of its cache key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "builder/cdi_registry.h"
#include "builder/platform.h"
#include "builder/run_settings.h"
#include "parser/dockerfile.h"
#include "parser/file_mode.h"
#include "parser/mount_option.h"

namespace builder {

// A tree that an operation reads beside its own parent.
struct TreeSource {
  enum class Kind { context, vertex, empty };
  Kind kind = Kind::context;
  std::size_t vertex = 0;   // for Kind::vertex
  std::size_t context = 0;  // for Kind::context: its number in BuildContexts
  std::string name;         // as the Dockerfile names it, for messages
};

// The files of an image in the store.
struct BaseOp {
  std::string reference;  // full, for display
  base::Digest image_id;
  std::vector<base::Digest> diff_ids;
};

enum class NetworkMode { standard, none, host };
enum class SecurityMode { sandbox, insecure };

// As flags and keys have it: "default", "none", "host".
std::string_view render_network(NetworkMode mode);

struct ExecMount {
  parser::MountOption option;
  std::string target;  // absolute, cleaned
  TreeSource source;   // bind: what is mounted; cache: what it starts as
};

// RUN --device, and what its devices do to the step; the key has the name.
struct ExecDevice {
  std::string name;
  std::vector<DeviceEdits> edits;
};

struct ExecOp {
  std::vector<std::string> args;
  std::vector<std::string> env;        // "NAME=value", as the step sees it
  std::vector<std::string> proxy_env;  // the same, but not part of the key
  std::string user;                    // as written, empty for root
  std::string working_dir;             // absolute, cleaned
  NetworkMode network = NetworkMode::standard;
  Platform platform;  // what its programs are made for
  SecurityMode security = SecurityMode::sandbox;
  RunSettings settings;
  std::vector<ExecMount> mounts;
  std::vector<ExecDevice> devices;
  // A heredoc with a "#!" line, found by the step at /dev/pipes/<name>.
  struct Script {
    std::string name;
    std::string content;
  };
  std::optional<Script> script;
};

// A file fetched from an address, alone on an empty file system. What it is
// called follows from the address, what is in it does not: two builds may get
// two contents. A checksum settles that.
struct HttpOp {
  std::string url;   // as written; may hold credentials
  std::string name;  // of the file
  std::optional<base::Digest> checksum;
  std::vector<std::string> proxy_env;  // "NAME=value"; not part of the key
};

// The working tree of a git repository, or a directory of it, as a whole file
// system.
struct GitOp {
  std::string remote;    // may hold credentials
  std::string host;      // with a port where there is one; for secrets
  std::string ref;       // empty: the default branch; a commit settles it
  std::string ref_name;  // of a commit found by name, where .git is kept
  std::string checksum;  // a commit, or its beginning, that ref must be
  std::string subdir;    // cleaned, relative; empty: the root
  bool keep_git_dir = false;
  bool has_submodules = true;
  bool has_commit_times = false;       // else those of the checkout
  std::vector<std::string> proxy_env;  // "NAME=value"; not part of the key
};

// One word among the sources of a COPY or ADD.
struct CopySource {
  TreeSource from;
  std::string path;            // expanded; may hold wildcards
  parser::Range range;         // for messages only
  bool keeps_archive = false;  // whatever CopyOp::is_unpacking says
  std::string shown = {};      // as history has it, where that is not the path
};

// COPY and ADD.
struct CopyOp {
  struct Inline {  // a heredoc among the sources
    std::string name;
    std::string content;
  };
  std::vector<CopySource> sources;
  std::vector<Inline> inline_files;
  std::string destination;                // absolute
  bool destination_is_directory = false;  // written with a final slash
  std::optional<std::string> chown;
  std::optional<parser::FileMode> chmod;
  bool is_link = false;
  bool keeps_parents = false;
  bool is_unpacking = false;  // archives among the sources are unpacked (ADD)
  std::vector<std::string> excludes;
};

struct WorkDirOp {
  std::string path;  // absolute, cleaned
  std::string user;  // who owns what is made
};

using Operation =
    std::variant<BaseOp, HttpOp, GitOp, ExecOp, CopyOp, WorkDirOp>;

// Whether strake itself asks servers for what addresses mean; --offline leaves
// them alone, and takes what they gave last. Of a RUN's network it says
// nothing.
enum class Servers { asked, left_alone };

// Whether only a server can say what the operation gives this time. Then its
// key stands for what was got last.
bool asks_server(const Operation& operation);

// Whether the operation sees what it stands on: a COPY --link is put on it
// unseen.
bool reads_parent(const Operation& operation);

// One line of canonical JSON (sorted keys) of all in the operation that can
// change its result: no positions, no stage names, no vertex numbers, no proxy
// variables, no secret values.
std::string render_operation(const Operation& operation);

// H(format version, render_operation).
base::Digest operation_digest(const Operation& operation);

// Whether a mount shows another tree, or starts from one.
bool reads_tree(const ExecMount& mount);

// The trees it reads beside its parent, in a fixed order: one for each mount
// that reads one or copied source, even where that is the same tree again.
std::vector<TreeSource> tree_sources(const Operation& operation);

}  // namespace builder
