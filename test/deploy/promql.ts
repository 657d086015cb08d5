import { readFileSync } from 'node:fs';
import { readRules } from '../support/alert-rules.js';

/** Labels that Prometheus or the scrape configuration gives to every series, and the bucket of a histogram. */
const TARGET_LABELS = ['job', 'service', 'instance', 'le'];
/** Metrics that Prometheus and prom-client define. */
const OTHER_METRICS = /^(up|process_\w+|nodejs_\w+)$/;

/** The row of each metric in docs/reference/metrics.md. */
const documented = new Map(
  [...readFileSync('docs/reference/metrics.md', 'utf8').matchAll(/^\| `(gatehouse_\w+)` \|.*$/gm)].map(
    ([row, name = '']) => [name, row],
  ),
);
const recorded = new Map(readRules().flatMap(({ record, expr }) => (record ? [[record, expr] as const] : [])));

/** Labels whose values docs/reference/metrics.md describes, but does not list. */
const OPEN_LABELS = ['route', 'status', 'kind', 'flow', 'designation', 'alertname'];

/** A metric that an expression selects, with the labels and the values that it selects by. */
interface Selected {
  readonly name: string;
  readonly labels: readonly string[];
  /** The values that the selectors name. A pattern such as `a|b` names two. */
  readonly values: readonly { readonly label: string; readonly value: string }[];
}

/** Returns the metrics that an expression of PromQL selects. */
export const metricsOf = (expr: string): Selected[] =>
  [...expr.matchAll(/\b((?:gatehouse|nodejs|process)_\w+|gatehouse:[\w:]+|up)\b(?:\{([^}]*)\})?/g)].map(
    ([, name = '', matchers = '']) => {
      const selectors = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)];
      return {
        name,
        labels: selectors.map(([, label = '']) => label),
        values: selectors.flatMap(([, label = '', values = '']) =>
          values.split('|').map((value) => ({ label, value })),
        ),
      };
    },
  );

/** Returns the labels by which an expression groups or joins. */
const groupedBy = (expr: string): string[] =>
  [...expr.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );

/** Returns the row of a metric, without the suffix of a series of a histogram. */
const rowOf = (name: string) => documented.get(name) ?? documented.get(name.replace(/_(bucket|sum|count)$/, ''));

const hasLabel = (name: string, label: string): boolean => {
  const rule = recorded.get(name);
  return rule === undefined ? (rowOf(name)?.includes(`\`${label}\`:`) ?? false) : groupedBy(rule).includes(label);
};

/** Returns whether the page lists a value of a label. Returns true, too, if it lists no values of this label. */
const isListed = (name: string, { label, value }: Selected['values'][number]): boolean => {
  const row = rowOf(name);
  const isOpen = row === undefined || value === '.*' || [...TARGET_LABELS, ...OPEN_LABELS].includes(label);
  return isOpen || row.includes(`\`${value}\``);
};

/** Returns the names in an expression that do not exist: metrics, recorded series, labels and values of labels. */
export function unknownNames(expr: string): string[] {
  const selected = metricsOf(expr);
  const metrics = selected
    .map(({ name }) => name)
    .filter((name) => !OTHER_METRICS.test(name) && !recorded.has(name) && rowOf(name) === undefined);
  const matched = selected.flatMap(({ name, labels }) =>
    labels
      .filter((label) => !TARGET_LABELS.includes(label) && !hasLabel(name, label))
      .map((label) => `${name}{${label}}`),
  );
  const grouped = groupedBy(expr).filter(
    (label) => label !== '' && !TARGET_LABELS.includes(label) && !selected.some(({ name }) => hasLabel(name, label)),
  );
  const values = selected.flatMap(({ name, values: all }) =>
    all.filter((each) => !isListed(name, each)).map(({ label, value }) => `${name}{${label}="${value}"}`),
  );
  return [...metrics, ...matched, ...grouped, ...values];
}
