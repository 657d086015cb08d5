import {
  type DeviceClass,
  pass,
  type Response,
  reject,
  type StageErrors,
  type StageMessage,
  type StageOutcome,
  type State,
} from '@gatehouse/contracts';
import type { RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { deviceReference } from '../device-events.js';
import { deviceOwner, savedDeviceOwner } from '../device-owner.js';
import type { Factor, ProofVerdict } from '../factor.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import { factorStateOf, type OfferedDevice, withFactorState } from './offer-builder.js';
import { RememberedProof } from './remembered-proof.js';

type Contract = typeof authenticatorValidateContract;
type Input = RespondInput<Contract>;
type Right = Extract<ProofVerdict<DeviceClass>, { type: 'right' }>;
type Wrong = Extract<ProofVerdict<DeviceClass>, { type: 'wrong' }>;

/** What the engine counts the proofs of an entry as. */
const credentialOf = ({ factor }: OfferedDevice): string => factor.deviceClass;

const FIELDS = ['code', 'webauthn', 'duo'] as const satisfies readonly Factor['field'][];
type Field = (typeof FIELDS)[number];

/** The fields of a response that prove something. */
export const proofFields = (response: Response<Contract>): Field[] =>
  FIELDS.filter((field) => response[field] !== undefined);

/** Nothing is decided yet: the same is asked again, from what is remembered now. */
interface PendingVerification {
  readonly undecided: State<Contract>;
  readonly errors: StageErrors<Contract>;
}

/** How the entries that a proof was tried on took it. */
interface AttemptedOffers {
  readonly right?: { readonly entry: OfferedDevice; readonly verdict: Right };
  readonly waits?: Extract<ProofVerdict<DeviceClass>, { type: 'waiting' }>;
  readonly wrong: readonly { readonly entry: OfferedDevice; readonly verdict: Wrong }[];
  readonly state: State<Contract>;
}

/** A field whose proof was wrong, on each entry that it was tried on; on none where nothing of its kind was shown. */
interface FailedField {
  readonly field: Field;
  readonly wrong: AttemptedOffers['wrong'];
}

/** Judges the proofs of an answer: every one that it brings must be right, and each that is not is told. */
@Injectable()
export class ProofVerifier {
  constructor(@Inject(RememberedProof) private readonly memory: RememberedProof) {}

  /** `asked`: the entry that was chosen, or all that were shown. */
  async of(input: Input, asked: readonly OfferedDevice[]): Promise<StageOutcome<Contract> | PendingVerification> {
    const [proved, failed]: [NonNullable<AttemptedOffers['right']>[], FailedField[]] = [[], []];
    let waiting: PendingVerification | undefined;
    let state = input.state ?? { offers: [], memory: {} };
    for (const field of proofFields(input.response)) {
      const entries = asked.filter(({ factor }) => factor.field === field);
      // What is refused already rings nobody up.
      if (failed.length > 0 && entries.some(({ factor }) => factor.asksSomebody)) continue;
      const tried = await this.tried(entries, { ...input, state }, field);
      state = tried.state;
      if (tried.waits) waiting = undecided(state, field, tried.waits.message);
      else if (tried.right) proved.push(tried.right);
      else failed.push({ field, wrong: tried.wrong });
    }
    if (failed.length > 0) return refused(input, failed, state);
    return waiting ?? this.passed(input, proved);
  }

  private async tried(
    entries: readonly OfferedDevice[],
    input: Input & { state: State<Contract> },
    field: Field,
  ): Promise<AttemptedOffers> {
    const wrong: { entry: OfferedDevice; verdict: Wrong }[] = [];
    let { state } = input;
    for (const entry of entries) {
      const verdict = await verdictOf(entry, { ...input, state }, input.response[field]);
      if (verdict.type === 'right') return { right: { entry, verdict }, wrong, state };
      const memory = withFactorState(state.memory, entry.factor.deviceClass, verdict.memory);
      state = { ...state, memory };
      if (verdict.type === 'waiting') return { waits: verdict, wrong, state };
      wrong.push({ entry, verdict });
    }
    return { wrong, state };
  }

  private passed(input: Input, proved: readonly { entry: OfferedDevice; verdict: Right }[]): StageOutcome<Contract> {
    const last = proved.at(-1)?.verdict;
    const user = proved.findLast(({ verdict }) => verdict.user)?.verdict.user ?? savedDeviceOwner(input);
    return pass<Contract>({
      context: {
        ...authenticationFacts(
          input,
          proved.map(({ verdict }) => verdict),
        ),
        ...(user && last ? { verified_user: user.uuid } : {}),
      },
      effects: user && last ? this.memory.effectOf(input, user, last.device) : [],
      verified: proved.map(({ entry }) => credentialOf(entry)),
    });
  }
}

const undecided = (
  state: State<Contract>,
  field: Field,
  message: StageMessage<Contract> | undefined,
): PendingVerification => ({
  undecided: state,
  errors: message === undefined ? {} : { [field]: [message] },
});

/** What others read of the proofs (docs/spec/mfa.md#mfa-context). */
function authenticationFacts({ context }: Input, proved: readonly Right[]) {
  const known = context.auth_method_args?.['mfa_devices'];
  const devices = [...(Array.isArray(known) ? known : []), ...proved.map(({ device }) => deviceReference(device))];
  const told = proved.findLast(({ user }) => user);
  const auth_method_args = { ...context.auth_method_args, mfa_devices: devices, ...told?.args };
  if (!told?.user) return { auth_method: context.auth_method ?? 'auth_mfa', auth_method_args };
  return { pending_user: told.user, auth_method: 'auth_webauthn_pwl', auth_method_args };
}

const verdictOf = (
  { factor, offer }: OfferedDevice,
  input: Input,
  answer: unknown,
): Promise<ProofVerdict<DeviceClass>> =>
  factor.verify({
    input,
    user: savedDeviceOwner(input),
    devices: offer.devices,
    memory: factorStateOf(input.state?.memory, factor.deviceClass),
    answer,
    offer,
  });

const [APP, MODEL] = authenticatorValidateContract.model.split('.');

/** Says what was wrong, counts what was guessed, and records it (docs/spec/mfa.md#mfa-events). */
function refused(input: Input, failed: readonly FailedField[], state: State<Contract>): StageOutcome<Contract> {
  const guesses = failed.flatMap(({ wrong }) => wrong).filter(({ verdict }) => verdict.guessed);
  const owner = deviceOwner(input);
  const stage = { app: APP, model_name: MODEL, name: input.step.name };
  const events = guesses.map(({ entry, verdict }) => {
    const context = {
      username: owner?.username ?? '',
      stage,
      device_class: entry.factor.deviceClass,
      ...verdict.facts,
    };
    return { type: 'event', action: 'login_failed', context } as const;
  });
  const isBlamed = owner !== undefined && guesses.length > 0;
  const reputation = isBlamed ? [{ type: 'reputation', identifier: owner.username, delta: -1 } as const] : [];
  return reject<Contract>(Object.fromEntries(failed.map(({ field, wrong }) => [field, [messageOf(wrong)]])), {
    ...(input.state && { state }),
    failed: guesses.map(({ entry }) => credentialOf(entry)),
    effects: [...events, ...reputation],
  });
}

const messageOf = ([first]: FailedField['wrong']): StageMessage<Contract> =>
  first?.verdict.message ?? { code: 'authenticator_validate_class' };
