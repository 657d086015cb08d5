import { Problem } from '@gatehouse/contracts';
import {
  type AttemptReservation,
  AttemptStore,
  attemptHmacKey,
  counterOf,
  credentialOf,
  DEFAULT_FIRST_DELAY_S,
  NETWORK_CREDENTIAL,
  type ReservationResult,
  userSubject,
} from '@gatehouse/executor';
import { runNamed } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { RELEASE_ATTEMPTS, RESERVE_ATTEMPTS, UNLOCK_SUBJECT } from './attempt.statements.js';

/**
 * Largest number of tries of a reservation. A try fails if another request inserts or deletes the same rows at the same
 * time.
 */
const MAX_TRIES = 5;

interface ReservedRow {
  /** The reserved attempts, each as a text: the subject in hexadecimal digits, a space, and the name of the counter. */
  readonly taken: readonly string[];
  /** Names of the counters that this reservation has raised to the number of failures that locks them. */
  readonly locking: readonly string[];
  readonly blocked: readonly {
    readonly credential: string;
    readonly retry_after_s: number;
    readonly locked: boolean;
  }[];
  readonly at: string;
}

/**
 * Counts attempts in Postgres. One statement reserves all attempts of an answer, and is committed before a stage judges
 * the answer.
 */
export class PostgresAttemptStore extends AttemptStore {
  constructor(
    private readonly source: DataSource,
    private readonly firstDelayS = DEFAULT_FIRST_DELAY_S,
  ) {
    super();
  }

  async reserve(reservations: readonly AttemptReservation[], ageMs: number): Promise<ReservationResult> {
    const daily = reservations.map((reservation) => reservation.daily ?? null);
    const values = [...columns(reservations), `${ageMs} milliseconds`, `${this.firstDelayS} seconds`, daily];
    for (let i = 0; i < MAX_TRIES; i++) {
      const { taken, locking, blocked, at } = (await runNamed<ReservedRow>(this.source, RESERVE_ATTEMPTS, values))
        .rows[0]!;
      const dated = reservations.map((reservation) => ({
        ...reservation,
        ...{ reservedAt: at, locks: locking.includes(counterOf(reservation)) },
      }));
      if (taken.length === reservations.length) return { reserved: true, reservations: dated };
      if (blocked.length > 0) return blockedResult(blocked);
      // Another request inserted a row that was missing when this statement locked its rows. Release what was reserved:
      // the next try finds that row and locks it.
      await this.release(dated.filter((reservation) => taken.includes(keyOf(reservation))));
    }
    throw new Problem('database_away', { detail: 'The attempts could not be counted. Send the answer again.' });
  }

  async release(reservations: readonly AttemptReservation[]): Promise<void> {
    if (reservations.length === 0) return;
    const [subjects, credentials] = columns(reservations);
    const times = reservations.map(({ reservedAt = null }) => reservedAt);
    await runNamed(this.source, RELEASE_ATTEMPTS, [subjects, credentials, times]);
  }

  async unlock(subject: Buffer): Promise<readonly string[]> {
    const { rows } = await runNamed<{ credential: string }>(this.source, UNLOCK_SUBJECT, [subject]);
    return credentialsOf(rows);
  }
}

/**
 * Returns why the attempts are blocked. If the network is blocked, `retryAfterS` is the delay of the network alone,
 * because the client gets this number and must not learn the delay of a credential.
 */
function blockedResult(blocked: ReservedRow['blocked']): ReservationResult {
  const network = blocked.find(({ credential }) => credential === NETWORK_CREDENTIAL);
  const seconds = network?.retry_after_s ?? Math.max(...blocked.map((row) => row.retry_after_s));
  const locked = blocked.some((row) => row.locked);
  return { reserved: false, network: network !== undefined, locked, retryAfterS: Math.ceil(seconds) };
}

const keyOf = (reservation: AttemptReservation) => `${reservation.subject.toString('hex')} ${counterOf(reservation)}`;

const columns = (reservations: readonly AttemptReservation[]): unknown[] => [
  reservations.map(({ subject }) => subject),
  reservations.map(counterOf),
  reservations.map(({ free }) => free),
  reservations.map(({ hard }) => hard ?? null),
  reservations.map(({ forgetAfterS }) => (forgetAfterS === undefined ? null : `${forgetAfterS} seconds`)),
];

const credentialsOf = (rows: readonly { readonly credential: string }[]): readonly string[] =>
  [...new Set(rows.map(({ credential }) => credentialOf(credential)))].sort();

/**
 * Unlocks a user: deletes all counted failures of the user's credentials. Returns the credentials that had failures.
 */
export async function unlockUser(
  manager: EntityManager,
  pseudonymKey: string,
  uuid: string,
): Promise<readonly string[]> {
  const subject = userSubject(attemptHmacKey(pseudonymKey), uuid);
  const [rows] = await manager.query<[{ credential: string }[], number]>(UNLOCK_SUBJECT.text, [subject]);
  return credentialsOf(rows);
}
