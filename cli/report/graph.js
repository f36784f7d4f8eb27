'use strict';
// Where each step of the build graph is drawn: one row a step, as the plan has
// them, and lanes beside each other like the tracks of a station.
//
// Steps that follow each other form a chain, which keeps its lane from its
// first step to its last. Any other dependency (COPY --from, a stage on a stage)
// leaves its source through one track for all that need it: the chain's own
// lane behind its end, or a free one. So however many steps need one, they share
// a track, and 80 steps rarely take more than a handful of lanes.

// `steps`: {stage, parent, needs}. Returns {lanes, lane: of each step, edges:
// [{from, to, via}]}, where `via` is the lane an edge runs in between the two.
function layOutGraph(steps) {
  const next = findNext(steps);
  const chains = findChains(steps, next);
  const others = steps.map(() => []);  // who needs a step, but the next of its chain
  steps.forEach((step, to) => {
    for (const from of step.needs) if (next[from] !== to) others[from].push(to);
  });

  const lanes = [];
  const lane = [];
  const track = [];
  // The target's chain comes last in the plan, and is the straight one.
  chains.sort((a, b) => b.at(-1) - a.at(-1));
  for (const chain of chains) {
    const last = chain.at(-1);
    const end = Math.max(last, ...others[last].map(to => to - 1));
    const own = takeLane(lanes, chain[0], end);
    for (const number of chain) lane[number] = own;
    track[last] = own;
  }
  const edges = [];
  steps.forEach((step, from) => {
    if (next[from] !== undefined) {
      edges.push({from, to: next[from], via: lane[from]});
    }
    if (others[from].length === 0) return;
    const end = Math.max(...others[from]) - 1;
    if (track[from] === undefined) {
      track[from] = end > from ? takeLane(lanes, from + 1, end) : lane[from];
    }
    for (const to of others[from]) edges.push({from, to, via: track[from]});
  });
  return {lanes: lanes.length, lane, edges};
}

// The step that stands on each in its chain: the first of its own stage, else
// the first at all.
function findNext(steps) {
  const next = [];
  for (const isOwn of [true, false]) {
    steps.forEach((step, number) => {
      const from = step.parent;
      if (from === undefined || next[from] !== undefined) return;
      if (!isOwn || steps[from].stage === step.stage) next[from] = number;
    });
  }
  return next;
}

function findChains(steps, next) {
  const follows = new Set(next.filter(number => number !== undefined));
  const chains = [];
  steps.forEach((step, first) => {
    if (follows.has(first)) return;
    const chain = [];
    for (let at = first; at !== undefined; at = next[at]) chain.push(at);
    chains.push(chain);
  });
  return chains;
}

// The first lane that is free in these rows.
function takeLane(lanes, first, last) {
  let number = lanes.findIndex(
      taken => taken.every(([from, to]) => last < from || to < first));
  if (number < 0) number = lanes.push([]) - 1;
  lanes[number].push([first, last]);
  return number;
}
