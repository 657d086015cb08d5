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
  type SiteverifyRequest,
  type SiteverifyResponse,
} from './siteverify-client.js';
import { SpentTokenRepository } from './spent-token.repository.js';
import { verificationError } from './verification-error.js';

type Contract = typeof captchaContract;
type Outcome = StageOutcome<Contract>;

/** Injection token of the settings of `CaptchaStage`. */
export const CAPTCHA_CONFIG = Symbol('captcha settings');

const logger = new Logger();

/** Shows a captcha puzzle and verifies its token, with the provider's API or the built-in proof of work. */
@Injectable()
export class CaptchaStage implements Stage<Contract> {
  constructor(
    @Inject(SiteverifyClient) private readonly siteverify: SiteverifyClient,
    @Inject(SpentTokenRepository) private readonly spentTokens: SpentTokenRepository,
    @Inject(CAPTCHA_CONFIG) private readonly limits: CaptchaConfig,
  ) {}

  async challenge(input: ChallengeInput<Contract>): Promise<Outcome> {
    const { config, state } = input;
    if (config.api_url !== PROOF_OF_WORK) return this.fallbackDuringOutage(input) ?? ask<Contract>(puzzleOf(input));
    const proof = this.reusableProof(state?.proof) ?? (await this.createProof(config.private_key));
    const puzzle = { site_key: toSiteKey(proof), js_url: PROOF_OF_WORK_SCRIPT, interactive: false };
    return ask<Contract>(puzzle, { state: { proof } });
  }

  respond(input: RespondInput<Contract>): Promise<Outcome> {
    return input.config.api_url === PROOF_OF_WORK ? this.checkProof(input) : this.checkWithProvider(input);
  }

  /**
   * Rejects a response without a valid `token` field. While the provider is unavailable, the visitor cannot get a
   * token, so the stage inserts the fallback stage instead.
   */
  refuse(input: ChallengeInput<Contract>, errors: Errors): Outcome {
    return this.fallbackDuringOutage(input) ?? reject<Contract>(errors as StageErrors<Contract>);
  }

  /**
   * Returns the outcome that inserts the fallback stage, if the config has one and the circuit breaker of the provider
   * is open.
   */
  private fallbackDuringOutage({ config }: ChallengeInput<Contract>): Outcome | undefined {
    const isUnavailable = config.api_url !== PROOF_OF_WORK && this.siteverify.isUnavailable(config.api_url);
    return isUnavailable ? fallback(config.fallback_stage) : undefined;
  }

  private async checkWithProvider(input: RespondInput<Contract>): Promise<Outcome> {
    const { config, response, site, apiVersion } = input;
    try {
      const verdict = await this.siteverify.verify(verificationRequest(input));
      const failure = verificationError(verdict, config, { host: new URL(site.base_url).hostname, apiVersion });
      if (failure) return this.fallbackDuringOutage(input) ?? rejected(failure);
      const token = { account: `${config.api_url} ${keysOf(input).site}`, text: response.token };
      if (await this.spentTokens.spend(token, input.id)) return passed(input, verdict);
      return this.fallbackDuringOutage(input) ?? rejected(spent(input));
    } catch (error) {
      if (!(error instanceof ProviderOutageError || error instanceof RequestRejectedError)) throw error;
      const provider = new URL(config.api_url).host;
      logger.event('captcha_not_verified', { provider, error: error.cause ?? error });
      const outcome = error instanceof ProviderOutageError ? fallback(config.fallback_stage) : undefined;
      return outcome ?? rejected({ code: 'captcha_failed' });
    }
  }

  /**
   * Checks the solution of a proof of work. A rejection clears the state, so that the visitor can try each proof of
   * work only once.
   */
  private async checkProof(input: RespondInput<Contract>): Promise<Outcome> {
    const { config, response, state } = input;
    const isValid = state?.proof && (await isValidSolution(response.token, state.proof, config.private_key));
    if (!isValid) return rejected({ code: 'captcha_invalid' }, {});
    // A preview writes no row. Its state cannot be used in a login, so a repeated solution does no harm.
    const isUnused =
      input.preview !== undefined ||
      (await this.spentTokens.spend({ account: PROOF_OF_WORK, text: state.proof!.signature }, input.id));
    return isUnused ? passed(input, { success: true }) : rejected(spent(input), {});
  }

  /**
   * Returns the proof of work from the state during the first half of its lifetime, so that most GETs do not change the
   * plan. Later returns `undefined`.
   */
  private reusableProof(proof: ProofOfWork | undefined): ProofOfWork | undefined {
    const secondsLeft = proof ? proof.parameters.expiresAt - Date.now() / 1000 : 0;
    return secondsLeft > this.limits.CAPTCHA_PROOF_S / 2 ? proof : undefined;
  }

  private createProof(key: string): Promise<ProofOfWork> {
    const { CAPTCHA_PROOF_TRIES: tries, CAPTCHA_PROOF_S } = this.limits;
    return createProofOfWork({ key, tries, expires: Date.now() + CAPTCHA_PROOF_S * 1000 });
  }
}

/**
 * Returns the keys of the provider: since 2026.8 those of the context, which an expression has set, otherwise those of
 * the config.
 */
const keysOf = ({ config, context, apiVersion }: ChallengeInput<Contract>) => {
  const facts: Partial<typeof context> = apiVersion === '2024.8' ? {} : context;
  return {
    site: facts['goauthentik.io/stages/captcha/site_key'] || config.public_key,
    secret: facts['goauthentik.io/stages/captcha/private_key'] || config.private_key,
  };
};

const puzzleOf = (input: ChallengeInput<Contract>, { config } = input): Challenge<Contract> => ({
  site_key: keysOf(input).site,
  js_url: config.js_url,
  interactive: config.interactive,
  ...(config.action === '' ? {} : { action: config.action }),
});

const HCAPTCHA = /(^|\.)hcaptcha\.com$/;

function verificationRequest(input: RespondInput<Contract>): SiteverifyRequest {
  const { config, response, client, timeLeftMs } = input;
  const { site: sitekey, secret } = keysOf(input);
  // An hCaptcha account has one secret for all its sites, so the request must name the site that showed the puzzle.
  const site = HCAPTCHA.test(new URL(config.api_url).hostname) ? { sitekey } : {};
  return {
    address: config.api_url,
    contentType: config.request_content_type,
    form: { secret, response: response.token, remoteip: client.ip, ...site },
    stillWanted: () => timeLeftMs() > 0,
  };
}

/** Returns the error of a token that another answer has used before. */
const spent = ({ apiVersion }: RespondInput<Contract>): StageMessage<Contract> => ({
  code: apiVersion === '2024.8' ? 'captcha_spent' : 'captcha_retry',
});

const fallback = (stage: string | null): Outcome | undefined =>
  stage === null ? undefined : pass<Contract>({ insert: { where: 'next', steps: [{ attached: stage }] } });

const rejected = (message: StageMessage<Contract>, state?: { proof?: ProofOfWork }) =>
  reject<Contract>({ token: [message] }, state ? { state } : {});

const passed = ({ step }: RespondInput<Contract>, response: SiteverifyResponse) =>
  pass<Contract>({ context: { captcha: { response, stage: step.name } } });
