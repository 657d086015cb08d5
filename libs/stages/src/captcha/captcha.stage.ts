import {
  ask,
  type Challenge,
  type Errors,
  PROOF_OF_WORK_SCRIPT,
  pass,
  reject,
  type StageErrors,
  type StageMessage,
  type StageOutcome,
} from '@gatehouse/contracts';
import { Logger } from '@gatehouse/platform';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { CaptchaConfig } from './captcha.config.js';
import { type captchaContract, PROOF_OF_WORK } from './captcha.contract.js';
import { createProofOfWork, isValidSolution, type ProofOfWork, toSiteKey } from './proof-of-work.js';
import {
  ProviderOutageError,
  RequestRejectedError,
  SiteverifyClient,
  type SiteverifyResponse,
} from './siteverify-client.js';
import { SpentTokens } from './spent-tokens.js';
import { verificationError } from './verification-error.js';

type Contract = typeof captchaContract;
type Outcome = StageOutcome<Contract>;

/** What CaptchaStage is set up with. */
export const CAPTCHA_CONFIG = Symbol('captcha settings');

const logger = new Logger('captcha');

/** Asks for what a robot finds hard, and judges the token by whoever set the puzzle: a provider, or this house. */
@Injectable()
export class CaptchaStage implements Stage<Contract> {
  constructor(
    @Inject(SiteverifyClient) private readonly providers: SiteverifyClient,
    @Inject(SpentTokens) private readonly spent: SpentTokens,
    @Inject(CAPTCHA_CONFIG) private readonly limits: CaptchaConfig,
  ) {}

  async challenge(input: ChallengeInput<Contract>): Promise<Outcome> {
    const { config, state } = input;
    if (config.api_url !== PROOF_OF_WORK) return this.standIn(input) ?? ask<Contract>(puzzleOf(input));
    const proof = this.stillGood(state?.proof) ?? (await this.draw(config.private_key));
    return ask<Contract>({ site_key: toSiteKey(proof), js_url: PROOF_OF_WORK_SCRIPT }, { state: { proof } });
  }

  respond(input: RespondInput<Contract>): Promise<Outcome> {
    return input.config.api_url === PROOF_OF_WORK ? this.ofProof(input) : this.ofProvider(input);
  }

  /** Whoever was shown no puzzle, because its provider is out, has no token. */
  refuse(input: ChallengeInput<Contract>, errors: Errors): Outcome {
    return this.standIn(input) ?? reject<Contract>(errors as StageErrors<Contract>);
  }

  /** The stage that takes over from a provider that is out. */
  private standIn({ config }: ChallengeInput<Contract>): Outcome | undefined {
    const isOut = config.api_url !== PROOF_OF_WORK && this.providers.isOut(config.api_url);
    return isOut ? fallback(config.fallback_stage) : undefined;
  }

  private async ofProvider(input: RespondInput<Contract>): Promise<Outcome> {
    const { config, response, site } = input;
    try {
      const verdict = await this.providers.judge(questionOf(input));
      const refusal = verificationError(verdict, config, new URL(site.base_url).hostname);
      if (refusal) return this.standIn(input) ?? refused(refusal);
      const token = { account: `${config.api_url} ${config.public_key}`, text: response.token };
      return (await this.spent.spend(token, input.id)) ? passed(input, verdict) : refused({ code: 'captcha_spent' });
    } catch (error) {
      if (!(error instanceof ProviderOutageError || error instanceof RequestRejectedError)) throw error;
      logger.fault('a token could not be judged', error.cause ?? error, { provider: new URL(config.api_url).host });
      const instead = error instanceof ProviderOutageError ? fallback(config.fallback_stage) : undefined;
      return instead ?? refused({ code: 'captcha_failed' });
    }
  }

  /** One question has one answer, once: whatever it was, the next question is another one. */
  private async ofProof(input: RespondInput<Contract>): Promise<Outcome> {
    const { config, response, state } = input;
    const isRight = state?.proof && (await isValidSolution(response.token, state.proof, config.private_key));
    if (!isRight) return refused({ code: 'captcha_invalid' }, {});
    const isFresh = await this.spent.spend({ account: PROOF_OF_WORK, text: state.proof!.signature }, input.id);
    return isFresh ? passed(input, { success: true }) : refused({ code: 'captcha_spent' }, {});
  }

  /** A question that is shown again is the same, so that looking at a page saves nothing, until half of its time is over. */
  private stillGood(proof: ProofOfWork | undefined): ProofOfWork | undefined {
    const left = proof ? proof.parameters.expiresAt - Date.now() / 1000 : 0;
    return left > this.limits.CAPTCHA_PROOF_S / 2 ? proof : undefined;
  }

  private draw(key: string): Promise<ProofOfWork> {
    const { CAPTCHA_PROOF_TRIES: tries, CAPTCHA_PROOF_S } = this.limits;
    return createProofOfWork({ key, tries, expires: Date.now() + CAPTCHA_PROOF_S * 1000 });
  }
}

const puzzleOf = ({ config }: ChallengeInput<Contract>): Challenge<Contract> => ({
  site_key: config.public_key,
  js_url: config.js_url,
  ...(config.action === '' ? {} : { action: config.action }),
});

const HCAPTCHA = /(^|\.)hcaptcha\.com$/;

function questionOf({ config, response, client, timeLeftMs }: RespondInput<Contract>) {
  // Accounts of this provider have one secret for all their sites, so the site is told too.
  const site = HCAPTCHA.test(new URL(config.api_url).hostname) ? { sitekey: config.public_key } : {};
  return {
    address: config.api_url,
    form: { secret: config.private_key, response: response.token, remoteip: client.ip, ...site },
    stillWanted: () => timeLeftMs() > 0,
  };
}

const fallback = (stage: string | null): Outcome | undefined =>
  stage === null ? undefined : pass<Contract>({ insert: { where: 'next', steps: [{ attached: stage }] } });

const refused = (message: StageMessage<Contract>, state?: { proof?: ProofOfWork }) =>
  reject<Contract>({ token: [message] }, state ? { state } : {});

const passed = ({ step }: RespondInput<Contract>, response: SiteverifyResponse) =>
  pass<Contract>({ context: { captcha: { response, stage: step.name } } });
