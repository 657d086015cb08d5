import { MAIL_TOPIC, mailBody, openOutboxRow } from '@gatehouse/outbox';
import { type Sealer, UnsealError } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';

/** A message of the outbox, as operators see it. */
export interface OutboxEntry {
  readonly id: string;
  readonly topic: string;
  readonly madeAt: Date;
  readonly dueAt: Date;
  readonly tries: number;
  readonly parkedAt: Date | null;
  readonly error: string | null;
  /** Address of a mail's recipient. Undefined for an event, and for a mail that cannot be decrypted. */
  readonly to: string | undefined;
}

type Row = Omit<OutboxEntry, 'to'> & { readonly body: Buffer };

/**
 * Lists messages of the outbox, the newest first. $1 true for parked messages, false for waiting ones, $2 largest
 * number.
 */
const LIST = `
  SELECT id, topic, made_at AS "madeAt", due_at AS "dueAt", tries, parked_at AS "parkedAt", error, body
  FROM flow.outbox WHERE parked_at IS NOT NULL = $1 ORDER BY made_at DESC LIMIT $2`;
/** Makes parked messages due again. $1 ids of messages, or null for all parked messages. */
const RETRY = `
  UPDATE flow.outbox SET parked_at = NULL, tries = 0, due_at = now(), error = NULL
  WHERE parked_at IS NOT NULL AND ($1::uuid[] IS NULL OR id = ANY($1)) RETURNING topic`;
/** Deletes parked messages. $1 ids of messages. */
const REMOVE = 'DELETE FROM flow.outbox WHERE parked_at IS NOT NULL AND id = ANY($1::uuid[]) RETURNING topic';

/**
 * Lists the outbox for operators. Retries or deletes parked messages on their request. Leaves waiting messages alone,
 * because a courier may have leased them.
 */
export class OutboxAdmin {
  constructor(
    private readonly source: Pick<DataSource | EntityManager, 'query'>,
    private readonly sealer: Sealer | undefined,
  ) {}

  /** Returns parked or waiting messages, the newest first. */
  async list(parked: boolean, limit: number): Promise<OutboxEntry[]> {
    const rows = await this.source.query<Row[]>(LIST, [parked, limit]);
    return rows.map(({ body, ...row }) => ({
      ...row,
      to: row.topic === MAIL_TOPIC ? this.recipient(row.id, body) : undefined,
    }));
  }

  /** Makes parked messages due again. Returns the topic of each changed message (`mail` or `events.<action>`). */
  retry(ids: readonly string[] | 'all'): Promise<string[]> {
    return this.topicsOf(RETRY, ids === 'all' ? null : ids);
  }

  /** Deletes parked messages. Returns the topic of each deleted message (`mail` or `events.<action>`). */
  remove(ids: readonly string[]): Promise<string[]> {
    return this.topicsOf(REMOVE, ids);
  }

  private async topicsOf(statement: string, ids: readonly string[] | null): Promise<string[]> {
    const [rows] = await this.source.query<[{ topic: string }[], number]>(statement, [ids]);
    return rows.map(({ topic }) => topic);
  }

  private recipient(id: string, body: Buffer): string | undefined {
    try {
      const mail = this.sealer && mailBody.safeParse(openOutboxRow({ id, body }, this.sealer)).data;
      return mail && (mail.to?.address ?? 'nobody');
    } catch (error) {
      if (error instanceof UnsealError) return undefined;
      throw error;
    }
  }
}
