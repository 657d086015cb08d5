import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection, { type SMTPEnvelope } from 'nodemailer/lib/smtp-connection';
import { type Mail, MailDeliveryError, type MailServer, MailTransport } from './mail-transport.js';

interface Settings {
  /** Name that mail servers are greeted by; the machine's unless given. */
  readonly name: string | undefined;
  /** Seconds that one mail may take, however little a server lets it wait each time. */
  readonly deadlineS: number;
}

/** One address and nothing else: no list, no comment, no quoted part that two programs read differently (RFC 5321 §4.1.2). */
const ADDRESS = /^[^\s"(),:;<>@[\\\]\p{Cc}]+@[^\s"(),:;<>@[\\\]\p{Cc}]+$/u;

const NO_ADDRESS = 'that is no address to send a mail to';

/** Sends by SMTP, each mail in a conversation of its own: what becomes of one is known before the next begins. */
export class SmtpMailTransport extends MailTransport {
  constructor(private readonly settings: Settings) {
    super();
  }

  async send(mail: Mail, server: MailServer): Promise<void> {
    const { envelope, message } = await composeMessage(mail, server);
    const connection = new SMTPConnection({
      ...optionsOf(server),
      ...(this.settings.name === undefined ? {} : { name: this.settings.name }),
    });
    try {
      await this.inTime(connection, converse(connection, server, { envelope, message }));
      connection.quit();
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Fails when the connection does, which its commands need not hear of, or when it has taken too long. */
  private async inTime(connection: SMTPConnection, conversation: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const broken = new Promise<never>((_, reject) => {
      const seconds = this.settings.deadlineS;
      connection.on('error', (error) => reject(toDeliveryError(error)));
      connection.on('end', () => reject(new MailDeliveryError('the mail server hung up', false)));
      timer = setTimeout(() => reject(new MailDeliveryError(`not done in ${seconds} seconds`, false)), seconds * 1000);
    });
    broken.catch(() => undefined);
    try {
      await Promise.race([conversation, broken]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether to encrypt is the configuration's decision, never the server's, nor that of whoever stands between. */
function optionsOf({ host, port, tls, timeout_s }: MailServer) {
  const ms = timeout_s * 1000;
  return {
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...{ connectionTimeout: ms, greetingTimeout: ms, socketTimeout: ms, dnsTimeout: ms },
  };
}

interface Composed {
  readonly envelope: SMTPEnvelope;
  readonly message: Buffer;
}

async function composeMessage({ id, to, subject, text, html }: Mail, { from }: MailServer): Promise<Composed> {
  if (!ADDRESS.test(to.address)) throw new MailDeliveryError(NO_ADDRESS, true);
  const node = new MailComposer({
    ...{ from, to, subject, text, html, messageId: `<${id}@${domainOf(from)}>` },
    // Nobody's holiday notice is of use here (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  }).compile();
  const message = await node.build();
  const envelope = node.getEnvelope();
  if (envelope.to.length !== 1) throw new MailDeliveryError(NO_ADDRESS, true);
  return { envelope, message };
}

const domainOf = (from: string) => /@([\w.-]+)/.exec(from)?.[1] ?? 'localhost';

async function converse(
  connection: SMTPConnection,
  { username, password }: MailServer,
  { envelope, message }: Composed,
): Promise<void> {
  await promisified((done) => connection.connect(done));
  if (username !== '') await promisified((done) => connection.login({ user: username, pass: password }, done));
  await promisified((done) => connection.send(envelope, message, done));
}

type Callback = (error?: Error | null) => void;

const promisified = (command: (done: Callback) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    command((error) => (error ? reject(toDeliveryError(error)) : resolve()));
  });

/** A final answer (5yz, RFC 5321 §4.2.1) to these is about this mail; to any other it may be about how the server is set up. */
const PER_MAIL_COMMANDS: ReadonlySet<unknown> = new Set(['RCPT TO', 'DATA']);

function toDeliveryError(
  error: Error & { readonly command?: unknown; readonly responseCode?: unknown },
): MailDeliveryError {
  const { command, responseCode } = error;
  const isFinal = typeof responseCode === 'number' && responseCode >= 500;
  return new MailDeliveryError(error.message, isFinal && PER_MAIL_COMMANDS.has(command));
}
