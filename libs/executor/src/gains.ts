import type { Effect } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import { type AttemptSettlement, EMPTY_SETTLEMENT, mergeSettlements } from './attempts/settlement.js';
import type { Outcome } from './plan-writer.js';
import { attachResumeLinks, type LinkTarget, type ResumeLink } from './resume-links.js';

/** What a walk has achieved besides moving its plan, and not saved yet. */
export class Gains {
  readonly effects: Effect[] = [];
  readonly links: ResumeLink[] = [];
  settlement: AttemptSettlement = EMPTY_SETTLEMENT;
  /** Hash of the token whose plan was confirmed, or has ended. */
  burns: Buffer | undefined;
  /** The step whose own link is used up, because whoever answered it has proved the same in another way. */
  usesLinkOf: string | undefined;
  /** Whether the plan came to be about a saved user by other means than a typed name. */
  identified = false;

  /** `before`: the plan as it was last saved, or before its first turn. */
  constructor(private readonly before: Plan) {}

  /** Notes what is to happen with the save. */
  add(asked: readonly Effect[], place: LinkTarget) {
    const { effects, links } = attachResumeLinks(asked, place);
    this.effects.push(...effects);
    this.links.push(...links);
    if (asked.some(({ type }) => type === 'link_used')) this.usesLinkOf = place.step;
  }

  get reputation() {
    return this.effects.flatMap((effect) =>
      effect.type === 'reputation' ? [{ identifier: effect.identifier, delta: effect.delta }] : [],
    );
  }

  settle(settlement: AttemptSettlement) {
    this.settlement = mergeSettlements(this.settlement, settlement);
  }

  /** All of it, with the plan as it is now. */
  outcome(after: Plan, about: Outcome['about']): Outcome {
    const { before, effects, links, settlement, burns, usesLinkOf, identified } = this;
    return { before, after, effects, links, settlement, burns, usesLinkOf, identified, about };
  }
}
