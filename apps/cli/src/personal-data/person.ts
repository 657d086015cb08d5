import { createHash } from 'node:crypto';
import { deviceSealId } from '@gatehouse/authenticators';
import type { SavedUser } from '@gatehouse/contracts';
import { attemptHmacKey, hmacSubject, subjectOf } from '@gatehouse/executor';
import { CommandError } from '@gatehouse/local';
import { openOutboxRow } from '@gatehouse/outbox';
import { type Sealer, UnsealError } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';

/** The keys that are needed to find all rows about a person. */
export interface PersonKeys {
  /** The sealer of `SEAL_KEYS`, which opens the outbox. */
  readonly gateway: Sealer;
  /** The sealer of `MFA_SEAL_KEYS`. It computes the digests of users, Duo devices and phone numbers in `mfa.sends`. */
  readonly mfa: Sealer;
  readonly pseudonymKey: string;
}

/** Number of outbox messages that one statement reads. */
const BATCH = 500;

/** The search for all rows about a person. */
export interface PersonSearch {
  /** The parameters of `PERSONAL_TABLES`. */
  readonly parameters: unknown[];
  /** The kept events that cannot be opened, so that only their columns can tell whether they are about the person. */
  readonly unreadable: UnreadableEvents;
}

interface UnreadableEvents {
  readonly count: number;
  /** Why the first of these events cannot be opened. */
  readonly reason: string | undefined;
}

/**
 * Returns the search for all rows about a user. Throws CommandError if a message of the outbox cannot be opened,
 * because it may be about the user. A kept event that cannot be opened is only counted: its key may be lost for ever.
 */
export async function personSearch(
  manager: EntityManager,
  user: SavedUser,
  { gateway, mfa, pseudonymKey }: PersonKeys,
): Promise<PersonSearch> {
  const address = createHash('sha256').update(user.email.toLowerCase()).digest();
  const names = [user.username, ...(user.email ? [user.email] : [])];
  const key = attemptHmacKey(pseudonymKey);
  const subjects = [
    subjectOf(user),
    ...names.map((username) => subjectOf({ kind: 'pretended', username, email: '' })),
    subjectOf({ kind: 'unsaved', username: user.username, name: '', email: user.email }),
  ].map((text) => hmacSubject(key, text));
  const quotas = [`user:${user.uuid}`, ...(await quotasOfDevices(manager, user, mfa))];
  // Reads the outbox before the kept events, because the courier may move an event from the outbox to the kept events
  // meanwhile.
  const messages = await messagesAbout(manager, user, gateway);
  const { found, ...unreadable } = await keptEventsNaming(manager, user, gateway);
  const parameters = [
    // Postgres converts names and addresses to lower case, because JavaScript does it differently for some letters.
    ...[user.uuid, user.username, user.email || null, subjects, address],
    quotas.flatMap((text) => mfa.digests('mfa.sends', text)),
    ...[messages, await invitationsAbout(manager, user), found],
  ];
  return { parameters, unreadable };
}

/** Returns the names under which the mfa service counts text messages and pushes to the devices of a user. */
async function quotasOfDevices(manager: EntityManager, { uuid }: SavedUser, sealer: Sealer): Promise<string[]> {
  const devices = await manager.query<{ id: string; kind: string; secret: Buffer | null }[]>(
    'SELECT id, kind, secret FROM mfa.devices WHERE user_id = $1',
    [uuid],
  );
  return devices.flatMap(({ id, kind, secret }) => {
    if (kind !== 'sms' || secret === null) return [`duo:${id}`];
    const { number } = sealer.open(deviceSealId(id), secret) as { readonly number?: string };
    return number === undefined ? [] : [`number:${number}`];
  });
}

async function messagesAbout(manager: EntityManager, user: SavedUser, sealer: Sealer): Promise<string[]> {
  const found: string[] = [];
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await manager.query<{ id: string; body: Buffer }[]>(
      'SELECT id, body FROM flow.outbox WHERE id > $1 ORDER BY id LIMIT $2',
      [after, BATCH],
    );
    for (const row of rows) if (mentions(opened(row, sealer), user)) found.push(row.id);
    if (rows.length < BATCH) return found;
    after = rows.at(-1)!.id;
  }
}

/**
 * Returns the ids of the kept events that name a user in their sealed content, and the number of those that cannot be
 * opened. Leaves out events about or by the user, which the columns of the table identify.
 */
async function keptEventsNaming(
  manager: EntityManager,
  user: SavedUser,
  sealer: Sealer,
): Promise<UnreadableEvents & { found: string[] }> {
  const found: string[] = [];
  const reasons: string[] = [];
  for (let after = '0'; ; ) {
    const rows = await manager.query<{ id: string; position: string; body: Buffer }[]>(
      `SELECT id, position, body FROM flow.audit_events
       WHERE position > $1 AND user_id IS DISTINCT FROM $2 AND actor_id IS DISTINCT FROM $2
       ORDER BY position LIMIT $3`,
      [after, user.uuid, BATCH],
    );
    for (const row of rows) {
      const event = openedOrError(row, sealer);
      if (event instanceof UnsealError) reasons.push(event.message);
      else if (mentions(event, user)) found.push(row.id);
    }
    if (rows.length < BATCH) return { found, count: reasons.length, reason: reasons[0] };
    after = rows.at(-1)!.position;
  }
}

function opened(row: { id: string; body: Buffer }, sealer: Sealer): unknown {
  const body = openedOrError(row, sealer);
  if (!(body instanceof UnsealError)) return body;
  const message = `The message ${row.id} of the outbox may be about the user, but ${body.message}.`;
  throw new CommandError(`${message} Set the key in SEAL_KEYS, or remove the message.`, { cause: body });
}

function openedOrError(row: { id: string; body: Buffer }, sealer: Sealer): unknown {
  try {
    return openOutboxRow(row, sealer);
  } catch (error) {
    if (error instanceof UnsealError) return error;
    throw error;
  }
}

async function invitationsAbout(manager: EntityManager, user: SavedUser): Promise<string[]> {
  const rows = await manager.query<{ id: string; fixed_data: unknown; created_by: string | null }[]>(
    'SELECT id, fixed_data, created_by FROM directory.invitations',
  );
  return rows.flatMap((row) => (row.created_by === user.uuid || mentions(row.fixed_data, user) ? [row.id] : []));
}

/** Returns whether a text contains a mail address as a whole, not only as part of a longer address. */
const containsAddress = (text: string, address: string): boolean =>
  text.includes(address) &&
  new RegExp(`(?<![\\w.%+-])${address.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\w-]|\\.\\w)`, 'u').test(text);

/** Returns whether a JSON value contains the id or the address of a user, or a member `username` with the username. */
function mentions(value: unknown, user: SavedUser, field?: string): boolean {
  if (typeof value === 'string') {
    const text = value.toLowerCase();
    return (
      text === user.uuid ||
      (user.email !== '' && containsAddress(text, user.email.toLowerCase())) ||
      (field === 'username' && text === user.username.toLowerCase())
    );
  }
  if (Array.isArray(value)) return value.some((item) => mentions(item, user, field));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, inner]) => mentions(inner, user, name));
}
