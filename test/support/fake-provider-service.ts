import {
  SOURCE_QUEUE,
  type SourceBeginRequest,
  type SourceCompleteReply,
  type SourceCompleteRequest,
  sourceBeginRequest,
  sourceCompleteRequest,
} from '@gatehouse/contracts';
import { connectNats } from '@gatehouse/platform';

/**
 * Replies to the requests about providers, in place of the identification service. Tests choose the user who returns
 * from the provider.
 */
export class FakeProviderService {
  readonly began: SourceBeginRequest[] = [];
  readonly completed: SourceCompleteRequest[] = [];
  /** The reply to `complete` requests. */
  completeReply: SourceCompleteReply = { refused: { text: 'Nobody.' } };

  private constructor(private readonly connection: Awaited<ReturnType<typeof connectNats>>) {}

  static async open(url: string): Promise<FakeProviderService> {
    const connection = await connectNats({ NATS_URL: url }, 'provider');
    const provider = new FakeProviderService(connection);
    connection.subscribe('sources.*', {
      queue: SOURCE_QUEUE,
      callback: (_error, message) => {
        message.respond(JSON.stringify(provider.reply(message.subject, message.json())));
      },
    });
    await connection.flush();
    return provider;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** Lets the provider return the user with this identifier from now on. */
  returnUser(identifier: string, user: object = {}, groups: Record<string, { name: string }> = {}): void {
    this.completeReply = { identity: { identifier, user, groups, info: { id: identifier } } };
  }

  private reply(subject: string, request: unknown): unknown {
    if (subject.endsWith('complete')) {
      this.completed.push(sourceCompleteRequest.parse(request));
      return this.completeReply;
    }
    const { state, redirect_uri } = sourceBeginRequest.parse(request);
    this.began.push(sourceBeginRequest.parse(request));
    const query = new URLSearchParams({ state, redirect_uri }).toString();
    return { to: `https://hub.example/authorize?${query}`, kept: { nonce: `for ${state}` } };
  }
}
