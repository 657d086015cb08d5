/** A mail server, and how it is spoken to. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** Empty: nobody authenticates. */
  readonly username: string;
  readonly password: string;
  readonly tls: 'none' | 'starttls' | 'implicit';
  /** Seconds of silence after which it counts as away. */
  readonly timeout_s: number;
  readonly from: string;
}

/** A mail as people read it, in both forms, with whom it goes to. */
export interface Mail {
  /** The same for each try, so that whoever receives a mail twice can tell. */
  readonly id: string;
  readonly to: { readonly address: string; readonly name: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A mail that was not taken; `refused` if trying again is no use. */
export class MailDeliveryError extends Error {
  constructor(
    message: string,
    readonly refused: boolean,
  ) {
    super(message);
  }
}

/** Hands mails to mail servers. */
export abstract class MailTransport {
  /** Resolves once the server has taken the mail. Throws Undelivered. */
  abstract send(mail: Mail, server: MailServer): Promise<void>;
}
