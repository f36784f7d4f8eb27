#include "builder/copy_step.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "store/archive_reader.h"
#include "store/xattr_reader.h"

namespace builder {
namespace {

using store::Entry;
using store::EntryType;
using store::FollowLast;

class CopyWriter {
 public:
  CopyWriter(const CopyOp& op, const OpenSource& open, const Accounts& accounts,
             TreeEdit& edit)
      : op_(op), open_(open), edit_(edit) {
    if (op.chown) owner_ = accounts.find_owner(*op.chown);
    made_.mtime = now_timestamp();
    if (owner_) made_.owner = *owner_;
    if (op.chmod) made_.mode = op.chmod->of_new_directory(made_.mode);
  }

  void write(const Selection& selection) {
    destination_ = edit_.resolve(op_.destination, FollowLast::yes);
    const Entry* existing = edit_.find(destination_);
    const bool is_directory =
        op_.destination_is_directory || destination_.empty() ||
        (existing != nullptr && existing->type == EntryType::directory);
    check_destination(selection, is_directory);
    for (const SourceMatch& match : selection.matches) {
      write_match(match, is_directory);
    }
    for (const CopyOp::Inline& file : op_.inline_files) {
      write_inline(file, is_directory);
    }
  }

 private:
  // A plain name can be given to one file, be it one that a wildcard found
  // (COPY target/*.jar app.jar); several would overwrite each other there.
  void check_destination(const Selection& selection, bool is_directory) const {
    const auto files = static_cast<std::size_t>(
        std::count_if(selection.matches.begin(), selection.matches.end(),
                      [](const SourceMatch& match) {
                        return match.entry.type != EntryType::directory;
                      }));
    const std::size_t words = op_.sources.size() + op_.inline_files.size();
    const bool is_nothing =
        selection.matches.empty() && op_.inline_files.empty();
    if (is_directory || is_nothing ||
        (words == 1 && files + op_.inline_files.size() <= 1)) {
      return;
    }
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("several sources need a directory, and "
                                  "\"{}\" is none",
                                  op_.destination))
        .hint(fmt::format("write \"{}/\"", op_.destination));
  }

  std::string below(std::string_view name) const {
    if (destination_.empty()) return std::string(name);
    return fmt::format("{}/{}", destination_, name);
  }

  // Mode and owner as the flags want them.
  void adapt(Entry& entry) const {
    if (owner_) entry.owner = *owner_;
    if (!op_.chmod || entry.type == EntryType::symlink) return;
    entry.mode = entry.type == EntryType::directory
                     ? op_.chmod->of_directory(entry.mode)
                     : op_.chmod->of_file(entry.mode);
  }

  void write_match(const SourceMatch& match, bool into_directory) {
    if (match.entry.type == EntryType::directory) {
      return write_directory(match);
    }
    if (op_.is_unpacking && !op_.sources[match.source].keeps_archive &&
        match.entry.type == EntryType::regular && match.entry.size_bytes > 0) {
      base::Fd file = open_(match.source, match.path);
      if (store::ArchiveReader::is_archive(file)) {
        return unpack(std::move(file));
      }
    }
    Entry entry = match.entry;
    entry.path = destination_;
    if (into_directory) {
      edit_.make_directory(destination_, made_);
      entry.path = below(match.name);
    } else {
      edit_.make_directory(std::string(store::parent_path(destination_)),
                           made_);
    }
    put(std::move(entry), match.source, match.path);
  }

  void write_directory(const SourceMatch& match) {
    if (op_.keeps_parents) {
      edit_.make_directory(destination_, made_);
    } else {
      edit_.touch_directory(destination_, made_, match.entry.mtime);
    }
    for (const Entry& member : match.members) {
      Entry entry = member;
      entry.path = below(member.path);
      if (member.type == EntryType::hardlink) {
        entry.link_target = below(member.link_target);
      }
      put(std::move(entry), match.source,
          match.path.empty() ? member.path : match.path + "/" + member.path);
    }
  }

  void put(Entry entry, std::size_t source, const std::string& path) {
    adapt(entry);
    if (entry.type != EntryType::regular) return edit_.put(entry);
    const base::Fd file = open_(source, path);
    // The context's walk only stats; a layer's index has them already.
    if (op_.sources[source].from.kind == TreeSource::Kind::context) {
      entry.xattrs = store::read_layer_xattrs(file);
    }
    edit_.put(entry, [&](const base::Fd& to) {
      copy_bytes(file, to, entry.size_bytes);
    });
  }

  void write_inline(const CopyOp::Inline& file, bool into_directory) {
    Entry entry;
    entry.mode = 0644;
    entry.size_bytes = file.content.size();
    entry.mtime = made_.mtime;
    entry.path = into_directory ? below(file.name) : destination_;
    adapt(entry);
    edit_.make_directory(std::string(store::parent_path(entry.path)), made_);
    edit_.put(entry, [&file](const base::Fd& to) {
      base::write_all(to, file.content);
    });
  }

  // Members keep mode, owner and times; they go through links that the base or
  // earlier members made, which never lead out of the root.
  void unpack(base::Fd archive) {
    edit_.make_directory(destination_, {0755, made_.owner, made_.mtime});
    store::ArchiveReader reader(std::move(archive));
    while (std::optional<Entry> member = reader.next()) {
      if (member->path.empty()) continue;
      Entry entry = std::move(*member);
      const std::string parent =
          edit_.resolve(below(store::parent_path(entry.path)), FollowLast::yes);
      edit_.make_directory(parent, {0755, made_.owner, made_.mtime});
      const std::string name(store::base_name(entry.path));
      entry.path = parent.empty() ? name : parent + "/" + name;
      if (owner_) entry.owner = *owner_;
      if (entry.type == EntryType::hardlink) {
        entry.link_target =
            edit_.resolve(below(entry.link_target), FollowLast::no);
      }
      if (entry.type == EntryType::directory) {
        // A link to a directory stands for it, as tar itself has it.
        entry.path = edit_.resolve(entry.path, FollowLast::yes);
        if (entry.path.empty()) continue;
        edit_.make_directory(std::string(store::parent_path(entry.path)),
                             {0755, made_.owner, made_.mtime});
      }
      edit_.replace(entry, [&reader](const base::Fd& to) {
        reader.read_data([&to](std::uint64_t offset, std::string_view bytes) {
          base::write_at(to, offset, bytes);
        });
      });
    }
  }

  const CopyOp& op_;
  const OpenSource& open_;
  TreeEdit& edit_;
  std::optional<store::Owner> owner_;
  TreeEdit::NewDirectory made_;
  std::string destination_;
};

}  // namespace

void write_copy(const CopyOp& op, const Selection& selection,
                const OpenSource& open, const Accounts& accounts,
                TreeEdit& edit) {
  CopyWriter(op, open, accounts, edit).write(selection);
  edit.finish();
}

}  // namespace builder
