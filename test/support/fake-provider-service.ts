import {
  SOURCE_QUEUE,
  type SourceBeginRequest,
  type SourceCompleteReply,
  type SourceCompleteRequest,
  sourceBeginRequest,
  sourceCompleteRequest,
} from '@gatehouse/contracts';
import { connectNats } from '@gatehouse/platform';

type FakeReply = SourceCompleteReply;

/** A service that answers for providers as the contract says: whoever comes back is who the test says. */
export class FakeProviderService {
  readonly began: SourceBeginRequest[] = [];
  readonly completed: SourceCompleteRequest[] = [];
  /** Who comes back, or why nobody does. */
  says: FakeReply = { refused: { text: 'Nobody.' } };

  private constructor(private readonly connection: Awaited<ReturnType<typeof connectNats>>) {}

  static async open(url: string): Promise<FakeProviderService> {
    const connection = await connectNats({ NATS_URL: url }, 'provider');
    const provider = new FakeProviderService(connection);
    connection.subscribe('sources.*', {
      queue: SOURCE_QUEUE,
      callback: (_error, message) => {
        message.respond(JSON.stringify(provider.answer(message.subject, message.json())));
      },
    });
    await connection.flush();
    return provider;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** Somebody with this name at the provider comes back. */
  knows(identifier: string, user: object = {}, groups: Record<string, { name: string }> = {}): void {
    this.says = { identity: { identifier, user, groups, info: { id: identifier } } };
  }

  private answer(subject: string, question: unknown): unknown {
    if (subject.endsWith('complete')) {
      this.completed.push(sourceCompleteRequest.parse(question));
      return this.says;
    }
    const { state, redirect_uri } = sourceBeginRequest.parse(question);
    this.began.push(sourceBeginRequest.parse(question));
    const query = new URLSearchParams({ state, redirect_uri }).toString();
    return { to: `https://hub.example/authorize?${query}`, kept: { nonce: `for ${state}` } };
  }
}
