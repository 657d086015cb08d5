import { Problem } from '@gatehouse/contracts';
import {
  type AttemptReservation,
  AttemptStore,
  attemptHmacKey,
  DEFAULT_FIRST_DELAY_S,
  NETWORK_CREDENTIAL,
  type ReservationResult,
  userSubject,
} from '@gatehouse/executor';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { RELEASE_ATTEMPTS, RESERVE_ATTEMPTS, UNLOCK_SUBJECT } from './attempt.statements.js';

/** Tries to find rows that others make and clear at the same time. */
const TRIES = 5;

interface TakeRow {
  /** Subject and credential of each. */
  readonly taken: readonly string[];
  readonly blocked: readonly { readonly credential: string; readonly retry_after_s: number }[];
  readonly at: string;
}

/** Attempts in Postgres: taking is one committed statement, however many answers race. */
export class PostgresAttemptStore extends AttemptStore {
  constructor(
    private readonly source: DataSource,
    private readonly firstDelayS = DEFAULT_FIRST_DELAY_S,
  ) {
    super();
  }

  async take(claims: readonly AttemptReservation[], ageMs: number): Promise<ReservationResult> {
    const values = [...columns(claims), `${ageMs} milliseconds`, `${this.firstDelayS} seconds`];
    for (let i = 0; i < TRIES; i++) {
      const { taken, blocked, at } = (await runNamed<TakeRow>(this.source, RESERVE_ATTEMPTS, values)).rows[0]!;
      const dated = claims.map((claim) => ({ ...claim, takenAt: at }));
      if (taken.length === claims.length) return { taken: true, claims: dated };
      if (blocked.length > 0) return blockedResult(blocked);
      // Another one made a row that was not there to be locked: the next try finds it.
      await this.giveBack(dated.filter((claim) => taken.includes(nameOf(claim))));
    }
    throw new Problem('database_away', { detail: 'The attempts could not be counted.' });
  }

  async giveBack(claims: readonly AttemptReservation[]): Promise<void> {
    if (claims.length === 0) return;
    const [subjects, credentials] = columns(claims);
    await runNamed(this.source, RELEASE_ATTEMPTS, [subjects, credentials, claims.map(({ takenAt = null }) => takenAt)]);
  }

  async unlock(subject: Buffer): Promise<readonly string[]> {
    const { rows } = await runNamed<{ credential: string }>(this.source, UNLOCK_SUBJECT, [subject]);
    return rows.map(({ credential }) => credential).sort();
  }
}

/** How long a network has to wait; of a credential nobody is told. */
function blockedResult(blocked: TakeRow['blocked']): ReservationResult {
  const network = blocked.find(({ credential }) => credential === NETWORK_CREDENTIAL);
  const seconds = network?.retry_after_s ?? Math.max(...blocked.map((row) => row.retry_after_s));
  return { taken: false, network: network !== undefined, retryAfterS: Math.ceil(seconds) };
}

const nameOf = ({ subject, credential }: AttemptReservation) => `${subject.toString('hex')} ${credential}`;

const columns = (claims: readonly AttemptReservation[]): unknown[] => [
  claims.map(({ subject }) => subject),
  claims.map(({ credential }) => credential),
  claims.map(({ free }) => free),
  claims.map(({ hard }) => hard ?? null),
  claims.map(({ forgetAfterS }) => (forgetAfterS === undefined ? null : `${forgetAfterS} seconds`)),
];

/** Forgets every failed attempt at a user's credentials, also of one that is disabled for good; which credentials had some. */
export const unlockUser = (source: DataSource, secretKey: string, uuid: string): Promise<readonly string[]> =>
  new PostgresAttemptStore(source).unlock(userSubject(attemptHmacKey(secretKey), uuid));
