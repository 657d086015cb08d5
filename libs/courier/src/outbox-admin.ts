import { MAIL_TOPIC, mailBody, openOutboxRow } from '@gatehouse/outbox';
import { type Sealer, UnsealError } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** A message of the outbox as an operator sees it: where it goes, and what became of it so far. */
export interface OutboxEntry {
  readonly id: string;
  readonly topic: string;
  readonly madeAt: Date;
  readonly dueAt: Date;
  readonly tries: number;
  readonly parkedAt: Date | null;
  readonly error: string | null;
  /** The address of a mail; undefined for anything else, and where no key is at hand. */
  readonly to: string | undefined;
}

type Row = Omit<OutboxEntry, 'to'> & { readonly body: Buffer };

const LIST = `
  SELECT id, topic, made_at AS "madeAt", due_at AS "dueAt", tries, parked_at AS "parkedAt", error, body
  FROM flow.outbox WHERE parked_at IS NOT NULL = $1 ORDER BY made_at DESC LIMIT $2`;
/** $1 ids, or null for all. */
const RETRY = `
  UPDATE flow.outbox SET parked_at = NULL, tries = 0, due_at = now(), error = NULL
  WHERE parked_at IS NOT NULL AND ($1::uuid[] IS NULL OR id = ANY($1)) RETURNING id`;
const REMOVE = 'DELETE FROM flow.outbox WHERE parked_at IS NOT NULL AND id = ANY($1::uuid[]) RETURNING id';

/** What an operator can do about the outbox. Of what waits nothing is touched: a courier may have it. */
export class OutboxAdmin {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer | undefined,
  ) {}

  /** The newest first, parked ones or those that wait. */
  async list(parked: boolean, most: number): Promise<OutboxEntry[]> {
    const rows = await this.source.query<Row[]>(LIST, [parked, most]);
    return rows.map(({ body, ...row }) => ({
      ...row,
      to: row.topic === MAIL_TOPIC ? this.recipient(row.id, body) : undefined,
    }));
  }

  /** Has parked messages tried anew; how many. */
  async retry(ids: readonly string[] | 'all'): Promise<number> {
    const [rows] = await this.source.query<[unknown[], number]>(RETRY, [ids === 'all' ? null : ids]);
    return rows.length;
  }

  /** Forgets parked messages; how many. */
  async remove(ids: readonly string[]): Promise<number> {
    const [rows] = await this.source.query<[unknown[], number]>(REMOVE, [ids]);
    return rows.length;
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
