import { createHash } from 'node:crypto';
import { type OutboxMessage, openOutboxRow, outboxRow } from '@gatehouse/outbox';
import { runNamed, type Sealer, UnsealError } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { type LeasedMessage, type MessageKind, Outbox, type OutboxStats } from './outbox.js';
import {
  COUNT_RECIPIENT,
  DELETE_DELIVERED,
  LEASE_MESSAGES,
  OUTBOX_STATS,
  PARK_MESSAGE,
  RETRY_LATER,
  SET_LAST_LOGIN,
  SWEEP_COUNTS,
  SWEEP_PARKED,
} from './outbox.statements.js';

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

const redactedError = (error: string) =>
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

  async take(sort: MessageKind, most: number, forS: number): Promise<LeasedMessage[]> {
    const { rows } = await runNamed<Row>(this.source, LEASE_MESSAGES, [sort === 'mail', most, seconds(forS)]);
    return rows.map(({ made_at: madeAt, age_s: ageS, body, ...row }) => ({
      ...row,
      madeAt,
      ageS,
      body: this.opened(row.id, body),
    }));
  }

  async done(taken: readonly LeasedMessage[], follows?: OutboxMessage): Promise<void> {
    const [ids, tries] = [taken.map(({ id }) => id), taken.map((one) => one.tries)];
    await runNamed(this.source, DELETE_DELIVERED, [ids, tries, ...this.columns(follows)]);
  }

  async later({ id, tries }: LeasedMessage, error: string, inS: number): Promise<void> {
    await runNamed(this.source, RETRY_LATER, [id, tries, redactedError(error), seconds(inS)]);
  }

  async park({ id, tries }: LeasedMessage, error: string, follows?: OutboxMessage): Promise<void> {
    await runNamed(this.source, PARK_MESSAGE, [id, tries, redactedError(error), ...this.columns(follows)]);
  }

  async countTo(address: string, periodS: number): Promise<number> {
    const recipient = createHash('sha256').update(address.toLowerCase()).digest();
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT_RECIPIENT, [recipient, seconds(periodS)]);
    return rows[0]!.count;
  }

  async noteLogin(user: string, at: Date): Promise<void> {
    await runNamed(this.source, SET_LAST_LOGIN, [user, at]);
  }

  async standing(): Promise<OutboxStats[]> {
    return (await runNamed<OutboxStats>(this.source, OUTBOX_STATS, [])).rows;
  }

  async sweep(keepS: number, periodS: number): Promise<void> {
    await runNamed(this.source, SWEEP_PARKED, [seconds(keepS)]);
    await runNamed(this.source, SWEEP_COUNTS, [seconds(periodS)]);
  }

  private opened(id: string, body: Buffer): unknown {
    try {
      return openOutboxRow({ id, body }, this.sealer);
    } catch (error) {
      if (error instanceof UnsealError) return undefined;
      throw error;
    }
  }

  private columns(follows: OutboxMessage | undefined): unknown[] {
    const row = follows && outboxRow(follows, this.sealer);
    return [row?.id ?? null, row?.topic ?? null, row?.body ?? null];
  }
}
