import { type EventBody, eventBody, MAIL_TOPIC, type MailBody, mailBody, openOutboxRow } from '@gatehouse/outbox';
import { type Sealer, UnsealError } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** A mail or an event in the outbox, which waits or is parked. */
export interface OutboxMessageState {
  readonly id: string;
  /** Sequence number of the message, by which messages with the same `madeAt` are ordered too. */
  readonly seq: bigint;
  readonly madeAt: Date;
  readonly tries: number;
  readonly parkedAt: Date | null;
  /** Error of the last attempt; null if there was none. */
  readonly error: string | null;
  /** The mail, if the message is one. Both `mail` and `event` are undefined if the message cannot be decrypted. */
  readonly mail: MailBody | undefined;
  readonly event: EventBody | undefined;
}

type Row = Omit<OutboxMessageState, 'mail' | 'event' | 'seq'> & {
  readonly seq: string;
  readonly topic: string;
  readonly body: Buffer;
};

/** Number of messages that one statement reads. */
const PAGE = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Yields all messages of the outbox, page by page, in the order of their ids. */
export async function* readOutbox(source: DataSource, sealer: Sealer): AsyncGenerator<OutboxMessageState> {
  for (let after: string | undefined = FIRST_ID; after !== undefined; ) {
    const rows: Row[] = await source.query<Row[]>(
      `SELECT id, seq, topic, made_at AS "madeAt", tries, parked_at AS "parkedAt", error, body
       FROM flow.outbox WHERE id > $1 ORDER BY id LIMIT ${PAGE}`,
      [after],
    );
    for (const { topic, body, seq, ...row } of rows) {
      const opened = openBody({ id: row.id, body }, sealer);
      const isMail = topic === MAIL_TOPIC;
      yield {
        ...row,
        seq: BigInt(seq),
        mail: isMail ? mailBody.safeParse(opened).data : undefined,
        event: isMail ? undefined : eventBody.safeParse(opened).data,
      };
    }
    after = rows.length < PAGE ? undefined : rows.at(-1)!.id;
  }
}

function openBody(row: { readonly id: string; readonly body: Buffer }, sealer: Sealer): unknown {
  try {
    return openOutboxRow(row, sealer);
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
}
