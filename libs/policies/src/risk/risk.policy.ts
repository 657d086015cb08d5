import { MAX_POLICY_EVENTS } from '@gatehouse/contracts';
import { deviceName, GeoLocator } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { distanceKm, positionOf, reachKm } from '../distance.js';
import type { LoginPlace } from '../login-places.repository.js';
import { passwordIn } from '../password-in.js';
import { type Policy, type PolicyInput, type PolicyOutcome, UndecidedPolicyError } from '../policy.js';
import { Breaches } from './breaches.js';
import type { riskContract } from './risk.contract.js';
import { RiskHistory } from './risk-history.js';

type RiskInput = PolicyInput<typeof riskContract>;

/** The message of each factor. The key is the config field that contains the factor's weight. */
const REASONS = {
  new_country: 'Login from a new country.',
  impossible_travel: 'Place cannot be reached since an earlier login.',
  new_device: 'Login with a new device.',
  dormant_account: 'Account was not used for a long time.',
  address_reputation: 'Address has a bad reputation.',
  breached_password: 'Password is in a list of leaked passwords.',
} as const;
type Factor = keyof typeof REASONS;
const FACTORS = Object.keys(REASONS) as Factor[];

const DAY_MS = 86_400_000;

/**
 * Passes if the weights of the factors that apply reach the threshold. The messages and an event name these factors.
 * Undecided if the result depends on a factor that cannot be judged. Sends no requests to other systems.
 */
@Injectable()
export class RiskPolicy implements Policy<typeof riskContract> {
  constructor(
    @Inject(GeoLocator) private readonly geoLocator: GeoLocator,
    @Inject(RiskHistory) private readonly history: RiskHistory,
    @Inject(Breaches) private readonly breaches: Breaches,
  ) {}

  async evaluate(input: RiskInput): Promise<PolicyOutcome> {
    const { config, facts, name, request } = input;
    const logins = await this.loginsOf(input);
    const { held, unknown, error } = await this.judge(input, logins);
    const weightOf = (factors: readonly Factor[]) => factors.reduce((sum, factor) => sum + config[factor], 0);
    const score = weightOf(held);
    const isOpen = score < config.threshold && score + weightOf(unknown) >= config.threshold;
    if (isOpen) throw error;
    if (held.length > 0 && request.dry_run === undefined && facts.eventCount < MAX_POLICY_EVENTS) {
      const reasons = held.map((factor) => ({ factor, weight: config[factor] }));
      facts.addEvents([
        { action: 'custom_risk', context: { policy: name, score, threshold: config.threshold, reasons } },
      ]);
    }
    return { pass: score >= config.threshold, messages: held.map((factor) => REASONS[factor]) };
  }

  /** Returns the factors that apply, the factors that cannot be judged, and the last error. */
  private async judge(input: RiskInput, logins: readonly LoginPlace[]) {
    const held: Factor[] = [];
    const unknown: Factor[] = [];
    let error: unknown;
    for (const factor of FACTORS.filter((name) => input.config[name] > 0)) {
      try {
        if (await this.holds(factor, input, logins)) held.push(factor);
      } catch (cause) {
        unknown.push(factor);
        error = cause;
      }
    }
    return { held, unknown, error };
  }

  private async loginsOf({ config, request: { user } }: RiskInput): Promise<LoginPlace[]> {
    if (user?.kind !== 'saved' || config.new_country + config.impossible_travel + config.new_device === 0) return [];
    return this.history.places.findLatest(user.uuid, config.history_login_count);
  }

  private holds(factor: Factor, input: RiskInput, logins: readonly LoginPlace[]): boolean | Promise<boolean> {
    switch (factor) {
      case 'new_country':
        return this.isNewCountry(input, logins);
      case 'impossible_travel':
        return this.isImpossible(input, logins);
      case 'new_device':
        return isNewDevice(input, logins);
      case 'dormant_account':
        return this.isDormant(input);
      case 'address_reputation':
        return this.hasBadReputation(input);
      case 'breached_password':
        return this.isBreached(input);
    }
  }

  private isNewCountry({ request: { client } }: RiskInput, logins: readonly LoginPlace[]): boolean {
    const here = this.geoLocator.findLocation(client.ip)?.country;
    const known = logins.flatMap(({ country }) => country ?? []);
    return here !== undefined && known.length > 0 && !known.includes(here);
  }

  private isImpossible({ config, request: { client } }: RiskInput, logins: readonly LoginPlace[]): boolean {
    const here = positionOf(this.geoLocator.findLocation(client.ip));
    const now = new Date();
    return logins.some(
      ({ at, position }) =>
        here && position && distanceKm(here, position) >= reachKm(at, now) + config.impossible_tolerance_km,
    );
  }

  private async isDormant({ config, request: { user } }: RiskInput): Promise<boolean> {
    if (user?.kind !== 'saved') return false;
    const [found] = (await this.history.users.find({ uuid: user.uuid }, 1)) ?? [];
    return (
      found !== undefined &&
      Date.now() - (found.last_login ?? found.date_joined).getTime() >= config.dormant_days * DAY_MS
    );
  }

  private async hasBadReputation({ config, request: { client, reputation = [] } }: RiskInput): Promise<boolean> {
    const stored = await this.history.reputations.score({ ip: client.ip });
    return reputation.reduce((score, { delta }) => score + delta, stored) <= config.reputation_threshold;
  }

  private async isBreached({ config, facts }: RiskInput): Promise<boolean> {
    const password = passwordIn(facts.context, config.password_field);
    if (password === '') return false;
    if (!this.breaches.list)
      throw new UndecidedPolicyError('BREACH_LIST is not set. Set it, or breached_password to 0');
    return this.breaches.list.has(password);
  }
}

const isNewDevice = ({ request: { client } }: RiskInput, logins: readonly LoginPlace[]) =>
  logins.length > 0 && !logins.some(({ device }) => device === deviceName(client.user_agent));
