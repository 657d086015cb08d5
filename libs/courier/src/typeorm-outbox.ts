import { createHash } from 'node:crypto';
import { type OutboxMessage, openOutboxRow, outboxRow } from '@gatehouse/outbox';
import { runNamed, type Sealer, Unsealable } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Outbox, type Sort, type Standing, type Taken } from './outbox.js';
import {
  COUNT_TO,
  DONE,
  LATER,
  LOGGED_IN,
  PARK,
  STANDING,
  SWEEP_COUNTS,
  SWEEP_PARKED,
  TAKE,
} from './outbox-statements.js';

interface Row {
  readonly id: string;
  readonly topic: string;
  readonly body: Buffer;
  readonly tries: number;
  readonly made_at: Date;
  readonly age_s: number;
}

const seconds = (count: number) => `${count} seconds`;

/** Characters of what a mail server answered that are kept. */
const MAX_ERROR = 500;
/** A server may repeat what it did not like, the secret of a link included. */
const LINK_SECRET = /flow_token=[\w-]*/g;

const kept = (error: string) =>
  error
    .replaceAll(LINK_SECRET, 'flow_token=…')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_ERROR);

/** The outbox in Postgres, where the gateway puts what is to be sent. */
export class TypeormOutbox extends Outbox {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  async take(sort: Sort, most: number, forS: number): Promise<Taken[]> {
    const { rows } = await runNamed<Row>(this.source, TAKE, [sort === 'mail', most, seconds(forS)]);
    return rows.map(({ made_at: madeAt, age_s: ageS, body, ...row }) => ({
      ...row,
      madeAt,
      ageS,
      body: this.opened(row.id, body),
    }));
  }

  async done(taken: readonly Taken[], follows?: OutboxMessage): Promise<void> {
    const [ids, tries] = [taken.map(({ id }) => id), taken.map((one) => one.tries)];
    await runNamed(this.source, DONE, [ids, tries, ...this.columns(follows)]);
  }

  async later({ id, tries }: Taken, error: string, inS: number): Promise<void> {
    await runNamed(this.source, LATER, [id, tries, kept(error), seconds(inS)]);
  }

  async park({ id, tries }: Taken, error: string, follows?: OutboxMessage): Promise<void> {
    await runNamed(this.source, PARK, [id, tries, kept(error), ...this.columns(follows)]);
  }

  async countTo(address: string, periodS: number): Promise<number> {
    const recipient = createHash('sha256').update(address.toLowerCase()).digest();
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT_TO, [recipient, seconds(periodS)]);
    return rows[0]!.count;
  }

  async noteLogin(user: string, at: Date): Promise<void> {
    await runNamed(this.source, LOGGED_IN, [user, at]);
  }

  async standing(): Promise<Standing[]> {
    return (await runNamed<Standing>(this.source, STANDING, [])).rows;
  }

  async sweep(keepS: number, periodS: number): Promise<void> {
    await runNamed(this.source, SWEEP_PARKED, [seconds(keepS)]);
    await runNamed(this.source, SWEEP_COUNTS, [seconds(periodS)]);
  }

  private opened(id: string, body: Buffer): unknown {
    try {
      return openOutboxRow({ id, body }, this.sealer);
    } catch (error) {
      if (error instanceof Unsealable) return undefined;
      throw error;
    }
  }

  private columns(follows: OutboxMessage | undefined): unknown[] {
    const row = follows && outboxRow(follows, this.sealer);
    return [row?.id ?? null, row?.topic ?? null, row?.body ?? null];
  }
}
