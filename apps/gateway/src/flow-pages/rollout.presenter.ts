import { Problem } from '@gatehouse/contracts';
import { type Locale, translator } from '@gatehouse/texts';
import type { FlowRolloutData } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import { FlowChangeClient } from '../flow-changes/flow-change.client.js';
import { presentRefusal } from './refusal.presenter.js';

/** Loads the running rollout for the page of a flow. */
@Injectable()
export class RolloutPresenter {
  constructor(@Inject(FlowChangeClient) private readonly changes: FlowChangeClient) {}

  /** Returns the running rollout, or why it cannot be shown; `undefined` if it has ended meanwhile. */
  async load(slug: string, locale: Locale): Promise<FlowRolloutData | undefined> {
    try {
      return await this.changes.rollout(slug);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === 'flow_rollout_unknown') return undefined;
      return { refused: presentRefusal(error, translator(locale)) };
    }
  }
}
