import { setTimeout as pause } from 'node:timers/promises';
import { eventMessage, type MailBody, mailBody, type OutboxMessage } from '@gatehouse/outbox';
import type { Logger } from '@gatehouse/platform';
import { MailDeliveryError, type MailServer, type MailTransport } from './mail-transport.js';
import type { LeasedMessage, Outbox } from './outbox.js';
import { truncatedName } from './templates/quoted-name.js';
import { renderMail, TemplateError } from './templates/render-mail.js';

interface Settings {
  /** Where mails go that have no server of their own. */
  readonly server: MailServer;
  readonly tries: number;
  readonly retryS: number;
  readonly retryMaxS: number;
  readonly perAddress: number;
  readonly perAddressPeriodS: number;
  /** Seconds for which a mail is this courier's. */
  readonly leaseS: number;
}

interface Dependencies {
  readonly outbox: Outbox;
  readonly post: MailTransport;
  readonly settings: Settings;
  readonly logger: Logger;
  /** Called with what became of each mail, and the milliseconds that it took. */
  readonly observe: (outcome: DeliveryOutcome['type'], ms: number) => void;
}

/** What becomes of a mail. */
type DeliveryOutcome =
  | { readonly type: 'sent'; readonly follows?: OutboxMessage }
  | { readonly type: 'later'; readonly error: string }
  | { readonly type: 'parked'; readonly error: string; readonly follows?: OutboxMessage };

/** Milliseconds between two attempts to note what became of a mail. */
const RETRY_NOTE_MS = 1000;

/** Sends mails, each on its own: what goes wrong with one is noted with it, and is nobody else's affair. */
export class MailDelivery {
  constructor(private readonly parts: Dependencies) {}

  async handle(taken: LeasedMessage): Promise<void> {
    const began = performance.now();
    const outcome = await this.#outcome(taken).catch((error: unknown): DeliveryOutcome => {
      this.parts.logger.fault('a mail could not be sent', error, { mail: taken.id });
      return this.#again(taken, 'a fault, see the log of the courier');
    });
    this.parts.observe(outcome.type, performance.now() - began);
    await this.#note(taken, outcome, began + this.parts.settings.leaseS * 1000);
    if (outcome.type !== 'sent')
      this.parts.logger.warn({ mail: taken.id, tries: taken.tries, ...outcomeFields(outcome) });
  }

  async #outcome(taken: LeasedMessage): Promise<DeliveryOutcome> {
    const body = mailBody.safeParse(taken.body);
    if (!body.success)
      return { type: 'parked', error: 'what is in it cannot be read: no key opens it, or it is of another version' };
    const mail = body.data;
    const { to, link_ttl_s: ttl } = mail;
    if (to === null) return { type: 'sent' };
    if (ttl !== undefined && taken.ageS > ttl) return { type: 'parked', error: 'its link has expired' };
    const { perAddress, perAddressPeriodS } = this.parts.settings;
    // Counted with the first try only: a mail that is tried again is the same one.
    if (taken.tries === 1 && (await this.parts.outbox.countTo(to.address, perAddressPeriodS)) > perAddress)
      return { type: 'parked', error: `more than ${perAddress} mails to this address in ${perAddressPeriodS} seconds` };
    return this.#send(taken, mail, to);
  }

  async #send(taken: LeasedMessage, mail: MailBody, to: NonNullable<MailBody['to']>): Promise<DeliveryOutcome> {
    const server = mail.smtp ?? this.parts.settings.server;
    try {
      const letter = renderMail(mail);
      await this.parts.post.send({ ...letter, id: taken.id, to: { ...to, name: truncatedName(to.name) } }, server);
      return { type: 'sent', follows: sentEvent(mail, { to: to.address, from: server.from, subject: letter.subject }) };
    } catch (error) {
      if (error instanceof TemplateError)
        return { type: 'parked', error: error.message, follows: deliveryFailedEvent(mail, error.message) };
      if (error instanceof MailDeliveryError)
        return error.refused ? { type: 'parked', error: error.message } : this.#again(taken, error.message);
      throw error;
    }
  }

  #again({ tries }: LeasedMessage, error: string): DeliveryOutcome {
    return { type: tries >= this.parts.settings.tries ? 'parked' : 'later', error };
  }

  /** Noted as long as the mail is this courier's, so that a database that restarts does not have it sent twice. */
  async #note(taken: LeasedMessage, outcome: DeliveryOutcome, until: number): Promise<void> {
    for (;;) {
      try {
        return await this.#settle(taken, outcome);
      } catch (error) {
        this.parts.logger.fault('what became of a mail could not be noted', error, {
          mail: taken.id,
          ...outcomeFields(outcome),
        });
        if (performance.now() + RETRY_NOTE_MS > until) return;
        await pause(RETRY_NOTE_MS);
      }
    }
  }

  #settle(taken: LeasedMessage, outcome: DeliveryOutcome): Promise<void> {
    const { outbox, settings } = this.parts;
    switch (outcome.type) {
      case 'sent':
        return outbox.done([taken], outcome.follows);
      case 'parked':
        return outbox.park(taken, outcome.error, outcome.follows);
      case 'later':
        return outbox.later(taken, outcome.error, retryDelay(taken.tries, settings));
    }
  }
}

/** Seconds until something is tried again, after so many tries: each time twice as long, up to a limit. */
export const retryDelay = (tries: number, { retryS, retryMaxS }: Pick<Settings, 'retryS' | 'retryMaxS'>): number =>
  Math.min(retryMaxS, retryS * 2 ** Math.min(tries - 1, 30));

const outcomeFields = (outcome: DeliveryOutcome) => ({
  outcome: outcome.type,
  ...('error' in outcome ? { error: outcome.error } : {}),
});

const eventSubject = ({ about: { user, client_ip: clientIp, flow } }: MailBody) => ({
  ...{ user: user ?? undefined, clientIp, flow: flow ?? undefined },
});

/** As the reference has it (docs/spec/events.md#audit-events), but for the text of the mail, which brings its link. */
const sentEvent = (mail: MailBody, { to, from, subject }: { to: string; from: string; subject: string }) =>
  eventMessage({
    ...eventSubject(mail),
    action: 'email_sent',
    context: { message: `Email to ${to} sent`, subject, from_email: from, to_email: to },
  });

const deliveryFailedEvent = (mail: MailBody, error: string) =>
  eventMessage({
    ...eventSubject(mail),
    action: 'configuration_error',
    context: { message: 'Exception occurred while rendering E-mail template', error, template: mail.template },
  });
