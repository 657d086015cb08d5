import { findUnstorableCharacter } from '@gatehouse/contracts';
import { storedAttributes, storedText, userInput } from '@gatehouse/directory';
import { z } from 'zod';

/** A timestamp in an export. A timestamp without a time zone is in UTC. */
export const time = z
  .string()
  .transform((text) => new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`))
  .refine((date) => !Number.isNaN(date.getTime()), 'is not a valid time')
  .transform((date) => date.toISOString());

/** A timestamp in a year of four digits, which Postgres reads as written. */
const storedTime = time.refine((text) => /^(?!0000)\d{4}-/.test(text), 'is not a valid time');

/** Largest `pk` that a user keeps. Later users get higher ones, and the column ends at 2^31 - 1. */
const MAX_PK = 1_000_000_000;

/** A UUID as Postgres writes it. */
const uuid = z.uuid().toLowerCase();

const user = userInput.extend({
  uuid: uuid.optional(),
  /** The hash of the password. A value that starts with `!` matches no password. */
  password: storedText(1000).default(''),
  last_login: storedTime.nullish(),
  date_joined: storedTime.optional(),
  password_change_date: storedTime.optional(),
  ak_groups: z.array(z.uuid()).optional(),
  groups: z.array(z.unknown()).optional(),
});

const group = z.object({
  group_uuid: uuid.optional(),
  name: storedText(1000).min(1),
  is_superuser: z.boolean().default(false),
  parent: z.uuid().nullish(),
  parents: z.array(z.uuid()).optional(),
  attributes: storedAttributes,
});

/** A user of an export. */
export interface ImportedUser extends Omit<z.output<typeof user>, 'groups' | 'ak_groups'> {
  readonly groups: readonly string[];
  /**
   * The primary key in the export, or 0 for a value that is not a number from 1 to MAX_PK. Absent if the line has no
   * primary key.
   */
  readonly pk: number | undefined;
}
/** A group of an export. */
export interface ImportedGroup extends z.output<typeof group> {
  readonly id: string;
}

/** A parsed line of an export. */
export type UserExportLine =
  | { readonly type: 'user'; readonly user: ImportedUser }
  | { readonly type: 'group'; readonly group: ImportedGroup }
  | { readonly type: 'other'; readonly model: string }
  | { readonly type: 'wrong'; readonly reason: string };

/** A record in the format of Django's `dumpdata`. */
export const record = z.object({
  model: z.string(),
  pk: z.union([z.string(), z.number()]).optional(),
  fields: z.record(z.string(), z.unknown()),
});

/** Parses a line of JSON. */
export function parseExportLine(line: string): UserExportLine {
  const json = parseJson(line);
  if (json === undefined) return { type: 'wrong', reason: 'this is not JSON' };
  const wrapped = record.safeParse(json).data;
  switch (wrapped?.model.toLowerCase()) {
    case undefined:
    case 'authentik_core.user':
      return wrapped ? userOf(wrapped.fields, keptPk(wrapped.pk)) : userOf(json, undefined);
    case 'authentik_core.group':
      return groupOf(wrapped!.fields, wrapped!.pk);
    default:
      return { type: 'other', model: wrapped!.model };
  }
}

const keptPk = (pk: string | number | undefined): number | undefined =>
  pk === undefined ? undefined : (z.coerce.number().pipe(z.int().min(1).max(MAX_PK)).safeParse(pk).data ?? 0);

function userOf(fields: unknown, pk: number | undefined): UserExportLine {
  const read = user.safeParse(fields);
  if (!read.success) return wrong(read.error);
  const { groups, ak_groups, ...rest } = read.data;
  const uuids = (ak_groups ?? groups ?? []).filter((pk): pk is string => z.uuid().safeParse(pk).success);
  return { type: 'user', user: { ...rest, pk, groups: uuids } };
}

function groupOf(fields: unknown, pk: unknown): UserExportLine {
  const read = group.safeParse(fields);
  if (!read.success) return wrong(read.error);
  const id = read.data.group_uuid ?? uuid.safeParse(pk).data;
  if (id === undefined) return { type: 'wrong', reason: 'pk: is not a UUID' };
  return { type: 'group', group: { ...read.data, id } };
}

const wrong = (error: z.ZodError): UserExportLine => ({ type: 'wrong', reason: reasonsOf(error) });

/** Describes the errors of a line, field by field. */
export const reasonsOf = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join('.') || 'line'}: ${message}`).join(', ');

/** Parses JSON. Returns `undefined` for invalid JSON. */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Returns a parsed line. If the line contains text that Postgres cannot store, returns the reason instead. */
export const storableLine = <L>(line: L): L | { readonly type: 'wrong'; readonly reason: string } =>
  findUnstorableCharacter(line) === undefined
    ? line
    : { type: 'wrong', reason: 'contains characters that cannot be stored' };
