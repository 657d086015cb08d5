import { escapeUnprintable } from '@gatehouse/contracts';
import type { Json } from '../json.js';
import type { Change } from './change.js';
import type { FieldChange } from './field-changes.js';

/** Longest value that a line shows. */
const MAX_VALUE_LENGTH = 200;

/** Returns the differences of two versions in words, a line for each difference. */
export function describeChanges(changes: readonly Change[]): string[] {
  return changes.flatMap(({ fields, ...change }) => {
    const subject = escapeUnprintable(subjectOf(change));
    if (change.change !== 'changed')
      return [`${subject}: ${verbOf(change)}${fields.length > 0 ? `, ${fields.map(shortField).join(', ')}` : ''}`];
    return fields.flatMap((field) => describeField(subject, field));
  });
}

function subjectOf({ part, name, kind, step }: Omit<Change, 'fields'>): string {
  const owner = part === 'condition' ? ` of ${step === undefined ? 'the flow' : `step "${step}"`}` : '';
  return `${part} "${name}"${kind === undefined ? '' : ` (${kind})`}${owner}`;
}

function verbOf({ change, position }: Omit<Change, 'fields'>): string {
  if (change === 'moved') return `moved from position ${position?.before} to ${position?.after}`;
  const at = position?.before ?? position?.after;
  return at === undefined ? change : `${change} at position ${at}`;
}

const shortField = ({ field, after }: FieldChange) => `${field} ${textOf(after)}`;

function describeField(subject: string, { field, before, after, secret }: FieldChange): string[] {
  const name = escapeUnprintable(field);
  if (secret !== undefined) return [`${subject}: ${name} (secret): ${secret}`];
  if (isLong(before) || isLong(after)) return [`${subject}: ${name}:`, ...lineDifference(before, after)];
  return [`${subject}: ${name}: ${textOf(before)} → ${textOf(after)}`];
}

const isLong = (value: Json | undefined): value is string => typeof value === 'string' && value.includes('\n');

/** Returns the lines of two texts between the first and the last line that differ. */
function lineDifference(before: Json | undefined, after: Json | undefined): string[] {
  const [old, next] = [before, after].map((text) => (typeof text === 'string' ? text.split('\n') : []));
  let [start, end] = [0, 0];
  const shortest = Math.min(old!.length, next!.length);
  while (start < shortest && old![start] === next![start]) start += 1;
  while (end < shortest - start && old!.at(-1 - end) === next!.at(-1 - end)) end += 1;
  const lines = (sign: string, text: string[]) =>
    text.slice(start, text.length - end).map((line) => `  ${sign} ${escapeUnprintable(line)}`);
  return [...lines('-', old!), ...lines('+', next!)];
}

function textOf(value: Json | undefined): string {
  if (value === undefined) return '(none)';
  const text = escapeUnprintable(JSON.stringify(value));
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}
