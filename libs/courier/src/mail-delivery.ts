import { setTimeout as pause } from 'node:timers/promises';
import { eventOf, type MailBody, mailBody, type OutboxMessage } from '@gatehouse/outbox';
import type { Logger } from '@gatehouse/platform';
import { shortName } from './letters/shown-name.js';
import { Unwritable, written } from './letters/written.js';
import type { Outbox, Taken } from './outbox.js';
import { type MailServer, type Post, Undelivered } from './post.js';

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

interface Parts {
  readonly outbox: Outbox;
  readonly post: Post;
  readonly settings: Settings;
  readonly logger: Logger;
  /** Called with what became of each mail, and the milliseconds that it took. */
  readonly observe: (outcome: Outcome['type'], ms: number) => void;
}

/** What becomes of a mail. */
type Outcome =
  | { readonly type: 'sent'; readonly follows?: OutboxMessage }
  | { readonly type: 'later'; readonly error: string }
  | { readonly type: 'parked'; readonly error: string; readonly follows?: OutboxMessage };

/** Milliseconds between two attempts to note what became of a mail. */
const AGAIN_MS = 1000;

/** Sends mails, each on its own: what goes wrong with one is noted with it, and is nobody else's affair. */
export class MailDelivery {
  constructor(private readonly parts: Parts) {}

  async handle(taken: Taken): Promise<void> {
    const began = performance.now();
    const outcome = await this.#outcome(taken).catch((error: unknown): Outcome => {
      this.parts.logger.fault('a mail could not be sent', error, { mail: taken.id });
      return this.#again(taken, 'a fault, see the log of the courier');
    });
    this.parts.observe(outcome.type, performance.now() - began);
    await this.#note(taken, outcome, began + this.parts.settings.leaseS * 1000);
    if (outcome.type !== 'sent') this.parts.logger.warn({ mail: taken.id, tries: taken.tries, ...told(outcome) });
  }

  async #outcome(taken: Taken): Promise<Outcome> {
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

  async #send(taken: Taken, mail: MailBody, to: NonNullable<MailBody['to']>): Promise<Outcome> {
    const server = mail.smtp ?? this.parts.settings.server;
    try {
      const letter = written(mail);
      await this.parts.post.send({ ...letter, id: taken.id, to: { ...to, name: shortName(to.name) } }, server);
      return { type: 'sent', follows: sentEvent(mail, { to: to.address, from: server.from, subject: letter.subject }) };
    } catch (error) {
      if (error instanceof Unwritable)
        return { type: 'parked', error: error.message, follows: brokenEvent(mail, error.message) };
      if (error instanceof Undelivered)
        return error.refused ? { type: 'parked', error: error.message } : this.#again(taken, error.message);
      throw error;
    }
  }

  #again({ tries }: Taken, error: string): Outcome {
    return { type: tries >= this.parts.settings.tries ? 'parked' : 'later', error };
  }

  /** Noted as long as the mail is this courier's, so that a database that restarts does not have it sent twice. */
  async #note(taken: Taken, outcome: Outcome, until: number): Promise<void> {
    for (;;) {
      try {
        return await this.#settle(taken, outcome);
      } catch (error) {
        this.parts.logger.fault('what became of a mail could not be noted', error, {
          mail: taken.id,
          ...told(outcome),
        });
        if (performance.now() + AGAIN_MS > until) return;
        await pause(AGAIN_MS);
      }
    }
  }

  #settle(taken: Taken, outcome: Outcome): Promise<void> {
    const { outbox, settings } = this.parts;
    switch (outcome.type) {
      case 'sent':
        return outbox.done([taken], outcome.follows);
      case 'parked':
        return outbox.park(taken, outcome.error, outcome.follows);
      case 'later':
        return outbox.later(taken, outcome.error, delayOf(taken.tries, settings));
    }
  }
}

/** Seconds until something is tried again, after so many tries: each time twice as long, up to a limit. */
export const delayOf = (tries: number, { retryS, retryMaxS }: Pick<Settings, 'retryS' | 'retryMaxS'>): number =>
  Math.min(retryMaxS, retryS * 2 ** Math.min(tries - 1, 30));

const told = (outcome: Outcome) => ({ outcome: outcome.type, ...('error' in outcome ? { error: outcome.error } : {}) });

const aboutOf = ({ about: { user, client_ip: clientIp, flow } }: MailBody) => ({
  ...{ user: user ?? undefined, clientIp, flow: flow ?? undefined },
});

/** As the reference has it (docs/spec/events.md#audit-events), but for the text of the mail, which brings its link. */
const sentEvent = (mail: MailBody, { to, from, subject }: { to: string; from: string; subject: string }) =>
  eventOf({
    ...aboutOf(mail),
    action: 'email_sent',
    context: { message: `Email to ${to} sent`, subject, from_email: from, to_email: to },
  });

const brokenEvent = (mail: MailBody, error: string) =>
  eventOf({
    ...aboutOf(mail),
    action: 'configuration_error',
    context: { message: 'Exception occurred while rendering E-mail template', error, template: mail.template },
  });
