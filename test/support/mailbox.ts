import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

/** A mail that was received, with how it came. */
export interface Received extends Email {
  readonly recipients: readonly string[];
  /** Name by which its sender greeted. */
  readonly greeting: string;
  readonly encrypted: boolean;
  readonly user: string | undefined;
}

interface Options extends Pick<SMTPServerOptions, 'secure' | 'key' | 'cert' | 'hideSTARTTLS'> {
  /** Required credentials of senders. Without them, the server accepts mail without authentication. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Refuses a recipient, by the answer of an error with a `responseCode`. */
  readonly refuse?: (recipient: string) => Error | undefined;
  /** Called with each mail before it is taken: a mail counts once this resolves. */
  readonly beforeTaking?: (mail: Received) => Promise<void>;
}

/** An answer of a mail server, as smtp-server gives it. */
export const answering = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode });

/** A mail server on the loopback interface that speaks real SMTP, and keeps what it is sent. */
export class Mailbox {
  readonly mails: Received[] = [];
  readonly #waiting = new Set<Received>();
  readonly #server: SMTPServer;
  #look: (() => void)[] = [];

  private constructor(private readonly options: Options) {
    const { login, refuse, beforeTaking: _, ...rest } = options;
    this.#server = new SMTPServer({
      ...rest,
      authOptional: login === undefined,
      allowInsecureAuth: true,
      disabledCommands: login ? [] : ['AUTH'],
      closeTimeout: 100,
      disableReverseLookup: true,
      logger: false,
      onAuth: ({ username, password }, _session, done) =>
        username === login?.user && password === login?.password
          ? done(null, { user: username })
          : done(answering(535, 'who is that')),
      onRcptTo: ({ address }, _session, done) => done(refuse?.(address)),
      onData: (stream, session, done) => {
        this.#receive(stream, session).then(() => done(), done);
      },
    });
    this.#server.on('error', () => undefined);
  }

  static async open(options: Options = {}): Promise<Mailbox> {
    const mailbox = new Mailbox(options);
    mailbox.#server.listen(0, '127.0.0.1');
    await once(mailbox.#server.server, 'listening');
    return mailbox;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** Mails under way: their text is here, and its sender waits to hear so. */
  get waiting(): readonly Received[] {
    return [...this.#waiting];
  }

  /** Resolves with the nth mail to an address, from those there are or those to come. */
  async mailTo(address: string, nth = 1): Promise<Received> {
    const found = () => this.mails.filter(({ recipients }) => recipients.includes(address))[nth - 1];
    await this.until(() => found() !== undefined);
    return found()!;
  }

  /** Resolves once `enough` says so, looked at after each mail. */
  async until(enough: () => boolean): Promise<void> {
    while (!enough()) await new Promise<void>((resolve) => this.#look.push(resolve));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const mail = await received(stream, session);
    this.#waiting.add(mail);
    this.#tell();
    await this.options.beforeTaking?.(mail);
    this.#waiting.delete(mail);
    this.mails.push(mail);
    this.#tell();
  }

  #tell(): void {
    for (const look of this.#look.splice(0)) look();
  }
}

async function received(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return {
    ...(await PostalMime.parse(Buffer.concat(chunks))),
    recipients: session.envelope.rcptTo.map(({ address }) => address),
    greeting: session.hostNameAppearsAs || '',
    encrypted: session.secure,
    user: typeof session.user === 'string' ? session.user : undefined,
  };
}
