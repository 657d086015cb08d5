import { NatsUnavailableError } from '@gatehouse/platform';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { type EventMessage, EventPublisher } from './events.js';

interface Settings {
  readonly timeoutMs: number;
  /** The JetStream stream that must have stored them; without it the server has taken them when it answers a ping. */
  readonly stream: string | undefined;
}

/** By this a stream knows an event that it has already, within its window for duplicates. */
const MESSAGE_ID = 'Nats-Msg-Id';
const EXPECTED_STREAM = 'Nats-Expected-Stream';

/** Events on NATS, each with its id, so that one which is published again can be told. */
export class NatsEventPublisher extends EventPublisher {
  #refusal: Error | undefined;

  constructor(
    private readonly connection: NatsConnection,
    private readonly settings: Settings,
  ) {
    super();
    void this.#watch();
  }

  async publish(events: readonly EventMessage[]): Promise<void> {
    const { stream, timeoutMs } = this.settings;
    if (stream !== undefined) {
      await Promise.all(events.map((event) => this.#store(event, stream)));
      return;
    }
    for (const { subject, body, id } of events)
      this.connection.publish(subject, JSON.stringify(body), { headers: eventHeaders({ [MESSAGE_ID]: id }) });
    await inTime(this.connection.flush(), timeoutMs);
    // What this user may not publish is refused before the ping is answered, and by no answer of its own.
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (refusal) throw refusal;
  }

  async #store({ subject, body, id }: EventMessage, stream: string): Promise<void> {
    const options = {
      timeout: this.settings.timeoutMs,
      headers: eventHeaders({ [MESSAGE_ID]: id, [EXPECTED_STREAM]: stream }),
    };
    const answer = await this.connection.request(subject, JSON.stringify(body), options);
    const { error } = answer.json<{ error?: { description?: string } }>();
    if (error) throw new Error(`the stream ${stream} refuses ${subject}: ${error.description ?? 'it says not why'}`);
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) if (status.type === 'error') this.#refusal = status.error;
  }
}

function eventHeaders(values: Readonly<Record<string, string>>) {
  const all = headers();
  for (const [name, value] of Object.entries(values)) all.set(name, value);
  return all;
}

/** What is sent while the bus is away is dropped, and the ping with it. */
async function inTime(flushed: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NatsUnavailableError(`the bus has taken nothing for ${ms} ms`)), ms);
  });
  flushed.catch(() => undefined);
  try {
    await Promise.race([flushed, late]);
  } finally {
    clearTimeout(timer);
  }
}
