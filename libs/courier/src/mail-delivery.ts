import { setTimeout as pause } from 'node:timers/promises';
import { type MailBody, mailBody, mailEventMessage, type OutboxMessage } from '@gatehouse/outbox';
import type { Logger } from '@gatehouse/platform';
import type { LeasedMessage, OutboxRepository } from './outbox.repository.js';
import { MailDeliveryError, type MailServer, type SmtpMailTransport } from './smtp-mail-transport.js';
import { truncatedName } from './templates/quoted-name.js';
import { renderMail, TemplateError } from './templates/render-mail.js';

interface Settings {
  /** The mail server for mails whose stage has no mail server in its config. */
  readonly server: MailServer;
  readonly tries: number;
  readonly retryS: number;
  readonly retryMaxS: number;
  readonly perAddress: number;
  readonly perAddressPeriodS: number;
  /** Seconds for which a courier leases a mail. */
  readonly leaseS: number;
  /** Seconds within which a delivery must end when the courier is stopping. */
  readonly deadlineS: number;
}

interface Dependencies {
  readonly outbox: OutboxRepository;
  readonly transport: SmtpMailTransport;
  readonly settings: Settings;
  readonly logger: Logger;
  /** Called with the outcome of each mail, and how long the delivery took in milliseconds. */
  readonly observe: (outcome: DeliveryOutcome['type'], ms: number) => void;
}

/** The outcome of a delivery: sent, to be tried again later, or parked. */
type DeliveryOutcome =
  | { readonly type: 'sent'; readonly event?: OutboxMessage }
  | { readonly type: 'later'; readonly error: string }
  | { readonly type: 'parked'; readonly error: string; readonly event?: OutboxMessage };

/** Milliseconds between two attempts to store the outcome of a mail. */
const STORE_RETRY_MS = 1000;

/** Sends the mails of the outbox. The failure of one mail is stored in its row and does not affect other mails. */
export class MailDelivery {
  #stopping = false;

  constructor(private readonly dependencies: Dependencies) {}

  /** From now on, each delivery ends within `deadlineS`, even if its outcome cannot be stored. */
  stop(): void {
    this.#stopping = true;
  }

  async handle(message: LeasedMessage): Promise<void> {
    const startedAt = performance.now();
    const outcome = await this.#deliver(message).catch((error: unknown): DeliveryOutcome => {
      this.dependencies.logger.event('mail_failed', { mail: message.id, error });
      return this.#retry(message, 'an internal error, see the log of the courier');
    });
    this.dependencies.observe(outcome.type, performance.now() - startedAt);
    await this.#store(message, outcome, startedAt);
    if (outcome.type === 'sent') return;
    const fields = { mail: message.id, tries: message.tries, outcome: outcome.type, reason: outcome.error };
    this.dependencies.logger.event('mail_not_sent', fields);
  }

  async #deliver(message: LeasedMessage): Promise<DeliveryOutcome> {
    const body = mailBody.safeParse(message.body);
    if (!body.success)
      return { type: 'parked', error: 'the body cannot be read: no seal key decrypts it, or another version wrote it' };
    const mail = body.data;
    const { to, link_ttl_s: linkTtl, code_ttl_s: ttl = linkTtl } = mail;
    if (to === null) return { type: 'sent' };
    if (ttl !== undefined && message.ageS > ttl)
      return { type: 'parked', error: `its ${linkTtl === undefined ? 'code' : 'link'} has expired` };
    const { perAddress, perAddressPeriodS } = this.dependencies.settings;
    // Only the first attempt counts for the limit per address, because a retry sends the same mail.
    if (message.tries === 1 && (await this.dependencies.outbox.countMailTo(to.address, perAddressPeriodS)) > perAddress)
      return { type: 'parked', error: `more than ${perAddress} mails to this address in ${perAddressPeriodS} seconds` };
    return this.#send(message, mail, to);
  }

  async #send(message: LeasedMessage, mail: MailBody, to: NonNullable<MailBody['to']>): Promise<DeliveryOutcome> {
    const server = mail.smtp ?? this.dependencies.settings.server;
    try {
      const rendered = renderMail(mail);
      await this.dependencies.transport.send(
        { ...rendered, id: message.id, to: { ...to, name: truncatedName(to.name) } },
        server,
      );
      return { type: 'sent', event: sentEvent(mail, { to: to.address, from: server.from, subject: rendered.subject }) };
    } catch (error) {
      if (error instanceof TemplateError)
        return { type: 'parked', error: error.message, event: deliveryFailedEvent(mail, error.message) };
      if (error instanceof MailDeliveryError)
        return error.refused ? { type: 'parked', error: error.message } : this.#retry(message, error.message);
      throw error;
    }
  }

  #retry({ tries }: LeasedMessage, error: string): DeliveryOutcome {
    return { type: tries >= this.dependencies.settings.tries ? 'parked' : 'later', error };
  }

  /**
   * Stores the outcome of a delivery. Retries until the lease ends, because otherwise the mail would be sent twice
   * after a restart of Postgres. While the courier is stopping, retries only until `deadlineS`.
   */
  async #store(message: LeasedMessage, outcome: DeliveryOutcome, startedAt: number): Promise<void> {
    const { leaseS, deadlineS } = this.dependencies.settings;
    for (;;) {
      try {
        return await this.#settle(message, outcome);
      } catch (error) {
        this.dependencies.logger.event('mail_outcome_not_stored', { mail: message.id, outcome: outcome.type, error });
        const limitS = this.#stopping ? deadlineS : leaseS;
        if (performance.now() + STORE_RETRY_MS > startedAt + limitS * 1000) return;
        await pause(STORE_RETRY_MS);
      }
    }
  }

  #settle(message: LeasedMessage, outcome: DeliveryOutcome): Promise<void> {
    const { outbox, settings } = this.dependencies;
    switch (outcome.type) {
      case 'sent':
        return outbox.delete([message], outcome.event);
      case 'parked':
        return outbox.park(message, outcome.error, outcome.event);
      case 'later':
        return outbox.retryLater([message], outcome.error, (tries) => retryDelay(tries, settings));
    }
  }
}

/**
 * Returns the seconds until the next attempt (exponential back-off with an upper limit). `tries` is the number of
 * attempts so far.
 */
export const retryDelay = (tries: number, { retryS, retryMaxS }: Pick<Settings, 'retryS' | 'retryMaxS'>): number =>
  Math.min(retryMaxS, retryS * 2 ** Math.min(tries - 1, 30));

/**
 * Returns the event for a sent mail, as in authentik (docs/spec/events.md#audit-events). It lacks the text of the mail,
 * because the text contains the secret link.
 */
const sentEvent = (mail: MailBody, { to, from, subject }: { to: string; from: string; subject: string }) =>
  mailEventMessage(
    {
      action: 'email_sent',
      context: { message: `Email to ${to} sent`, subject, from_email: from, to_email: to },
    },
    mail,
  );

const deliveryFailedEvent = (mail: MailBody, error: string) =>
  mailEventMessage(
    {
      action: 'configuration_error',
      context: { message: 'Exception occurred while rendering E-mail template', error, template: mail.template },
    },
    mail,
  );
