import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

/** A received mail, with the SMTP session that delivered it. */
export interface ReceivedMail extends Email {
  readonly recipients: readonly string[];
  /** Name in the greeting of the SMTP client. */
  readonly greeting: string;
  readonly encrypted: boolean;
  readonly user: string | undefined;
}

interface Options extends Pick<SMTPServerOptions, 'secure' | 'key' | 'cert' | 'hideSTARTTLS'> {
  /** The port. By default, a free port. */
  readonly port?: number;
  /** Credentials that senders must use. Without them, the server accepts mail without authentication. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Called with each recipient. The server refuses the recipient with the returned error and its `responseCode`. */
  readonly refuse?: (recipient: string) => Error | undefined;
  /** Called with each mail. The server accepts the mail when the promise resolves. */
  readonly beforeAccepting?: (mail: ReceivedMail) => Promise<void>;
}

/** Returns an SMTP error reply, in the form that smtp-server expects. */
export const smtpError = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode });

/** An SMTP server on the loopback interface that stores the mails that it receives. */
export class Mailbox {
  readonly mails: ReceivedMail[] = [];
  readonly #pending = new Set<ReceivedMail>();
  readonly #server: SMTPServer;
  #observers: (() => void)[] = [];

  private constructor(private readonly options: Options) {
    const { login, refuse, beforeAccepting: _, port: _port, ...rest } = options;
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
          : done(smtpError(535, 'who is that')),
      onRcptTo: ({ address }, _session, done) => done(refuse?.(address)),
      onData: (stream, session, done) => {
        this.#receive(stream, session).then(() => done(), done);
      },
    });
    this.#server.on('error', () => undefined);
  }

  static async open(options: Options = {}): Promise<Mailbox> {
    const mailbox = new Mailbox(options);
    mailbox.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(mailbox.#server.server, 'listening');
    return mailbox;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** Settings of a courier that sends all mails to this server, as soon as they are stored. */
  get settings() {
    return { MAIL_HOST: '127.0.0.1', MAIL_PORT: String(this.port), OUTBOX_POLL_MS: '20' };
  }

  /** Mails that have been sent but are not yet accepted. */
  get pending(): readonly ReceivedMail[] {
    return [...this.#pending];
  }

  /** Resolves with the nth mail to an address. That mail may have arrived before the call. */
  async mailTo(address: string, nth = 1): Promise<ReceivedMail> {
    const mail = () => this.mails.filter(({ recipients }) => recipients.includes(address))[nth - 1];
    await this.until(() => mail() !== undefined);
    return mail()!;
  }

  /** Resolves when `condition` holds. Checks it after each mail. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#observers.push(resolve));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const mail = await parseMail(stream, session);
    this.#pending.add(mail);
    this.#notify();
    await this.options.beforeAccepting?.(mail);
    this.#pending.delete(mail);
    this.mails.push(mail);
    this.#notify();
  }

  #notify(): void {
    for (const observe of this.#observers.splice(0)) observe();
  }
}

async function parseMail(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<ReceivedMail> {
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
