import { storedText as text } from '@gatehouse/directory';
import { z } from 'zod';
import { parseJson, reasonsOf, record, storableLine, time } from '../user-import/export-lines.js';
import { type ExportedAccount, exportedAccount, exportedPk, userReference } from '../user-import/exported-accounts.js';

/** Minimum length of a token's key. The digest of a shorter key could be reversed by brute force. */
const MIN_KEY_LENGTH = 20;

const named = z.object({ slug: text(255).min(1) });
const expiry = { expires: time.nullish(), expiring: z.boolean().default(true) };
/** `null` if the object never expires. */
const withExpiry = <F extends { readonly expires?: string | null | undefined; readonly expiring: boolean }>({
  expires,
  expiring,
  ...fields
}: F) => ({ ...fields, expires: expiring && expires ? new Date(expires) : null });

const consent = z
  .object({
    user: userReference,
    application: z.uuid(),
    permissions: text(10_000).default(''),
    ...expiry,
  })
  .transform(withExpiry);
const token = z
  .object({
    user: userReference,
    identifier: text(255).regex(/^[-a-zA-Z0-9_]+$/),
    key: z.string().min(MIN_KEY_LENGTH).max(10_000),
    intent: z.enum(['api', 'app_password', 'verification', 'recovery']),
    description: text(10_000).default(''),
    ...expiry,
  })
  .transform(withExpiry);
/** One of the two lines of a connection. Django writes the fields of a model and of its parent to lines of their own. */
const connection = z.object({
  user: userReference.optional(),
  source: z.uuid().optional(),
  identifier: text(1000).min(1).optional(),
});

export type ConsentRow = z.output<typeof consent>;
export type TokenRow = z.output<typeof token>;
export type ConnectionRow = z.output<typeof connection>;

/** A parsed line of an export. */
type LinkExportLine =
  | { readonly type: 'user'; readonly pk: string; readonly account: ExportedAccount }
  | { readonly type: 'application' | 'source'; readonly pk: string; readonly slug: string }
  | { readonly type: 'consent'; readonly row: ConsentRow }
  | { readonly type: 'token'; readonly pk: string; readonly row: TokenRow }
  | { readonly type: 'connection'; readonly pk: string; readonly row: ConnectionRow }
  | { readonly type: 'other' }
  | { readonly type: 'wrong'; readonly reason: string };

type Reader = (pk: string, fields: unknown) => LinkExportLine;
const connectionReader: Reader = (pk, fields) => ({ type: 'connection', pk, row: connection.parse(fields) });

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['authentik_core.user', (pk, fields) => ({ type: 'user', pk, account: exportedAccount.parse(fields) })],
  ['authentik_core.application', (pk, fields) => ({ type: 'application', pk, ...named.parse(fields) })],
  ['authentik_core.source', (pk, fields) => ({ type: 'source', pk, ...named.parse(fields) })],
  ['authentik_core.token', (pk, fields) => ({ type: 'token', pk, row: token.parse(fields) })],
  ['authentik_core.usersourceconnection', connectionReader],
  ['authentik_stages_consent.userconsent', (_, fields) => ({ type: 'consent', row: consent.parse(fields) })],
]);
/** The models of connections with sources of one protocol. */
const CONNECTION_MODEL = /^authentik_sources_[a-z]+\.[a-z]*sourceconnection$/;

/** Parses a line of JSON. The reason of an error never contains a value of the line, because values may be secrets. */
export function readLinkLine(line: string): LinkExportLine {
  const json = parseJson(line);
  if (json === undefined) return { type: 'wrong', reason: 'this is not JSON' };
  const row = record.safeParse(json).data;
  const model = row?.model.toLowerCase() ?? '';
  const reader = CONNECTION_MODEL.test(model) ? connectionReader : READERS.get(model);
  if (!row || !reader) return { type: 'other' };
  if (!exportedPk.safeParse(row.pk).success) return { type: 'wrong', reason: 'pk: is missing' };
  try {
    return storableLine(reader(String(row.pk), row.fields));
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return { type: 'wrong', reason: reasonsOf(error) };
  }
}
