import type { People } from '@gatehouse/directory';
import { Busy, isDatabaseAway, Logger } from '@gatehouse/platform';
import { z } from 'zod';
import type { Question } from '../policy.js';
import { asGiven } from './givens.js';

const bag = z.record(z.string(), z.unknown());
const somebody = z.looseObject({ uuid: z.uuid() });
const questions = {
  user_by: z.object({ filters: bag }),
  group_member: z.object({ user: z.unknown(), filters: bag }),
  group_attributes: z.object({ user: z.unknown() }),
  call_policy: z.object({ name: z.string(), kwargs: bag }),
  event: z.object({ action: z.string(), context: bag }),
};

const logger = new Logger('policy');

/** Answers what an expression asks of the house while it runs. */
export class ExpressionAnswers {
  /** What is no failure of the expression, whatever it makes of it: the database is away, or the house busy. */
  failure: { readonly cause: unknown } | undefined;

  constructor(
    private readonly people: People,
    private readonly question: Question,
  ) {}

  async to(name: string, args: unknown): Promise<unknown> {
    try {
      return await this.answer(name, args);
    } catch (cause) {
      if (cause instanceof Busy || isDatabaseAway(cause)) this.failure = { cause };
      throw cause;
    }
  }

  private answer(name: string, args: unknown): Promise<unknown> {
    switch (name) {
      case 'user_by':
        return this.userBy(questions.user_by.parse(args));
      case 'group_member':
        return this.isMember(questions.group_member.parse(args));
      case 'group_attributes':
        return this.groupAttributes(questions.group_attributes.parse(args));
      case 'call_policy':
        return this.callPolicy(questions.call_policy.parse(args));
      case 'event':
        return this.event(questions.event.parse(args));
      // Nobody has one: there are no authenticators yet.
      case 'has_authenticator':
        return Promise.resolve(false);
      default:
        return Promise.reject(new Error(`policies cannot ask for ${name}`));
    }
  }

  private async userBy({ filters }: z.output<typeof questions.user_by>): Promise<unknown> {
    const person = await this.people.find(filters);
    return person ? asGiven(person) : null;
  }

  private async isMember({ user, filters }: z.output<typeof questions.group_member>): Promise<boolean> {
    const known = somebody.safeParse(user);
    return known.success && this.people.isMember(known.data.uuid, filters);
  }

  private async groupAttributes({ user }: z.output<typeof questions.group_attributes>): Promise<unknown> {
    const known = somebody.safeParse(user);
    return known.success ? this.people.findGroupAttributes(known.data.uuid) : {};
  }

  private async callPolicy({ name, kwargs }: z.output<typeof questions.call_policy>): Promise<unknown> {
    const { pass, messages } = await this.question.call(name, kwargs);
    return { passing: pass, messages, raw_result: pass };
  }

  /** There is no log of events yet: it goes to the log of the service. */
  private async event({ action, context }: z.output<typeof questions.event>): Promise<null> {
    logger.event('a policy made an event', {
      action: `custom_${action}`,
      policy: this.question.name,
      turn: this.question.request.id,
      fields: Object.keys(context),
    });
    return null;
  }
}
