import { equal, isMap, type Json } from '../json.js';
import { SecretValue } from './version-content.js';

/** A field that differs between two versions. A secret has no values. */
export interface FieldChange {
  /** Path of the field, with dots. */
  readonly field: string;
  readonly before?: Json;
  readonly after?: Json;
  /** Set for a secret. Without the seal keys, it is unknown whether two sealed values contain the same secret. */
  readonly secret?: 'added' | 'removed' | 'changed' | 'may have changed';
}

type Fields = Readonly<Record<string, unknown>>;

/** Returns the fields that differ, in the order of their names. `path` is that of the two values. */
export function fieldChanges(before: unknown, after: unknown, path = ''): FieldChange[] {
  if (before instanceof SecretValue || after instanceof SecretValue) return secretChanges(before, after, path);
  if (isMap(before) && isMap(after)) return changesInMaps(before, after, path);
  const [listBefore, listAfter] = [byId(before), byId(after)];
  if (listBefore && listAfter)
    return [...changesInMaps(listBefore, listAfter, path), ...orderChange(before, after, path)];
  if (equal(before, after)) return [];
  const values = { before: before as Json, after: after as Json };
  return [
    {
      field: path,
      ...(before !== undefined && { before: values.before }),
      ...(after !== undefined && { after: values.after }),
    },
  ];
}

function changesInMaps(before: Fields, after: Fields, path: string): FieldChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => fieldChanges(before[name], after[name], path === '' ? name : `${path}.${name}`));
}

function secretChanges(before: unknown, after: unknown, field: string): FieldChange[] {
  if (!(before instanceof SecretValue)) return [{ field, secret: 'added' }];
  if (!(after instanceof SecretValue)) return [{ field, secret: 'removed' }];
  if (before.sealed === after.sealed) return [];
  if (before.opened === undefined || after.opened === undefined) return [{ field, secret: 'may have changed' }];
  return before.opened === after.opened ? [] : [{ field, secret: 'changed' }];
}

/** Returns the members of a list of objects by their names, or `undefined` for any other value. */
function byId(value: unknown): Fields | undefined {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isNamed)) return undefined;
  const named = value.map((item) => [labelOf(item), item] as const);
  return new Set(named.map(([label]) => label)).size === named.length ? Object.fromEntries(named) : undefined;
}

function orderChange(before: unknown, after: unknown, path: string): FieldChange[] {
  const [first, second] = [before, after].map((list) => (list as Fields[]).map(labelOf));
  const common = (labels: string[], others: string[]) => labels.filter((label) => others.includes(label));
  const orders = { before: common(first!, second!), after: common(second!, first!) };
  return equal(orders.before, orders.after) ? [] : [{ field: `${path} (order)`, ...orders }];
}

const isNamed = (item: unknown): item is Fields => isMap(item) && typeof item['id'] === 'string';

const labelOf = ({ name, field_key, id }: Fields): string => String(name ?? field_key ?? id);
