#include "builder/layer_builder.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "builder/accounts.h"
#include "builder/copy_step.h"
#include "builder/file_hash.h"
#include "builder/stage_planner.h"
#include "builder/tree_edit.h"

namespace builder {
namespace {

using parser::MountType;

constexpr int kMaxAttempts = 3;

// Gives an error that came out of a step the place of its instruction.
// A trigger's text is in no file, so the message shows it.
base::Error locate(const SourceFile& file, const Vertex& vertex,
                   const parser::Range& range, const base::Error& error) {
  const std::string message =
      vertex.title.starts_with("ONBUILD ")
          ? fmt::format("{} of the base: {}", vertex.title, error.message())
          : error.message();
  base::Error located = error_at(file, range, message, error.hint(),
                                 error.kind() == base::ErrorKind::invalid_input
                                     ? base::ErrorKind::invalid_dockerfile
                                     : error.kind());
  return std::move(located).excerpt(located.excerpt() + error.excerpt());
}

// What a step stands on. --link: as if on nothing.
Snapshot parent_of(const Operation& operation, const StepInputs& inputs) {
  const auto* copy = std::get_if<CopyOp>(&operation);
  return copy != nullptr && copy->is_link ? Snapshot() : inputs.parent;
}

// The tree that COPY --from reads.
Snapshot source_of(const StepInputs& inputs) {
  return inputs.trees.empty() ? Snapshot() : *inputs.trees.front();
}

base::Error missing_mount_source(const ExecMount& mount,
                                 BuildContext& context) {
  const std::string source = mount.option.source.value_or("/");
  if (mount.source.kind != TreeSource::Kind::context) {
    return base::Error(base::ErrorKind::not_found,
                       fmt::format("mount source \"{}\" is not in \"{}\"",
                                   source, mount.source.name));
  }
  return base::Error(base::ErrorKind::not_found,
                     fmt::format("mount source \"{}\" is not in build context "
                                 "{}",
                                 source, context.directory().native()))
      .hint(context.explain_absence(clean_path("/" + source).substr(1)));
}

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
}

}  // namespace

LayerBuilder::LayerBuilder(const SourceFile& file,
                           const ExecEnvironment& environment,
                           Progress& progress, LayerBuilderOptions options)
    : file_(file),
      environment_(environment),
      progress_(progress),
      options_(std::move(options)) {}

void LayerBuilder::check(const Plan& plan) {
  vertices_ = &plan.vertices;
  for (const Vertex& vertex : plan.vertices) {
    parser::Range range = vertex.range;
    try {
      if (const auto* copy = std::get_if<CopyOp>(&vertex.operation)) {
        if (copy->from.kind != TreeSource::Kind::context) continue;
        Selection selection = select_files(environment_.context.tree(), *copy);
        if (selection.missing) {
          throw_missing(vertex, *selection.missing, range);
        }
        checked_.lock()->insert_or_assign(copy, std::move(selection));
      } else if (const auto* exec = std::get_if<ExecOp>(&vertex.operation)) {
        check_mounts(*exec);
      }
    } catch (const base::Error& error) {
      throw locate(file_, vertex, range, error);
    }
  }
}

void LayerBuilder::check_mounts(const ExecOp& op) {
  for (const ExecMount& mount : op.mounts) {
    const parser::MountOption& option = mount.option;
    const bool is_context_bind = option.type == MountType::bind &&
                                 mount.source.kind == TreeSource::Kind::context;
    if (is_context_bind && !find_tree_match(environment_.context.tree(),
                                            option.source.value_or(""))) {
      throw missing_mount_source(mount, environment_.context);
    }
  }
}

// A step that stands on one that has to run will have to run too: what it will
// lack can be said now, not after minutes. A step that is cached needs no
// secret.
void LayerBuilder::check_secrets_above(std::size_t number) {
  const std::vector<Vertex>& vertices = *vertices_;
  std::vector<bool> runs(vertices.size());
  runs[number] = true;
  for (std::size_t i = number; i < vertices.size(); ++i) {
    const Vertex& vertex = vertices[i];
    runs[i] = runs[i] || (vertex.parent && runs[*vertex.parent]);
    const auto* exec = std::get_if<ExecOp>(&vertex.operation);
    if (!runs[i] || exec == nullptr) continue;
    for (const ExecMount& mount : exec->mounts) {
      if (mount.option.type != MountType::secret) continue;
      try {
        ExecStep::check_secret(mount.option, environment_.secrets);
      } catch (const base::Error& error) {
        throw locate(file_, vertex, vertex.range, error);
      }
    }
  }
}

// Points `range` at the word that names the source.
void LayerBuilder::throw_missing(const Vertex& vertex,
                                 const MissingSource& missing,
                                 parser::Range& range) {
  const auto& copy = std::get<CopyOp>(vertex.operation);
  if (missing.source < copy.source_ranges.size()) {
    range = copy.source_ranges[missing.source];
  }
  throw missing_source(copy, missing);
}

std::optional<StepResult> LayerBuilder::find(std::size_t number,
                                             const Vertex& vertex,
                                             const StepInputs& inputs) {
  parser::Range range = vertex.range;
  try {
    if (const auto* base = std::get_if<BaseOp>(&vertex.operation)) {
      return run_base(*base);
    }
    Miss miss = make_key(vertex, inputs);
    if (miss.selection.missing) {
      throw_missing(vertex, *miss.selection.missing, range);
    }
    if (options_.use_cache) {
      const auto record = environment_.store.cache().find(miss.key.digest());
      // A layer that was lost from the disk is made again.
      if (record && environment_.store.layers().find(record->diff_id)) {
        return result_of(*record, inputs, IsCached::yes);
      }
    }
    if (options_.before_first_miss) {
      std::exchange(options_.before_first_miss, nullptr)();
    }
    misses_.lock()->insert_or_assign(number, std::move(miss));
  } catch (const base::Error& error) {
    throw locate(file_, vertex, range, error);
  }
  if (vertices_ != nullptr) check_secrets_above(number);
  return std::nullopt;
}

// Files of the context can change between the moment they are hashed for the
// key and the moment they are read for the layer. Then the layer is not what
// the key says: a COPY is made again under its new key, the result of a RUN is
// used but not recorded.
StepResult LayerBuilder::run(std::size_t number, const Vertex& vertex,
                             const StepInputs& inputs, std::stop_token stop) {
  Miss miss = std::move(misses_.lock()->extract(number).mapped());
  try {
    for (int attempt = 1;; ++attempt) {
      store::Lease lease = environment_.store.lease();
      lease.stop_on(stop);
      const Step step{number, vertex, inputs, stop, miss.selection};
      std::optional<store::SealedLayer> sealed;
      std::exception_ptr failure;
      try {
        sealed = environment_.store.layers().seal(lease, make(step, lease));
      } catch (const base::Error& error) {
        if (error.kind() == base::ErrorKind::cancelled) throw;
        failure = std::current_exception();
      }
      const std::string changed = find_context_change(miss);
      if (changed.empty() || !miss.copies_context) {
        if (failure) std::rethrow_exception(failure);
        if (!changed.empty()) {
          progress_.warning(fmt::format(
              "{} changed while RUN used it; the result is not cached",
              changed));
        }
        return result_of(keep(miss.key, lease, std::move(*sealed),
                              changed.empty() ? Recording::on : Recording::off),
                         inputs, IsCached::no);
      }
      if (attempt == kMaxAttempts) {
        throw base::Error(
            base::ErrorKind::invalid_input,
            fmt::format("{} keeps changing while it is copied", changed))
            .hint("stop what writes to it, or leave it out with .dockerignore");
      }
      miss = make_key(vertex, inputs);
    }
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    throw locate(file_, vertex, vertex.range, error);
  }
}

std::vector<const SourceMatch*> LayerBuilder::Miss::context_reads() const {
  std::vector<const SourceMatch*> reads;
  if (copies_context) {
    for (const SourceMatch& match : selection.matches) reads.push_back(&match);
  }
  for (const SourceMatch& match : context_mounts) reads.push_back(&match);
  return reads;
}

std::string LayerBuilder::find_context_change(const Miss& miss) {
  for (const SourceMatch* match : miss.context_reads()) {
    std::string changed = environment_.context.find_change(*match);
    if (!changed.empty()) return changed;
  }
  return {};
}

StepResult LayerBuilder::result_of(const store::CacheRecord& record,
                                   const StepInputs& inputs,
                                   IsCached is_cached) {
  StepResult result;
  result.snapshot = inputs.parent;
  result.snapshot.layers.push_back({record.diff_id, record.stable_digest});
  result.created = record.created;
  result.is_cached = is_cached == IsCached::yes;
  return result;
}

StepResult LayerBuilder::run_base(const BaseOp& op) {
  StepResult result;
  result.is_cached = true;
  for (const base::Digest& diff_id : op.diff_ids) {
    const auto layer = environment_.store.layers().find(diff_id);
    if (!layer) {
      throw base::Error(base::ErrorKind::not_found,
                        fmt::format("layer {} of {} is not in the store",
                                    diff_id.str(), op.reference));
    }
    result.snapshot.layers.push_back({layer->diff_id, layer->stable_digest});
  }
  return result;
}

LayerBuilder::Miss LayerBuilder::make_key(const Vertex& vertex,
                                          const StepInputs& inputs) {
  Miss miss{
      CacheKey(vertex.operation, parent_of(vertex.operation, inputs).content()),
      {},
      {}};
  if (const auto* copy = std::get_if<CopyOp>(&vertex.operation)) {
    add_copy_input(*copy, inputs, miss);
  } else if (const auto* exec = std::get_if<ExecOp>(&vertex.operation)) {
    add_mount_inputs(*exec, inputs, miss);
  }
  return miss;
}

base::Error LayerBuilder::missing_source(const CopyOp& op,
                                         const MissingSource& missing) {
  BuildContext& context = environment_.context;
  const bool is_context = op.from.kind == TreeSource::Kind::context;
  const std::string place =
      is_context ? fmt::format("build context {}", context.directory().native())
                 : fmt::format("\"{}\"", op.from.name);
  std::string text =
      fmt::format("there is no \"{}\" in {}", missing.name, place);
  if (missing.path != missing.name) {
    text = fmt::format("\"{}\" leads to \"{}\", which is not in {}",
                       missing.name, missing.path, place);
  }
  std::string hint =
      is_context ? context.explain_absence(missing.path) : std::string();
  return base::Error(base::ErrorKind::not_found, std::move(text))
      .hint(std::move(hint));
}

void LayerBuilder::add_copy_input(const CopyOp& op, const StepInputs& inputs,
                                  Miss& miss) {
  if (op.sources.empty()) return;
  BuildContext& context = environment_.context;
  const bool is_context = op.from.kind == TreeSource::Kind::context;
  if (auto checked = checked_.lock()->extract(&op); !checked.empty()) {
    miss.selection = std::move(checked.mapped());
  } else {
    miss.selection = is_context ? select_files(context.tree(), op)
                                : select_files(tree_of(source_of(inputs)), op);
  }
  if (miss.selection.missing) return;
  miss.copies_context = is_context;
  if (is_context) {
    for (SourceMatch& match : miss.selection.matches) {
      context.fill_content(match);
    }
  }
  miss.key.add_input("files", copy_digest(miss.selection));
}

void LayerBuilder::add_mount_inputs(const ExecOp& op, const StepInputs& inputs,
                                    Miss& miss) {
  BuildContext& context = environment_.context;
  std::size_t input = 0;
  for (const ExecMount& mount : op.mounts) {
    if (mount.option.type != MountType::bind) continue;
    const std::string source = mount.option.source.value_or("");
    const bool is_context = mount.source.kind == TreeSource::Kind::context;
    std::optional<SourceMatch> match;
    if (is_context) {
      match = find_tree_match(context.tree(), source);
      if (match) context.fill_content(*match);
    } else {
      const bool is_vertex = mount.source.kind == TreeSource::Kind::vertex;
      const Snapshot snapshot =
          is_vertex ? *inputs.trees.at(input++) : Snapshot();
      match = find_tree_match(tree_of(snapshot), source);
    }
    if (!match) throw missing_mount_source(mount, context);
    miss.key.add_input("mount " + mount.target, mount_digest(*match));
    if (is_context) miss.context_mounts.push_back(std::move(*match));
  }
}

std::filesystem::path LayerBuilder::make(const Step& step,
                                         const store::Lease& lease) {
  const Operation& operation = step.vertex.operation;
  if (const auto* exec = std::get_if<ExecOp>(&operation)) {
    return make_exec(step, *exec, lease);
  }
  if (const auto* copy = std::get_if<CopyOp>(&operation)) {
    return make_copy(step, *copy, lease);
  }
  return make_workdir(step, std::get<WorkDirOp>(operation), lease);
}

std::filesystem::path LayerBuilder::make_exec(const Step& step,
                                              const ExecOp& op,
                                              const store::Lease& lease) {
  StepLog log(options_.logs / fmt::format("{}.log", step.number + 1),
              step.number, progress_,
              ExecStep::secret_values(op, environment_.secrets));
  ExecStep exec(environment_, op, step.inputs, lease);
  try {
    return exec.run(log, step.stop);
  } catch (base::Error& error) {
    if (error.kind() == base::ErrorKind::step_failed) {
      error.excerpt(error.excerpt() + log.render_tail());
    }
    throw;
  }
}

std::filesystem::path LayerBuilder::make_copy(const Step& step,
                                              const CopyOp& op,
                                              const store::Lease& lease) {
  const store::MergedTree below =
      tree_of(parent_of(step.vertex.operation, step.inputs));
  const std::filesystem::path directory = lease.make_directory("upper");
  TreeEdit edit(below, environment_.store.layers().io().write(directory));
  if (op.from.kind == TreeSource::Kind::context) {
    const base::Fd root = base::open_file(environment_.context.directory(),
                                          O_RDONLY | O_DIRECTORY);
    write_copy(
        op, step.selection,
        [&](const std::string& path) {
          lease.throw_if_stopped();
          return open_regular(root, path);
        },
        Accounts(below), edit);
    return directory;
  }
  const store::MergedTree from = tree_of(source_of(step.inputs));
  write_copy(
      op, step.selection,
      [&](const std::string& path) {
        lease.throw_if_stopped();
        const store::Entry* entry = from.find(path);
        if (entry == nullptr) {
          throw base::Error(base::ErrorKind::not_found,
                            fmt::format("\"{}\" is not there", path));
        }
        return from.open(*entry);
      },
      Accounts(below), edit);
  return directory;
}

std::filesystem::path LayerBuilder::make_workdir(const Step& step,
                                                 const WorkDirOp& op,
                                                 const store::Lease& lease) {
  const store::MergedTree below = tree_of(step.inputs.parent);
  const std::filesystem::path directory = lease.make_directory("upper");
  TreeEdit edit(below, environment_.store.layers().io().write(directory));
  TreeEdit::NewDirectory made{0755, {}, now_timestamp()};
  try {
    const Account account = Accounts(below).find_user(op.user);
    made.owner = {account.uid, account.gid};
  } catch (const base::Error& error) {
    // A user that does not exist yet owns nothing; RUN will say so.
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
  const std::string path = edit.resolve(op.path, store::FollowLast::yes);
  const store::Entry* existing = edit.find(path);
  if (existing == nullptr || existing->type != store::EntryType::directory) {
    edit.make_directory(path, made);
  }
  edit.finish();
  return directory;
}

// An earlier result of the same parent that differs in nothing but times is
// kept in place of the new one: all that follows hits, and the image stays the
// same. Not under --no-cache, which asks for new layers.
store::CacheRecord LayerBuilder::keep(const CacheKey& key,
                                      const store::Lease& lease,
                                      store::SealedLayer sealed,
                                      Recording recording) {
  store::Store& store = environment_.store;
  store::CacheRecord record;
  std::optional<store::CacheRecord> equal;
  if (options_.use_cache) {
    equal = store.cache().find_equal_result(key.parent(), sealed.stable_digest);
  }
  if (equal && store.layers().find(equal->diff_id)) {
    record = *equal;
  } else {
    const store::Layer layer = store.layers().publish(lease, std::move(sealed));
    record.diff_id = layer.diff_id;
    record.stable_digest = layer.stable_digest;
    record.created = now();
  }
  record.key = key.digest();
  record.operation = key.operation();
  record.parent = key.parent();
  record.parts = key.render_parts();
  if (recording == Recording::on) store.cache().put(record);
  return record;
}

store::MergedTree LayerBuilder::tree_of(const Snapshot& snapshot) const {
  return environment_.store.layers().merged(snapshot.diff_ids());
}

}  // namespace builder
