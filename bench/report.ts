import { type Figures, totalCpu, type Variant } from './measuring.js';

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const ms = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const latencies = ({ p50, p95, p99 }: Figures) => [p50, p95, p99].map(ms);
const times = (value: number) => value.toFixed(2);

/** `gateway 210 · session 90`: who spends it, those who spend most first. */
const split = ({ cpu }: Figures) =>
  [...cpu]
    .filter(([, used]) => used >= 1)
    .sort(([, a], [, b]) => b - a)
    .map(([name, used]) => `${name} ${used.toFixed(0)}`)
    .join(' · ');

/** A line a variant: rate, latencies, CPU by process, and how many times its floor it costs. */
export function solvesTable(variants: readonly Variant[], measured: ReadonlyMap<string, Figures>): string {
  const rows = variants.map(({ name, floor }) => {
    const figures = measured.get(name)!;
    const total = totalCpu(figures);
    const ratio = floor === undefined ? '' : times(total / totalCpu(measured.get(floor)!));
    return [name, figures.perSecond.toFixed(0), ...latencies(figures), total.toFixed(0), split(figures), ratio];
  });
  return table(['what', 'a second', 'p50 ms', 'p95', 'p99', 'CPU µs each', 'of which', 'times its floor'], rows);
}

/** What one and two password processes manage, and what a password costs them. */
export function scalingTable(measured: ReadonlyMap<number, Figures>): string {
  const one = measured.get(1)!.perSecond;
  const rows = [...measured].map(([processes, { perSecond, p50, cpu }]) => {
    const cost = ms((cpu.get('password') ?? 0) / 1000);
    return [String(processes), perSecond.toFixed(1), ms(p50), cost, times(perSecond / one)];
  });
  return table(['password processes', 'a second', 'p50 ms', 'CPU ms each', 'times one'], rows);
}

/** Identification without and with a crowd at the password service. */
export function isolationTable({ alone, crowded }: { alone: Figures; crowded: Figures }): string {
  const row = (name: string, figures: Figures) => [name, ...latencies(figures), times(figures.p95 / alone.p95)];
  const rows = [row('idle', alone), row('saturated', crowded)];
  return table(['the password service is', 'p50 ms', 'p95', 'p99', 'p95, times idle'], rows);
}

/** What a hanging provider of captchas costs others. */
export function hangingTable({ alone, beside }: { alone: Figures; beside: Figures }): string {
  const row = (name: string, figures: Figures) => [name, ...latencies(figures), times(figures.p50 / alone.p50)];
  const rows = [row('is not asked', alone), row('hangs, with tokens waiting', beside)];
  return table(['the captcha provider', 'p50 ms', 'p95', 'p99', 'p50, times alone'], rows);
}

/** What opening a page takes, of the product and of a bare form, for the first time and the second. */
export interface Opening {
  readonly name: string;
  /** Bytes that came over the line. */
  readonly bytes: number;
  /** Milliseconds until somebody could type, and until the script was there. */
  readonly typeable: number;
  readonly scripted: number;
}

/** A line a way to open a page. */
export function pagesTable(openings: readonly Opening[]): string {
  const rows = openings.map(({ name, bytes, typeable, scripted }) => [
    name,
    String(Math.round(bytes)),
    ms(typeable),
    ms(scripted),
  ]);
  return table(['the login page', 'bytes', 'first usable field, ms', 'loaded with its script, ms'], rows);
}
