import { SpanKind, type SpanStart, withSpan } from '@gatehouse/platform';
import { ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT } from '@opentelemetry/semantic-conventions';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection, { type SMTPEnvelope } from 'nodemailer/lib/smtp-connection';

/** An SMTP server with the settings of the connection. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** User name at the server; an empty text for a server without authentication. */
  readonly username: string;
  readonly password: string;
  readonly tls: 'none' | 'starttls' | 'implicit';
  /** Seconds without a response after which the server counts as unavailable. */
  readonly timeout_s: number;
  readonly from: string;
}

/** A rendered mail and its recipient. */
export interface Mail {
  /** Message id. All attempts send the same id, so that mail programs can recognise a duplicate. */
  readonly id: string;
  readonly to: { readonly address: string; readonly name: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Thrown if the server has not accepted a mail. `refused` is true if a retry is useless. */
export class MailDeliveryError extends Error {
  constructor(
    message: string,
    readonly refused: boolean,
  ) {
    super(message);
  }
}

interface Settings {
  /** Host name that the SMTP greeting contains. Undefined: the host name of this machine. */
  readonly name: string | undefined;
  /** Seconds that the transmission of one mail may take in total. */
  readonly deadlineS: number;
}

/**
 * Matches a single address without lists, comments and quoted parts, because parsers disagree about these (RFC 5321
 * §4.1.2).
 */
const ADDRESS = /^[^\s"(),:;<>@[\\\]\p{Cc}]+@[^\s"(),:;<>@[\\\]\p{Cc}]+$/u;

const INVALID_ADDRESS = 'the recipient is not a valid email address';

/** Sends mails by SMTP, each over its own connection. */
export class SmtpMailTransport {
  constructor(private readonly settings: Settings) {}

  /** Resolves when the server has accepted the mail. Throws MailDeliveryError. */
  send(mail: Mail, server: MailServer): Promise<void> {
    return withSpan(
      () => smtpSpan(server),
      () => this.transmit(mail, server),
    );
  }

  private async transmit(mail: Mail, server: MailServer): Promise<void> {
    const { envelope, message } = await composeMessage(mail, server);
    const connection = new SMTPConnection({
      ...optionsOf(server),
      ...(this.settings.name === undefined ? {} : { name: this.settings.name }),
    });
    try {
      await this.withDeadline(connection, transmit(connection, server, { envelope, message }));
      connection.quit();
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * Returns the result of `transmission`. Also rejects when the deadline has passed, or when the connection breaks
   * without an error of a command.
   */
  private async withDeadline(connection: SMTPConnection, transmission: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      const seconds = this.settings.deadlineS;
      connection.on('error', (error) => reject(toDeliveryError(error)));
      connection.on('end', () => reject(new MailDeliveryError('the mail server closed the connection', false)));
      timer = setTimeout(
        () => reject(new MailDeliveryError(`the mail was not sent within ${seconds} seconds`, false)),
        seconds * 1000,
      );
    });
    failed.catch(() => undefined);
    try {
      await Promise.race([transmission, failed]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const smtpSpan = ({ host, port }: MailServer): SpanStart => ({
  name: 'send mail',
  kind: SpanKind.CLIENT,
  attributes: { [ATTR_SERVER_ADDRESS]: host, [ATTR_SERVER_PORT]: port },
});

/**
 * Returns the options of a connection. Whether it is encrypted depends on the configuration only, so that neither the
 * server nor an attacker on the network can turn encryption off (downgrade attack).
 */
function optionsOf({ host, port, tls, timeout_s }: MailServer) {
  const ms = timeout_s * 1000;
  return {
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...{ connectionTimeout: ms, greetingTimeout: ms, socketTimeout: ms, dnsTimeout: ms },
  };
}

interface ComposedMail {
  readonly envelope: SMTPEnvelope;
  readonly message: Buffer;
}

async function composeMessage({ id, to, subject, text, html }: Mail, { from }: MailServer): Promise<ComposedMail> {
  if (!ADDRESS.test(to.address)) throw new MailDeliveryError(INVALID_ADDRESS, true);
  const node = new MailComposer({
    ...{ from, to, subject, text, html, messageId: `<${id}@${domainOf(from)}>` },
    // Suppresses automatic replies such as holiday notices (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  }).compile();
  const message = await node.build();
  const envelope = node.getEnvelope();
  if (envelope.to.length !== 1) throw new MailDeliveryError(INVALID_ADDRESS, true);
  return { envelope, message };
}

const domainOf = (from: string) => /@([\w.-]+)/.exec(from)?.[1] ?? 'localhost';

async function transmit(
  connection: SMTPConnection,
  { username, password }: MailServer,
  { envelope, message }: ComposedMail,
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

/**
 * SMTP commands whose permanent errors (5yz, RFC 5321 §4.2.1) concern only this mail, so that a retry is useless. After
 * a permanent error of any other command the mail is retried, because the server may be misconfigured for a while.
 */
const PER_MAIL_COMMANDS: ReadonlySet<unknown> = new Set(['RCPT TO', 'DATA']);

function toDeliveryError(
  error: Error & { readonly command?: unknown; readonly responseCode?: unknown },
): MailDeliveryError {
  const { command, responseCode } = error;
  const isFinal = typeof responseCode === 'number' && responseCode >= 500;
  return new MailDeliveryError(error.message, isFinal && PER_MAIL_COMMANDS.has(command));
}
