import type { BlueprintErrorCode, EntryLocation } from '../blueprint-error.js';

/** Severity by rule. Errors fail the check, warnings do not. */
export const RULES = {
  unreadable: 'error',
  'unknown-model': 'error',
  'unresolved-reference': 'error',
  'bad-expression': 'error',
  'invalid-value': 'error',
  'empty-flow': 'error',
  'unreachable-stage': 'error',
  'login-without-credential': 'error',
  'unknown-field': 'error',
  'newer-version': 'error',
  'ignored-field': 'warning',
  'ignored-value': 'warning',
  'left-out': 'warning',
  permissions: 'warning',
  'not-in-files': 'warning',
  'no-value': 'warning',
  'login-by-policy-only': 'warning',
  'login-beside-brand': 'warning',
  'unconditional-deny': 'warning',
  'mfa-skippable': 'warning',
  'mfa-conditional': 'warning',
  'devices-before-proof': 'warning',
  'same-order': 'warning',
  'bound-twice': 'warning',
  'policy-never-passes': 'warning',
  'policy-calls-itself': 'warning',
  'reputation-out-of-reach': 'warning',
  'bad-prompt-expression': 'warning',
  'redirect-elsewhere': 'warning',
  'shadow-only': 'warning',
  'login-without-factor': 'warning',
  'never-reached': 'warning',
  'dead-end': 'warning',
} as const satisfies Record<string, 'error' | 'warning'>;

/** The name of a rule. Names are stable, because scripts match on them. */
export type Rule = keyof typeof RULES;

/** An error or warning about a blueprint. */
export interface Finding {
  readonly file: string;
  /** Line number from 1: the line of the field, or of the entry when the finding concerns no single field. */
  readonly line: number | undefined;
  readonly entry: EntryLocation | undefined;
  readonly severity: (typeof RULES)[Rule];
  readonly rule: Rule;
  /** The message, one sentence. */
  readonly text: string;
}

/** The location of a finding. */
export type FindingLocation = Pick<Finding, 'file' | 'line' | 'entry'>;

/** Returns a finding with the severity of its rule. */
export const finding = (rule: Rule, { file, line, entry }: FindingLocation, text: string): Finding => ({
  ...{ file, line, entry, rule, text },
  severity: RULES[rule],
});

/** Returns the rule of an error. Each error code is the name of a rule. */
export const ruleOfError = (fault: BlueprintErrorCode): Rule => fault;

/** Formats findings as text: one line each, and a last line with the counts. */
export function formatFindings(findings: readonly Finding[]): string {
  const count = (severity: Finding['severity']) => findings.filter((item) => item.severity === severity).length;
  const summary = `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}`;
  return [...findings.map(formatFinding), summary].join('\n');
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function formatFinding({ file, line, entry, severity, rule, text }: Finding): string {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  const subject = entry && [`entry ${entry.number}`, entry.id && `"${entry.id}"`, entry.model && `(${entry.model})`];
  return [place, severity, rule, subject?.filter(Boolean).join(' '), text].filter(Boolean).join(': ');
}
