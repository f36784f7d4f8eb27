#include "builder/layer_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "builder/missing_source.h"
#include "builder/set_times.h"
#include "builder/source_trees.h"
#include "builder/stage_planner.h"
#include "builder/step_error.h"

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

// `tree` is where the source was sought.
base::Error missing_mount_source(const ExecMount& mount,
                                 BuildContexts& contexts,
                                 const store::MergedTree& tree) {
  const std::string source = mount.option.source.value_or("/");
  const std::string path = clean_path("/" + source).substr(1);
  const std::string target = tree.resolve(path, store::FollowLast::yes);
  BuildContext* context = mount.source.kind == TreeSource::Kind::context
                              ? &contexts.at(mount.source.context)
                              : nullptr;
  const std::string place = context != nullptr
                                ? context->title()
                                : fmt::format("\"{}\"", mount.source.name);
  std::string text =
      target == path
          ? fmt::format("mount source \"{}\" is not in {}", source, place)
          : fmt::format(
                "mount source \"{}\" leads to \"{}\", which is not in {}",
                source, target, place);
  base::Error error(base::ErrorKind::not_found, std::move(text));
  if (context != nullptr) error.hint(context->explain_absence(target));
  return error;
}

void add_place(base::Span& span, std::string_view phase, std::size_t number,
               const Vertex& vertex) {
  if (!span.is_on()) return;
  span.add("phase", phase);
  span.add("step", fmt::format("#{} {}", number + 1, render_place(vertex)));
}

// "files sha256:… mount /src sha256:…"
std::string list_inputs(const CacheKey& key) {
  std::string list;
  for (const auto& [name, content] : key.inputs()) {
    list +=
        fmt::format("{}{} {}", list.empty() ? "" : " ", name, content.str());
  }
  return list;
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
        check_copy(vertex, *copy, range);
      } else if (const auto* exec = std::get_if<ExecOp>(&vertex.operation)) {
        check_mounts(*exec);
      }
    } catch (const base::Error& error) {
      throw locate(file_, vertex, range, error);
    }
  }
}

void LayerBuilder::check_copy(const Vertex& vertex, const CopyOp& op,
                              parser::Range& range) {
  const auto is_context = [](const CopySource& source) {
    return source.from.kind == TreeSource::Kind::context;
  };
  if (std::none_of(op.sources.begin(), op.sources.end(), is_context)) return;
  Selection selection = select_files(op, [&](std::size_t source) {
    const TreeSource& from = op.sources[source].from;
    return is_context(op.sources[source])
               ? &environment_.contexts.at(from.context).tree()
               : nullptr;
  });
  if (selection.missing) {
    const TreeSource& from = op.sources[selection.missing->source].from;
    throw_missing(vertex, *selection.missing,
                  environment_.contexts.at(from.context).tree(), range);
  }
  warn_of_hidden_matches(op, selection);
  if (std::all_of(op.sources.begin(), op.sources.end(), is_context)) {
    checked_.lock()->insert_or_assign(&op, std::move(selection));
  }
}

// A wildcard may match nothing, but seldom is meant to when an ignore rule is
// why.
void LayerBuilder::warn_of_hidden_matches(const CopyOp& op,
                                          const Selection& selection) {
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    const CopySource& source = op.sources[i];
    const bool is_matched = std::any_of(
        selection.matches.begin(), selection.matches.end(),
        [i](const SourceMatch& match) { return match.source == i; });
    if (is_matched || source.from.kind != TreeSource::Kind::context) continue;
    const parser::PathPattern pattern(source.path,
                                      parser::DoubleStar::one_part);
    const std::string reason =
        environment_.contexts.at(source.from.context).explain_no_match(pattern);
    if (reason.empty()) continue;
    progress_.warning(fmt::format("{}:{}: \"{}\" matches nothing; {}",
                                  file_.name, source.range.start.line,
                                  source.path, reason));
  }
}

void LayerBuilder::check_mounts(const ExecOp& op) {
  for (const ExecMount& mount : op.mounts) {
    const parser::MountOption& option = mount.option;
    const bool is_context_bind = option.type == MountType::bind &&
                                 mount.source.kind == TreeSource::Kind::context;
    if (!is_context_bind) continue;
    BuildContext& context = environment_.contexts.at(mount.source.context);
    if (!find_tree_match(context.tree(), option.source.value_or(""))) {
      throw missing_mount_source(mount, environment_.contexts, context.tree());
    }
  }
}

// A step that stands on one that has to run will have to run too: what it will
// lack can be said now, not after minutes. A step that is cached needs none.
void LayerBuilder::check_credentials_above(std::size_t number) {
  const std::vector<Vertex>& vertices = *vertices_;
  std::vector<bool> runs(vertices.size());
  runs[number] = true;
  for (std::size_t i = number; i < vertices.size(); ++i) {
    const Vertex& vertex = vertices[i];
    runs[i] = runs[i] || (vertex.parent && runs[*vertex.parent]);
    const auto* exec = std::get_if<ExecOp>(&vertex.operation);
    if (!runs[i] || exec == nullptr) continue;
    try {
      check_credentials(*exec, environment_.credentials);
    } catch (const base::Error& error) {
      base::Error located = locate(file_, vertex, vertex.range, error);
      if (i == number) throw located;
      throw StepError(i, std::move(located));
    }
  }
}

// Points `range` at the word that names the source.
void LayerBuilder::throw_missing(const Vertex& vertex,
                                 const MissingSource& missing,
                                 const store::MergedTree& tree,
                                 parser::Range& range) {
  const auto& copy = std::get<CopyOp>(vertex.operation);
  const CopySource& source = copy.sources[missing.source];
  range = source.range;
  if (source.from.kind == TreeSource::Kind::context) {
    BuildContext& context = environment_.contexts.at(source.from.context);
    throw missing_source(copy, missing, tree, context.title(),
                         context.explain_absence(missing.path));
  }
  throw missing_source(copy, missing, tree,
                       fmt::format("\"{}\"", source.from.name), {});
}

std::optional<StepResult> LayerBuilder::find(std::size_t number,
                                             const Vertex& vertex,
                                             const StepInputs& inputs) {
  parser::Range range = vertex.range;
  base::Span span(environment_.trace, "step", vertex.title);
  add_place(span, "look up", number, vertex);
  try {
    if (const auto* base = std::get_if<BaseOp>(&vertex.operation)) {
      return run_base(*base);
    }
    Miss miss = make_key(vertex, inputs);
    if (miss.selection.missing) {
      SourceTrees trees(std::get<CopyOp>(vertex.operation), inputs,
                        environment_.contexts, environment_.store.layers());
      throw_missing(vertex, *miss.selection.missing,
                    trees.tree(miss.selection.missing->source), range);
    }
    if (!asks_server(vertex.operation)) {
      if (const auto found = find_record(vertex, miss.key)) {
        return result_of(*found, inputs, IsCached::yes);
      }
    }
    look_at_base(vertex, inputs, miss);
    if (miss.view_key) {
      if (const auto found = find_record(vertex, *miss.view_key)) {
        record(miss.key, *found);  // the next build need not look at the base
        return result_of(*found, inputs, IsCached::yes);
      }
    }
    if (options_.before_first_miss) {
      std::exchange(options_.before_first_miss, nullptr)();
    }
    misses_.lock()->insert_or_assign(number, std::move(miss));
  } catch (const base::Error& error) {
    throw locate(file_, vertex, range, error);
  }
  if (vertices_ != nullptr) check_credentials_above(number);
  return std::nullopt;
}

// Files of the context can change between the moment they are hashed for the
// key and the moment they are read for the layer. Then the layer is not what
// the key says: a COPY is made again under its new key, the result of a RUN is
// used but not recorded.
StepResult LayerBuilder::run(std::size_t number, const Vertex& vertex,
                             const StepInputs& inputs, std::stop_token stop) {
  base::Span span(environment_.trace, "step", vertex.title);
  add_place(span, "run", number, vertex);
  Miss miss = std::move(misses_.lock()->extract(number).mapped());
  try {
    if (std::holds_alternative<HttpOp>(vertex.operation) ||
        std::holds_alternative<GitOp>(vertex.operation)) {
      return run_remote(
          {number, vertex, inputs, stop, miss.selection, miss.view}, miss.key);
    }
    for (int attempt = 1;; ++attempt) {
      store::Lease lease = environment_.store.lease();
      lease.stop_on(stop);
      const Step step{number, vertex, inputs, stop, miss.selection, miss.view};
      std::optional<store::SealedLayer> sealed;
      base::Digest content;
      std::exception_ptr failure;
      const store::Timestamp started = now_timestamp();
      try {
        sealed = seal(lease, make(step, lease));
        content = std::holds_alternative<ExecOp>(vertex.operation)
                      ? digest_with_set_times(*sealed, started, now_timestamp())
                      : sealed->stable_digest;
      } catch (const base::Error& error) {
        if (error.kind() == base::ErrorKind::cancelled) throw;
        failure = std::current_exception();
      }
      const std::string changed = find_context_change(miss);
      if (changed.empty() || miss.context_copies.empty()) {
        if (failure) std::rethrow_exception(failure);
        if (!changed.empty()) {
          progress_.warning(fmt::format(
              "{} changed while RUN used it; the result is not cached",
              changed));
        }
        return result_of(
            keep(vertex, miss, lease, {std::move(*sealed), content},
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
      look_at_base(vertex, inputs, miss);
    }
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    throw locate(file_, vertex, vertex.range, error);
  }
}

store::SealedLayer LayerBuilder::seal(const store::Lease& lease,
                                      const std::filesystem::path& directory) {
  base::Span span(environment_.trace, "step", "seal");
  store::SealedLayer sealed =
      environment_.store.layers().seal(lease, directory);
  span.add("layer", sealed.diff_id);
  span.add("stable", sealed.stable_digest);
  span.add("tar_bytes", sealed.tar_bytes);
  return sealed;
}

std::string LayerBuilder::find_context_change(const Miss& miss) {
  auto reads = miss.context_copies;
  for (const auto& [context, match] : miss.context_mounts) {
    reads.emplace_back(context, &match);
  }
  for (const auto& [context, match] : reads) {
    std::string changed = context->find_change(*match);
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
  base::Span span(environment_.trace, "step", "key");
  Miss miss{CacheKey(vertex.operation,
                     parent_of(vertex.operation, inputs).content())};
  if (const auto* copy = std::get_if<CopyOp>(&vertex.operation)) {
    add_copy_input(*copy, inputs, miss);
  } else if (const auto* exec = std::get_if<ExecOp>(&vertex.operation)) {
    add_mount_inputs(*exec, inputs, miss);
  }
  if (span.is_on()) {
    span.add("key", miss.key.digest());
    span.add("operation", miss.key.operation());
    span.add("parent", miss.key.parent());
    span.add("inputs", list_inputs(miss.key));
  }
  return miss;
}

void LayerBuilder::add_copy_input(const CopyOp& op, const StepInputs& inputs,
                                  Miss& miss) {
  if (op.sources.empty()) return;
  if (auto checked = checked_.lock()->extract(&op); !checked.empty()) {
    miss.selection = std::move(checked.mapped());
  } else {
    SourceTrees trees(op, inputs, environment_.contexts,
                      environment_.store.layers());
    miss.selection = select_files(
        op, [&trees](std::size_t source) { return &trees.tree(source); });
  }
  if (miss.selection.missing) return;
  for (SourceMatch& match : miss.selection.matches) {
    const TreeSource& from = op.sources[match.source].from;
    if (from.kind != TreeSource::Kind::context) continue;
    BuildContext& context = environment_.contexts.at(from.context);
    context.fill_content(match);
    miss.context_copies.emplace_back(&context, &match);
  }
  miss.key.add_input("files", copy_digest(miss.selection));
}

void LayerBuilder::add_mount_inputs(const ExecOp& op, const StepInputs& inputs,
                                    Miss& miss) {
  std::size_t input = 0;
  for (const ExecMount& mount : op.mounts) {
    if (!reads_tree(mount)) continue;
    const std::string source = mount.option.source.value_or("");
    BuildContext* const context =
        mount.source.kind == TreeSource::Kind::context
            ? &environment_.contexts.at(mount.source.context)
            : nullptr;
    std::optional<SourceMatch> match;
    if (context != nullptr) {
      match = find_tree_match(context->tree(), source);
      if (!match) {
        throw missing_mount_source(mount, environment_.contexts,
                                   context->tree());
      }
      context->fill_content(*match);
    } else {
      const bool is_vertex = mount.source.kind == TreeSource::Kind::vertex;
      const Snapshot snapshot =
          is_vertex ? *inputs.trees.at(input++) : Snapshot();
      const store::MergedTree tree = tree_of(snapshot);
      match = find_tree_match(tree, source);
      if (!match) {
        throw missing_mount_source(mount, environment_.contexts, tree);
      }
    }
    miss.key.add_input("mount " + mount.target, mount_digest(*match));
    if (context != nullptr) {
      miss.context_mounts.emplace_back(context, std::move(*match));
    }
  }
}

}  // namespace builder
