import { ask, deny, pass, type StageOutcome, seconds } from '@gatehouse/contracts';
import { PublishedSourceRepository, sourceLoginStep } from '@gatehouse/sources';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { sourceContract } from './source.contract.js';

type Contract = typeof sourceContract;
type Input = ChallengeInput<Contract>;

/**
 * Sends the visitor to a source. Passes only after the gateway has set `is_restored` in the context, never because of a
 * response (docs/spec/stages.md#source-stage).
 */
@Injectable()
export class SourceStage implements Stage<Contract> {
  constructor(@Inject(PublishedSourceRepository) private readonly sources: PublishedSourceRepository) {}

  async challenge(input: Input): Promise<StageOutcome<Contract>> {
    const { config, site, query } = input;
    if (config.source === null) return deny({ message: { code: 'source_missing' } });
    const [source] = await this.sources.findEnabled([config.source]);
    if (!source) return deny({ message: { code: 'source_disabled' } });
    // The source login has succeeded. Clear `is_restored`, so that a restarted flow needs a new login at the source.
    if (hasComeBack(input)) return pass<Contract>({ context: { is_restored: null } });
    const { challenge, effects } = sourceLoginStep(source, { baseUrl: site.base_url, next: query['next'] });
    return ask<Contract>(challenge, { state: { until: resumeDeadline(input) }, effects });
  }

  respond(input: Input) {
    return this.challenge(input);
  }
}

const hasComeBack = ({ step, context: { is_restored } }: Input) => is_restored?.step === step.id;

/**
 * Returns the saved deadline if it is in the future, otherwise a new one. A repeated GET must not extend a running
 * deadline.
 */
function resumeDeadline({ config, state }: Input): number {
  const now = Date.now();
  return state && state.until > now ? state.until : now + seconds(config.resume_timeout) * 1000;
}
