import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

/** The folder with the Prometheus rules of a deployment. */
export const RULES_FOLDER = 'deploy/prometheus/rules';

/** A rule of Prometheus: a recording rule or an alert. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A file of rules. */
interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly interval?: string; readonly rules: readonly Rule[] }[];
}

const ruleFiles = (): RuleFile[] =>
  readdirSync(RULES_FOLDER)
    .sort()
    .map((name) => parse(readFileSync(join(RULES_FOLDER, name), 'utf8')) as RuleFile);

/** Returns all rules of a deployment. */
export const readRules = (): Rule[] => ruleFiles().flatMap(({ groups }) => groups.flatMap(({ rules }) => rules));

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /(\d+)(ms|[smhd])/g;

/** Divides a duration of Prometheus, such as `1h30m`. Returns a duration in milliseconds, such as `90ms`. */
export function scaleDuration(duration: string, factor: number): string {
  const parts = [...duration.matchAll(DURATION)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS], 0);
  return `${Math.max(1, Math.round(ms / factor))}ms`;
}

/**
 * Matches the number of seconds that a message may wait in the outbox. It is scaled like a time window, because a
 * message waits as long as a part of the deployment is slow or down.
 */
const LARGEST_AGE = /(?<=\bgatehouse_outbox_oldest_seconds\{[^}]*\}\) > )\d+/g;

/**
 * Returns an expression in which the ranges (such as `[5m]`), the offsets and the largest age of a message in the
 * outbox are divided by a factor.
 */
export const scaleExpression = (expr: string, factor: number): string =>
  expr
    .replace(/(?<=\[|\[\w+:|\boffset )(?:\d+(?:ms|[smhd]))+/g, (duration) => scaleDuration(duration, factor))
    .replace(LARGEST_AGE, (seconds) => String(Number(seconds) / factor));

/**
 * Returns the text of one file with all rules, in which every time window is divided by `factor`: the ranges and
 * offsets of expressions, `for`, the intervals of groups, and the largest age of a message in the outbox. A test with a
 * real Prometheus then sees within seconds what takes minutes in a deployment. Divide the scrape interval too, because
 * a range must hold several scrapes. Other thresholds stay as they are.
 */
export function scaledRules(factor: number): string {
  const scaleRule = (rule: Rule) => ({
    ...rule,
    expr: scaleExpression(rule.expr, factor),
    ...(rule.for && { for: scaleDuration(rule.for, factor) }),
  });
  const groups = ruleFiles().flatMap((file) =>
    file.groups.map((group) => ({
      ...group,
      ...(group.interval && { interval: scaleDuration(group.interval, factor) }),
      rules: group.rules.map(scaleRule),
    })),
  );
  return stringify({ groups }, { lineWidth: 0 });
}
