import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail that was received, with how it came. */
export interface Received extends Email {
  readonly recipients: readonly string[];
  /** Name by which its sender greeted. */
  readonly greeting: string;
  readonly encrypted: boolean;
  readonly user: string | undefined;
}

interface Options extends Pick<SMTPServerOptions, 'secure' | 'key' | 'cert' | 'hideSTARTTLS'> {
  /** Who may send; without it nobody needs to say who they are. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Refuses a recipient, by the answer of an error with a `responseCode`. */
  readonly refuse?: (recipient: string) => Error | undefined;
  /** Called with each mail before it is taken: a mail counts once this resolves. */
  readonly beforeTaking?: (mail: Received) => Promise<void>;
}

/** A mail server that keeps what it is sent. */
export interface Mailbox {
  readonly port: number;
  readonly mails: readonly Received[];
  /** Mails under way: their text is here, and its sender waits to hear so. */
  readonly waiting: readonly Received[];
  /** Resolves with the first mail to an address, from those there are or those to come. */
  mailTo(address: string, nth?: number): Promise<Received>;
  /** Resolves once `enough` says so, looked at after each mail. */
  until(enough: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** An answer of a mail server, as smtp-server gives it. */
export const answering = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode });

/** Opens a mail server on the loopback interface that speaks real SMTP. */
export async function openMailbox(options: Options = {}): Promise<Mailbox> {
  const { login, refuse, beforeTaking, ...rest } = options;
  const [mails, waiting] = [[] as Received[], new Set<Received>()];
  let look: (() => void)[] = [];
  const looked = () => new Promise<void>((resolve) => look.push(resolve));
  const tell = () => {
    const told = look;
    look = [];
    for (const resolve of told) resolve();
  };
  const server = new SMTPServer({
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
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        const mail: Received = {
          ...(await PostalMime.parse(Buffer.concat(chunks))),
          recipients: session.envelope.rcptTo.map(({ address }) => address),
          greeting: session.hostNameAppearsAs || '',
          encrypted: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
        };
        waiting.add(mail);
        tell();
        await beforeTaking?.(mail);
        waiting.delete(mail);
        mails.push(mail);
        done();
        tell();
      })().catch((error: Error) => done(error));
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const until = async (enough: () => boolean) => {
    while (!enough()) await looked();
  };
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    get waiting() {
      return [...waiting];
    },
    until,
    mailTo: async (address, nth = 1) => {
      const found = () => mails.filter(({ recipients }) => recipients.includes(address))[nth - 1];
      await until(() => found() !== undefined);
      return found()!;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
