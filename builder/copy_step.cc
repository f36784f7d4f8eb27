#include "builder/copy_step.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "builder/copy_flags.h"
#include "store/archive_reader.h"
#include "store/xattr_reader.h"

namespace builder {
namespace {

using store::Entry;
using store::EntryType;
using store::FollowLast;

class CopyWriter {
 public:
  CopyWriter(const CopyOp& op, const OpenSource& open,
             const std::optional<store::Owner>& owner, store::Timestamp now,
             TreeEdit& edit)
      : op_(op), open_(open), edit_(edit), owner_(owner) {
    made_.mtime = now;
    made_.owner = owner;
    if (op.chmod) made_.mode = op.chmod->bits();
  }

  // One source after the other, as if each were copied alone: what an earlier
  // one has made, a later one finds.
  void write(const Selection& selection) {
    destination_ = edit_.resolve(op_.destination, FollowLast::yes);
    for (const SourceMatch& match : selection.matches) {
      write_one(op_.sources[match.source].path, [&] { write_match(match); });
    }
    for (const CopyOp::Inline& file : op_.inline_files) {
      write_one("<<" + file.name, [&] { write_inline(file); });
    }
  }

 private:
  template <typename Write>
  void write_one(const std::string& source, const Write& write) {
    try {
      write();
    } catch (base::Error& error) {
      if (error.kind() == base::ErrorKind::invalid_input) {
        error.add_context(
            fmt::format("copying \"{}\" to \"{}\"", source, op_.destination));
      }
      throw;
    }
  }

  bool is_directory() const {
    if (op_.destination_is_directory || destination_.empty()) return true;
    const Entry* existing = edit_.find(destination_);
    return existing != nullptr && existing->type == EntryType::directory;
  }

  // Where a file of this name goes. A plain name can be given to one file, be
  // it one that a wildcard found (COPY target/*.jar app.jar); a second would
  // overwrite it.
  std::string place_file(std::string_view name) {
    if (is_directory()) {
      edit_.make_directory(destination_, made_);
      return below(name);
    }
    refuse_named();
    is_named_ = true;
    edit_.make_directory(std::string(store::parent_path(destination_)), made_);
    return destination_;
  }

  void refuse_named() const {
    if (!is_named_) return;
    throw base::Error(base::ErrorKind::invalid_input,
                      "several sources need a directory, and this is none")
        .hint(fmt::format("write \"{}/\"", op_.destination));
  }

  std::string below(std::string_view name) const {
    return store::join_path(destination_, name);
  }

  void write_match(const SourceMatch& match) {
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
    entry.path = place_file(match.name);
    put(std::move(entry), match.source, match.path);
  }

  void write_directory(const SourceMatch& match) {
    refuse_named();
    if (op_.keeps_parents) {
      edit_.make_directory(destination_, made_);
    } else {
      // The root of a tree has no time when no layer speaks of it.
      const bool is_timeless =
          match.path.empty() && match.entry.mtime == store::Timestamp();
      edit_.touch_directory(destination_, made_,
                            is_timeless ? made_.mtime : match.entry.mtime);
    }
    for (const Entry& member : match.members) {
      Entry entry = member;
      entry.path = below(member.path);
      if (member.type == EntryType::hardlink) {
        entry.link_target = below(member.link_target);
      }
      put(std::move(entry), match.source,
          store::join_path(match.path, member.path));
    }
  }

  void put(Entry entry, std::size_t source, const std::string& path) {
    apply_copy_flags(op_, owner_, entry);
    if (entry.type != EntryType::regular) return edit_.put(entry);
    // There is nothing to read, a socket is one of these; a context's digests
    // cover attributes too.
    if (entry.size_bytes == 0 && entry.content == base::Digest::of("")) {
      return edit_.put(entry, [](const base::Fd&) {});
    }
    const base::Fd file = open_(source, path);
    // The context's walk only stats; a layer's index has them already.
    if (op_.sources[source].from.kind == TreeSource::Kind::context) {
      entry.xattrs = store::read_layer_xattrs(file);
    }
    edit_.put(entry, [&](const base::Fd& to) {
      copy_bytes(file, to, entry.size_bytes);
    });
  }

  void write_inline(const CopyOp::Inline& file) {
    Entry entry;
    entry.mode = 0644;
    entry.size_bytes = file.content.size();
    entry.mtime = made_.mtime;
    entry.path = place_file(file.name);
    apply_copy_flags(op_, owner_, entry);
    edit_.put(entry, [&file](const base::Fd& to) {
      base::write_all(to, file.content);
    });
  }

  // Members keep mode, owner and times. The destination is their root: links
  // of the base or of earlier members lead them about in it, never out.
  void unpack(base::Fd archive) {
    refuse_named();
    edit_.make_directory(destination_, {{}, owner_, made_.mtime});
    store::ArchiveReader reader(std::move(archive));
    while (std::optional<Entry> member = reader.next()) {
      if (member->path.empty()) continue;
      member->path = place_member(member->path);
      if (owner_) member->owner = *owner_;
      if (member->type == EntryType::hardlink) {
        member->link_target =
            edit_.resolve(member->link_target, FollowLast::no, destination_);
      }
      edit_.replace(*member, [&reader](const base::Fd& to) {
        reader.read_data([&to](std::uint64_t offset, std::string_view bytes) {
          base::write_at(to, offset, bytes);
        });
      });
    }
  }

  std::string place_member(std::string_view path) {
    const std::string parent =
        edit_.resolve(store::parent_path(path), FollowLast::yes, destination_);
    edit_.make_directory(parent,
                         {{}, owner_.value_or(store::Owner()), made_.mtime});
    return store::join_path(parent, store::base_name(path));
  }

  const CopyOp& op_;
  const OpenSource& open_;
  TreeEdit& edit_;
  std::optional<store::Owner> owner_;
  TreeEdit::NewDirectory made_;
  std::string destination_;
  bool is_named_ = false;  // a file has it as its name already
};

}  // namespace

void write_copy(const CopyOp& op, const Selection& selection,
                const OpenSource& open,
                const std::optional<store::Owner>& owner, store::Timestamp now,
                TreeEdit& edit) {
  CopyWriter(op, open, owner, now, edit).write(selection);
  edit.finish();
}

}  // namespace builder
