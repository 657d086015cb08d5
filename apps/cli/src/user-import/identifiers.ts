import { createHash } from 'node:crypto';
import { uidOf } from '@gatehouse/directory';
import type { DataSource } from 'typeorm';
import { linesOf } from '../file-lines.js';
import { parseExportLine } from './export-lines.js';
import { findOwners } from './find-owners.js';

/** Number of users that one statement looks up. */
const BATCH = 500;
const PKS = 'SELECT id, pk FROM directory.users WHERE id = ANY($1::uuid[])';

/** The identifiers of a user in authentik and here. */
interface UserIdentifiers {
  readonly username: string;
  readonly uuid: string;
  readonly authentik: { readonly pk: number; readonly uid: string };
  readonly gatehouse: { readonly pk: number; readonly uid: string };
}

interface IdentifierOptions {
  readonly file: string;
  readonly source: DataSource;
  /** The id of the authentik installation, from which it makes each `uid`. */
  readonly installId: string;
  /** The key from which Gatehouse makes each `uid`. */
  readonly pseudonymKey: string;
}

interface ExportedUser {
  readonly username: string;
  readonly uuid: string | undefined;
  readonly pk: number;
}

/** Yields the identifiers of each user of an export who exists locally and has a `pk` in the export. */
export async function* identifiersOf(options: IdentifierOptions): AsyncGenerator<UserIdentifiers> {
  let batch: ExportedUser[] = [];
  for await (const { text } of linesOf(options.file)) {
    const line = parseExportLine(text);
    if (line.type !== 'user' || !line.user.pk) continue;
    const { username, uuid, pk } = line.user;
    batch.push({ username, uuid, pk });
    if (batch.length < BATCH) continue;
    yield* await identifiersOfBatch(batch, options);
    batch = [];
  }
  yield* await identifiersOfBatch(batch, options);
}

async function identifiersOfBatch(
  batch: readonly ExportedUser[],
  { source, installId, pseudonymKey }: IdentifierOptions,
): Promise<UserIdentifiers[]> {
  const owners = await findOwners(
    source,
    batch.map(({ uuid, username }) => ({ uuid, username })),
  );
  const rows = await source.query<{ id: string; pk: number }[]>(PKS, [owners.filter((id) => id !== undefined)]);
  const pks = new Map(rows.map(({ id, pk }) => [id, pk]));
  return batch.flatMap(({ username, pk }, i) => {
    const uuid = owners[i];
    const pkHere = uuid === undefined ? undefined : pks.get(uuid);
    if (uuid === undefined || pkHere === undefined) return [];
    const uid = createHash('sha256').update(`${pk}-${installId}`).digest('hex');
    const gatehouse = { pk: pkHere, uid: uidOf(uuid, pseudonymKey) };
    return [{ username, uuid, authentik: { pk, uid }, gatehouse }];
  });
}
