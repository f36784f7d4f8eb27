// Draws the report from the JSON in the page. All texts come from strangers:
// they go into the page as text nodes and attributes, never as markup.
const data = JSON.parse(document.getElementById('data').textContent);
const isCritical = new Set(data.critical);

// Elements

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== undefined));
  return element;
}
function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}
function draw(tag, attributes = {}, ...children) {
  const space = 'http://www.w3.org/2000/svg';
  return fill(document.createElementNS(space, tag), attributes, children);
}
function show(id, ...children) {
  const section = document.getElementById(id);
  section.append(...children);
  section.hidden = false;
}
function listFacts(pairs) {
  const known = pairs.filter(([, value]) => value !== undefined);
  return make('dl', {class: 'facts'}, ...known.flatMap(([name, value]) => [
    make('dt', {}, name), make('dd', {}, value)]));
}

// Figures

function showTime(ms) {
  if (ms === 0) return '0 s';
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const two = number => String(number).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
}
function showSize(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  while (bytes >= 999.5 && unit < units.length - 1) {
    bytes /= 1000;
    ++unit;
  }
  const digits = unit === 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2;
  return `${bytes.toFixed(digits)} ${units[unit]}`;
}
function showShare(part, whole) {
  const share = whole > 0 ? 100 * part / whole : 0;
  return share > 0 && share < 1 ? 'under 1 %' : `${Math.round(share)} %`;
}
function count(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
function showAge(then) {
  const seconds = Math.max(0, data.started - then);
  const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
  for (const [name, length] of units) {
    if (seconds >= length) return `${count(Math.floor(seconds / length), name)} before`;
  }
  return 'just before';
}
function showMoment(seconds) {
  return new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19) + ' UTC';
}

// Steps

const words = {
  ran: 'ran', cached: 'cached', failed: 'failed', stopped: 'stopped',
  waiting: 'not reached',
};
function placeOf(step) {
  return step.step === undefined ? step.stage : `${step.stage} ${step.step}/${step.of}`;
}
function elapsedOf(step) {
  return step.end_ms === undefined ? 0 : step.end_ms - (step.start_ms ?? step.look_ms);
}
function classOf(number) {
  const step = data.steps[number];
  return `is-${step.state}${isCritical.has(number) ? ' is-critical' : ''}`;
}
// A shape for each state, so that none depends on its colour.
function drawNode(kind, classes, x, y) {
  const at = {class: `node ${classes}`};
  if (kind === 'failed') {
    return draw('path', {...at, d: `M${x} ${y - 6}l6 6l-6 6l-6 -6z`});
  }
  return draw('circle', {...at, cx: x, cy: y, r: kind === 'waiting' ? 2.5 : 4.5});
}
function mark(kind, classes) {
  return make('span', {class: 'mark', 'aria-hidden': 'true'},
      draw('svg', {width: 14, height: 14, viewBox: '0 0 14 14'}, drawNode(kind, classes, 7, 7)));
}
function linkTo(number) {
  const step = data.steps[number];
  return make('a', {href: `#step-${number + 1}`, class: 'title'}, step.title);
}

// Head

function countSteps() {
  const counts = {};
  for (const step of data.steps) counts[step.state] = (counts[step.state] ?? 0) + 1;
  return counts;
}
function sumUp() {
  const counts = countSteps();
  const all = data.steps.length;
  if (all === 0) return 'No step was planned.';
  const parts = [];
  for (const state of ['ran', 'cached', 'failed', 'stopped', 'waiting']) {
    if (counts[state]) parts.push(`${counts[state]} ${words[state]}`);
  }
  return `${count(all, 'step')}: ${parts.join(', ')}.`;
}
function figure(name, value, note) {
  return make('div', {}, make('dt', {}, name),
      make('dd', {}, value, note === undefined ? undefined : make('span', {}, note)));
}
// A line may end behind what divides a name.
function breakable(name) {
  return name.split(/(?<=[/:@])/).flatMap((part, i) => i > 0 ? [make('wbr'), part] : [part]);
}
function criticalTime() {
  return data.critical.reduce((sum, number) => sum + elapsedOf(data.steps[number]), 0);
}
function drawHead() {
  const counts = countSteps();
  const figures = [figure('Time', showTime(data.total_ms), sumUp())];
  if (data.critical.length > 0) {
    figures.push(figure('Critical path', showTime(criticalTime()),
        `${count(data.critical.length, 'step')} in a row`));
  }
  if (data.saved_ms > 0) {
    figures.push(figure('Saved by the cache', showTime(data.saved_ms),
        `of work, in ${count(counts.cached ?? 0, 'step')}`));
  }
  if (data.image) {
    figures.push(figure('Image', data.image.bytes === undefined ? 'not here' :
        showSize(data.image.bytes), count(data.layers.length, 'layer')));
  }
  if (data.waste) {
    const all = data.layers.reduce((sum, layer) => sum + layer.bytes, 0);
    figures.push(figure('Wasted', showSize(data.waste.bytes),
        data.waste.bytes > 0 ? `${showShare(data.waste.bytes, all)} of all bytes` : 'nothing'));
  }
  const isBad = data.result !== 'built';
  const result = {built: 'Built', failed: 'Failed', interrupted: 'Interrupted'}[data.result];
  document.getElementById('head').append(
      make('div', {class: 'name'}, make('h1', {}, make('bdi', {}, ...breakable(data.name))),
          make('span', {class: `result${isBad ? ' is-bad' : ''}`}, result)),
      make('dl', {class: 'figures'}, ...figures),
      listFacts([
        ['Command', make('code', {}, data.command)],
        ['Image', data.image && make('code', {}, data.image.id)],
        ['Names', data.names.length > 1 ? data.names.join(', ') : undefined],
        ['Started', showMoment(data.started)],
        ...data.machine,
      ]));
}
function drawError() {
  if (!data.error) return;
  const {message, excerpt, hint} = data.error;
  const failed = data.steps.findIndex(step => step.state === 'failed');
  show('error', make('p', {class: 'message'}, message),
      ...(excerpt ? [make('pre', {tabindex: 0}, excerpt)] : []),
      ...(hint ? [make('p', {class: 'hint'}, hint)] : []),
      ...(failed < 0 ? [] : [make('p', {class: 'lead'}, 'In ', linkTo(failed))]));
}

// Graph and timeline: one list, whose rows are steps in the plan's order.

function tickLength(total) {
  const rough = Math.max(total, 0.01) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find(factor => factor * power >= rough);
}
function drawTrack(spans) {
  const track = make('span', {class: 'track', 'aria-hidden': 'true'});
  for (const [kind, from, to] of spans) {
    if (from === undefined || to === undefined) continue;
    const bar = make('i', {class: kind});
    bar.style.left = `${Math.min(100 * from / data.total_ms, 99.8)}%`;
    bar.style.width = `${Math.max(0, 100 * (to - from) / data.total_ms)}%`;
    track.append(bar);
  }
  return track;
}
function drawRow(number) {
  const step = data.steps[number];
  const isTimed = step.end_ms !== undefined;
  const state = words[step.state] + (isCritical.has(number) ? ', on the critical path' : '');
  return make('li', {class: classOf(number), 'data-step': number},
      make('span', {class: 'place'}, make('bdi', {}, placeOf(step))),
      make('a', {class: 'what title', href: `#step-${number + 1}`, title: step.title}, step.title),
      drawTrack([
        ['look', step.look_ms, step.start_ms],
        ['work', step.start_ms ?? step.look_ms, step.end_ms],
      ]),
      make('span', {class: 'took'}, make('span', {class: 'unseen'}, `${state}, `),
          step.state === 'cached' ? 'cached' : isTimed ? showTime(elapsedOf(step)) : '–'));
}
function drawOther(title, from, to) {
  return make('li', {},
      make('span', {class: 'place'}), make('span', {class: 'what dim'}, make('bdi', {}, title)),
      drawTrack([['work', from, to]]),
      make('span', {class: 'took'}, showTime(to - from)));
}
function drawAxis() {
  const tick = tickLength(data.total_ms);
  const ticks = make('div', {class: 'ticks'});
  for (let at = 0; at <= data.total_ms * 0.93; at += tick) {
    const label = make('span', {}, at === 0 ? '0' : showTime(at).replace('.0 ', ' '));
    label.style.left = `${100 * at / data.total_ms}%`;
    ticks.append(label);
  }
  return make('div', {class: 'axis', 'aria-hidden': 'true'}, ticks);
}
// The tracks beside the rows; drawn again when the rows' height changes.
function drawRails(chart, layout, firstRow) {
  const style = getComputedStyle(chart);
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const height = parseFloat(style.getPropertyValue('--row')) * size;
  const isNarrow = chart.clientWidth < 48 * size;
  const most = isNarrow ? chart.clientWidth * 0.22 : chart.clientWidth * 0.2;
  const pitch = Math.min(18, Math.max(3, (most - 14) / Math.max(1, layout.lanes - 1)));
  const width = 14 + pitch * Math.max(0, layout.lanes - 1);
  chart.style.setProperty('--rail', `${width}px`);
  const x = lane => 7 + lane * pitch;
  const y = row => (row + firstRow + (isNarrow ? 0.34 : 0.5)) * height;
  const trace = ({from, to, via}) => {
    const [x1, y1, x2, y2, xv] = [x(layout.lane[from]), y(from), x(layout.lane[to]), y(to), x(via)];
    const bend = (ax, ay, bx, by) =>
      ax === bx ? `L${bx} ${by}` : `C${ax} ${(ay + by) / 2} ${bx} ${(ay + by) / 2} ${bx} ${by}`;
    if (to === from + 1) return `M${x1} ${y1}${bend(x1, y1, x2, y2)}`;
    const out = x1 === xv ? y1 : y1 + height;
    const back = Math.max(out, x2 === xv ? y2 : y2 - height);
    return `M${x1} ${y1}${bend(x1, y1, xv, out)}L${xv} ${back}${bend(xv, back, x2, y2)}`;
  };
  const before = new Map(data.critical.map((number, i) => [number, data.critical[i - 1]]));
  const svg = draw('svg', {
    width, height: height * (data.steps.length + firstRow), role: 'img',
    'aria-label': `Graph of ${count(data.steps.length, 'step')}; each row below is one of them`,
  });
  svg.style.top = `${chart.querySelector('.axis').offsetHeight}px`;
  const edges = layout.edges.map(edge => ({...edge, isHot: before.get(edge.to) === edge.from}));
  edges.sort((a, b) => a.isHot - b.isHot);
  for (const edge of edges) {
    svg.append(draw('path', {
      class: `edge${edge.isHot ? ' is-critical' : ''}`, d: trace(edge),
      'data-from': edge.from, 'data-to': edge.to,
    }));
  }
  data.steps.forEach((step, number) => {
    svg.append(drawNode(step.state, classOf(number), x(layout.lane[number]), y(number)));
  });
  chart.querySelector(':scope > svg')?.remove();
  chart.prepend(svg);
}
function light(chart, number) {
  for (const edge of chart.querySelectorAll('.edge')) {
    const isLit = number !== undefined &&
        (edge.dataset.from === number || edge.dataset.to === number);
    edge.classList.toggle('is-lit', isLit);
  }
}
function explainTime() {
  if (data.error) {
    return make('p', {class: 'lead'}, `Until the build ${
        data.result === 'failed' ? 'failed' : 'was interrupted'}.`);
  }
  if (data.critical.length === 0) {
    return make('p', {class: 'lead'}, 'Every step was in the cache: the time went into looking.');
  }
  // Those worth the trouble, the longest in any case.
  const longest = [...data.critical].sort(
      (a, b) => elapsedOf(data.steps[b]) - elapsedOf(data.steps[a])).filter(
      (number, i) => i === 0 || elapsedOf(data.steps[number]) > data.total_ms / 20).slice(0, 3);
  const text = make('p', {class: 'lead'},
      'The critical path, ', make('strong', {}, showTime(criticalTime())),
      `, is the longest chain of steps that wait for each other. Only what gets faster there `
      + 'makes the build faster: ');
  longest.forEach((number, i) => {
    const time = elapsedOf(data.steps[number]);
    text.append(...(i > 0 ? [', '] : []), linkTo(number),
        ` ${showTime(time)} (${showShare(time, data.total_ms)} of the build)`);
  });
  text.append('.');
  return text;
}
function drawLegend() {
  const entries = [
    ['ran', 'is-ran is-critical', 'on the critical path'], ['ran', 'is-ran', data.error ? 'ran' : 'ran beside it'],
    ['cached', 'is-cached', 'cached'], ['failed', 'is-failed', 'failed'],
    ['stopped', 'is-stopped', 'stopped'], ['waiting', 'is-waiting', 'not reached'],
  ];
  const there = new Set(data.steps.flatMap((step, i) => [
    classOf(i), step.state === 'ran' ? '' : `is-${step.state}`]));
  const shown = entries.filter(([, classes]) => there.has(classes));
  return make('p', {class: 'legend'}, ...shown.map(
      ([kind, classes, text]) => make('span', {}, mark(kind, classes), text)));
}
function drawTime() {
  if (data.steps.length === 0) return;
  const rows = make('ol');
  if (data.planned_ms) rows.append(drawOther('read and plan', 0, data.planned_ms));
  const firstRow = rows.children.length;
  data.steps.forEach((step, number) => rows.append(drawRow(number)));
  for (const output of data.outputs) {
    rows.append(drawOther(`write ${output.title}`, output.start_ms, output.end_ms));
  }
  const chart = make('div', {class: 'chart'}, drawAxis(), rows);
  chart.style.setProperty('--tick', `${100 * tickLength(data.total_ms) / data.total_ms}%`);
  show('time', explainTime(), drawLegend(), chart);
  const layout = layOutGraph(data.steps);
  const redraw = () => drawRails(chart, layout, firstRow);
  redraw();
  new ResizeObserver(redraw).observe(document.body);
  addEventListener('beforeprint', redraw);
  for (const [begin, end] of [['mouseover', 'mouseleave'], ['focusin', 'focusout']]) {
    rows.addEventListener(begin, event => light(chart, event.target.closest('li')?.dataset.step));
    rows.addEventListener(end, () => light(chart));
  }
}

// Steps, each with what is known of it

// The one thing to know of it at a glance.
function noteOf(step) {
  if (step.error) return step.error;
  if (step.reason) return step.reason;
  return step.hit?.recorded === undefined ? '' : `ran ${showAge(step.hit.recorded)}`;
}
function explainStep(step) {
  const {hit} = step;
  const base = hit && hit.recorded === undefined;
  let why;
  if (step.reasons?.length > 1) {
    why = make('ul', {}, ...step.reasons.map(text => make('li', {}, make('bdi', {}, text))));
  } else if (step.reason) {
    why = make('bdi', {}, step.reason);
  }
  let cached;
  if (hit && !base) {
    cached = `ran ${showAge(hit.recorded)}, ${showMoment(hit.recorded)}; took ${showTime(hit.took_ms)}`;
  } else if (base) {
    cached = 'was in the store';
  }
  return [
    ['Why it ran', why],
    ['Cached', cached],
    ['Made of', hit?.parts && make('ul', {}, ...hit.parts.map(
        text => make('li', {}, make('bdi', {}, text))))],
    ['It ran then', hit?.parts ? undefined : hit?.reason && make('bdi', {}, hit.reason)],
    ['Output then', hit?.log && make('code', {}, hit.log)],
    ['Taken from', hit?.origin && make('bdi', {}, hit.origin)],
    ['Error', step.error && make('bdi', {}, step.error)],
  ];
}
function drawLog(log) {
  const text = make('pre', {class: 'log', tabindex: 0, 'aria-label': 'Output'}, log.head);
  if (log.left_out_bytes !== undefined) {
    text.append(make('span', {class: 'gap'}, `${showSize(log.left_out_bytes)} are left out here`),
        log.tail);
  }
  return text;
}
function describeStep(step, number) {
  const needs = make('span');
  step.needs.forEach((need, i) => needs.append(i > 0 ? ', ' : '', linkTo(need)));
  const start = step.start_ms ?? step.look_ms;
  return listFacts([
    ...explainStep(step),
    ['Time', start === undefined ? undefined :
      `${showTime(elapsedOf(step))}, from ${showTime(start)}` +
      (isCritical.has(number) ? ', on the critical path' : '')],
    ['Processor', step.cpu_ms === undefined ? undefined : `${showTime(step.cpu_ms)}`],
    ['Peak memory', step.memory_bytes === undefined ? undefined : showSize(step.memory_bytes) +
      (step.oom_kills ? `; ${count(step.oom_kills, 'process').replace('sss', 'sses')} killed for want of memory` : '')],
    ['Adds', step.bytes === undefined ? undefined : showSize(step.bytes)],
    ['Layer', step.layer && make('code', {}, step.layer)],
    ['Needs', step.needs.length > 0 ? needs : undefined],
    ['Dockerfile', `line ${step.line}`],
    ['Whole output', step.log && make('code', {}, step.log.path)],
  ]);
}
function drawStep(step, number) {
  const isTimed = step.end_ms !== undefined && step.state !== 'cached';
  const details = make('details', {id: `step-${number + 1}`, class: classOf(number)},
      make('summary', {}, mark(step.state, classOf(number)),
          make('span', {class: 'number'}, `${number + 1}`),
          make('span', {class: 'place'}, make('bdi', {}, placeOf(step))),
          make('span', {class: 'title'}, step.title),
          make('span', {class: 'note'}, make('bdi', {}, noteOf(step))),
          make('span', {class: 'state'}, words[step.state]),
          make('span', {class: 'took'}, isTimed ? showTime(elapsedOf(step)) : '')));
  const open = () => {
    if (details.children.length > 1) return;
    details.append(make('div', {class: 'body'}, make('pre', {class: 'whole'}, step.title),
        describeStep(step, number), ...(step.log ? [drawLog(step.log)] : [])));
  };
  // Only what is looked at is built.
  details.addEventListener('toggle', () => details.open && open());
  details.fill = open;
  details.open = step.state === 'failed';
  if (details.open) open();
  return details;
}
function drawSteps() {
  if (data.steps.length === 0) return;
  const all = data.steps.map(drawStep);
  const list = make('div', {class: 'steps'}, ...all);
  const nothing = make('p', {class: 'nothing', role: 'status'});
  const filter = make('input', {type: 'search', placeholder: 'Find in titles, reasons and output',
    'aria-label': 'Find in titles, reasons and output'});
  let state = 'all';
  const apply = () => {
    const wanted = filter.value.toLowerCase();
    let shown = 0;
    data.steps.forEach((step, i) => {
      const text = [step.stage, step.title, step.reason, step.error, step.log?.head,
        step.log?.tail].join('\n').toLowerCase();
      all[i].hidden = !(state === 'all' || step.state === state) || !text.includes(wanted);
      if (!all[i].hidden) ++shown;
    });
    nothing.textContent = shown === 0 ? 'No step is like that.' : '';
  };
  filter.addEventListener('input', apply);
  const counts = countSteps();
  const states = ['all', ...Object.keys(words).filter(name => counts[name])];
  const buttons = states.map(name => {
    const button = make('button', {type: 'button', 'aria-pressed': name === 'all'},
        name === 'all' ? `all ${data.steps.length}` : `${words[name]} ${counts[name]}`);
    button.addEventListener('click', () => {
      state = name;
      for (const other of buttons) other.setAttribute('aria-pressed', other === button);
      apply();
    });
    return button;
  });
  const toggle = (text, isOpen) => {
    const button = make('button', {type: 'button'}, text);
    button.addEventListener('click', () => {
      for (const one of all) if (!one.hidden) one.open = isOpen;
    });
    return button;
  };
  show('steps', make('div', {class: 'controls'}, ...(states.length > 2 ? buttons : []), filter,
      make('span', {class: 'space'}), toggle('Open all', true), toggle('Close all', false)),
      list, nothing);
  const openTarget = () => {
    const step = all.find(one => `#${one.id}` === location.hash);
    if (!step) return;
    step.hidden = false;
    step.open = true;
    step.fill();
    step.scrollIntoView();
    step.querySelector('summary').focus({preventScroll: true});
  };
  addEventListener('hashchange', openTarget);
  addEventListener('beforeprint', () => {
    for (const one of all) {
      if (!one.classList.contains('is-cached')) one.open = true, one.fill();
    }
  });
  openTarget();
}

// Layers

function head(...columns) {
  return make('thead', {}, make('tr', {}, ...columns.map(
      ([text, classes]) => make('th', {scope: 'col', class: classes}, text))));
}
function drawShare(part, whole) {
  const bar = make('i');
  bar.style.width = `${whole > 0 ? 100 * part / whole : 0}%`;
  return make('span', {class: 'share', 'aria-hidden': 'true'}, bar);
}
function drawLayers() {
  if (data.layers.length === 0) return;
  const largest = Math.max(...data.layers.map(layer => layer.bytes ?? 0));
  const all = data.layers.reduce((sum, layer) => sum + (layer.bytes ?? 0), 0);
  const rows = data.layers.map((layer, i) => make('tr', {},
      make('td', {class: 'number wide'}, `${i + 1}`),
      make('td', {}, linkTo(layer.step)),
      make('td', {class: 'number wide'}, layer.files === undefined ? '' : layer.files.toLocaleString('en')),
      make('td', {class: 'number'}, layer.bytes === undefined ? 'not here' : showSize(layer.bytes)),
      make('td', {class: 'wide'}, drawShare(layer.bytes ?? 0, largest)),
      make('td', {class: 'number'}, layer.wasted_bytes ? showSize(layer.wasted_bytes) : '–')));
  const isWhole = data.result === 'built';
  const isHere = data.layers.every(layer => layer.bytes !== undefined);
  const size = isHere ? `, ${showSize(all)} of files` : '';
  show('layers', make('p', {class: 'lead'}, isWhole ?
      `${count(data.layers.length, 'layer')}${size}, the bottom one first. `
      + 'Wastes: bytes of layers below that no longer show because of this one.' :
      `What there is of the image so far, the bottom layer first${size}.`),
      make('table', {}, head(['', 'w-small number wide'], ['Step', ''], ['Files', 'w-size number wide'],
          ['Adds', 'w-size number'], ['', 'w-bar wide'], ['Wastes', 'w-size number']),
          make('tbody', {}, ...rows)));
}
function drawWaste() {
  const {waste} = data;
  if (!waste || waste.bytes === 0) return;
  const kinds = {
    deleted: 'deleted later', replaced: 'replaced later',
    attributes: 'stored again for their owner or mode', rewritten: 'written again as they were',
  };
  const brief = {deleted: 'deleted', replaced: 'replaced', attributes: 'owner or mode',
    rewritten: 'same again'};
  const parts = Object.entries(kinds).filter(([kind]) => waste.kinds[kind] > 0).map(
      ([kind, text]) => `${showSize(waste.kinds[kind])} ${text}`);
  const stepOf = layer => linkTo(data.layers[layer].step);
  const rows = waste.biggest.map(file => make('tr', {},
      make('td', {}, make('code', {}, file.path),
          make('span', {class: 'brief'}, brief[file.kind])),
      make('td', {class: 'number'}, showSize(file.bytes)),
      make('td', {class: 'wide'}, brief[file.kind]),
      make('td', {class: 'wide'}, stepOf(file.layer)), make('td', {}, stepOf(file.by))));
  const rest = waste.files - waste.biggest.length;
  show('waste', make('p', {class: 'lead'},
      'Files that lower layers hold and nobody sees: ', make('strong', {}, parts.join(', ')),
      '. Whoever pulls the image pays for them; doing both in one step, COPY --chown or --chmod, '
      + 'or a stage of its own avoids that.'),
      make('table', {}, head(['File', ''], ['Bytes', 'w-size number'], ['Was', 'w-kind wide'],
          ['Added by', 'w-step wide'], ['Wasted by', 'w-step']), make('tbody', {}, ...rows)),
      ...(rest > 0 ? [make('p', {class: 'lead'}, `And ${count(rest, 'more file')}.`)] : []));
}
function drawWarnings() {
  const lines = [...data.findings, ...data.warnings, ...data.notes];
  if (lines.length === 0) return;
  show('warnings', make('ol', {class: 'texts'},
      ...lines.map(text => make('li', {}, make('pre', {}, text)))));
}

// Light and dark: the system's choice until the reader makes one.
function offerThemes() {
  const button = document.getElementById('theme');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark';
  const update = () => { button.textContent = isDark() ? 'Light' : 'Dark'; };
  try {
    const kept = localStorage.getItem('strake-theme');
    if (kept === 'dark' || kept === 'light') root.dataset.theme = kept;
  } catch { /* no storage here: the choice lasts as long as the page */ }
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    try { localStorage.setItem('strake-theme', root.dataset.theme); } catch { /* as above */ }
    update();
  });
  dark.addEventListener('change', update);
  update();
  button.hidden = false;
}

offerThemes();
drawHead();
drawError();
drawTime();
drawSteps();
drawLayers();
drawWaste();
drawWarnings();
document.getElementById('foot').append(
    `Written by strake ${data.version}. This page loads nothing and sends nothing.`);
