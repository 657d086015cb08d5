import type { Trace } from './traces.js';

const WIDTH = 960;
const LABELS = 400;
const ROW = 20;
const HEAD = 34;
const COLOURS: readonly string[] = [
  '#2563a8',
  '#b4531f',
  '#3b7d3a',
  '#7a4aa0',
  '#a03a5c',
  '#55606e',
  '#8a6d1d',
  '#1d7a7f',
];

/** Returns a picture of traces as SVG: a bar for each span, at its time in the trace, below the span that caused it. */
export function drawTraces(traces: readonly Trace[]): string {
  const services = [...new Set(traces.flat().map(({ service }) => service))];
  const colourOf = (service: string) => COLOURS[services.indexOf(service) % COLOURS.length]!;
  let y = 10;
  const parts = traces.map((trace) => {
    const drawn = drawTrace(trace, y, colourOf);
    y += HEAD + trace.length * ROW + 18;
    return drawn;
  });
  const style =
    'text{font:12px system-ui,sans-serif;fill:#1f2933}.t{font-weight:600}.d{fill:#52606d;font-size:11px}.bg{fill:#fff}';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img"><title>Traces of a login</title><style>${style}</style><rect class="bg" width="${WIDTH}" height="${y}"/>${parts.join('')}</svg>\n`;
}

function drawTrace(trace: Trace, top: number, colourOf: (service: string) => string): string {
  const from = Math.min(...trace.map(({ startMs }) => startMs));
  const length = Math.max(...trace.map(({ endMs }) => endMs)) - from;
  const scale = (WIDTH - LABELS - 70) / length;
  const [root] = trace;
  const heading = `${root!.name}, ${milliseconds(length)}${root!.links.length > 0 ? ', linked to the request above' : ''}`;
  const rows = ordered(trace).map(({ span, depth }, row) => {
    const y = top + HEAD + row * ROW;
    const x = LABELS + (span.startMs - from) * scale;
    const width = Math.max(2, (span.endMs - span.startMs) * scale);
    const label = `${span.service.replace('gatehouse-', '')}: ${span.name}`;
    return (
      `<text x="${12 + depth * 14}" y="${y}">${escaped(label)}</text>` +
      `<rect x="${x.toFixed(1)}" y="${y - 10}" width="${width.toFixed(1)}" height="12" rx="2" fill="${colourOf(span.service)}"/>` +
      `<text class="d" x="${(x + width + 5).toFixed(1)}" y="${y}">${milliseconds(span.endMs - span.startMs)}</text>`
    );
  });
  return `<text class="t" x="12" y="${top + 12}">${escaped(heading)}</text>${rows.join('')}`;
}

/** Returns the spans in the order of a tree: each after its parent, with its depth. */
function ordered(trace: Trace, parent?: string, depth = 0): { span: Trace[number]; depth: number }[] {
  const ids = new Set(trace.map(({ spanId }) => spanId));
  const isChild = ({ parentSpanId: id }: Trace[number]) =>
    parent === undefined ? id === undefined || !ids.has(id) : id === parent;
  return trace.filter(isChild).flatMap((span) => [{ span, depth }, ...ordered(trace, span.spanId, depth + 1)]);
}

const milliseconds = (ms: number) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
