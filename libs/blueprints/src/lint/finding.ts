import type { EntryLocation, FaultCode } from '../blueprint-error.js';

/** How much each rule matters: errors will not do, warnings are to be looked at. */
export const RULES = {
  unreadable: 'error',
  'unknown-model': 'error',
  'unresolved-reference': 'error',
  'bad-expression': 'error',
  'invalid-value': 'error',
  'empty-flow': 'error',
  'unreachable-stage': 'error',
  'login-without-credential': 'error',
  'unknown-field': 'warning',
  'left-out': 'warning',
  permissions: 'warning',
  'not-in-files': 'warning',
  'login-by-policy-only': 'warning',
  'unconditional-deny': 'warning',
  'mfa-skippable': 'warning',
  'mfa-conditional': 'warning',
  'same-order': 'warning',
  'bound-twice': 'warning',
  'policy-never-passes': 'warning',
  'redirect-elsewhere': 'warning',
} as const satisfies Record<string, 'error' | 'warning'>;

/** The name of a rule; it never changes. */
export type Rule = keyof typeof RULES;

/** Something about a blueprint that is wrong or may be. */
export interface Finding {
  readonly file: string;
  /** Counted from 1; the entry's, when it is not of one field. */
  readonly line: number | undefined;
  readonly entry: EntryLocation | undefined;
  readonly severity: (typeof RULES)[Rule];
  readonly rule: Rule;
  /** One sentence. */
  readonly text: string;
}

/** Where a finding is. */
export type FindingLocation = Pick<Finding, 'file' | 'line' | 'entry'>;

/** A finding of a rule. */
export const finding = (rule: Rule, { file, line, entry }: FindingLocation, text: string): Finding => ({
  ...{ file, line, entry, rule, text },
  severity: RULES[rule],
});

/** Every fault of a blueprint is a rule. */
export const ruleOf = (fault: FaultCode): Rule => fault;

/** Findings for people: a line each, and a last one that counts them. */
export function formatFindings(findings: readonly Finding[]): string {
  const count = (severity: Finding['severity']) => findings.filter((one) => one.severity === severity).length;
  const summary = `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}`;
  return [...findings.map(formatFinding), summary].join('\n');
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function formatFinding({ file, line, entry, severity, rule, text }: Finding): string {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  const subject = entry && [`entry ${entry.number}`, entry.id && `"${entry.id}"`, entry.model && `(${entry.model})`];
  return [place, severity, rule, subject?.filter(Boolean).join(' '), text].filter(Boolean).join(': ');
}
