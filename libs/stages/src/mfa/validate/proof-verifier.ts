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
import type { Factor, FactorAnswer, ProofVerdict } from '../factor.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import { DeviceThrottle, WAITING } from './device-throttle.js';
import { factorStateOf, type OfferedDevice, withFactorState } from './offer-builder.js';
import { RememberedProof } from './remembered-proof.js';

type Contract = typeof authenticatorValidateContract;
type Input = RespondInput<Contract>;
type RightVerdict = Extract<ProofVerdict<DeviceClass>, { type: 'right' }>;
type WrongVerdict = Extract<ProofVerdict<DeviceClass>, { type: 'wrong' }>;

/** Returns the name of the credential for which attempts on an entry are counted: the class of its devices. */
const credentialOf = ({ factor }: OfferedDevice): string => factor.deviceClass;

const FIELDS = ['code', 'webauthn', 'duo'] as const satisfies readonly Factor['field'][];
type Field = (typeof FIELDS)[number];

/** Returns the fields of a response that contain a proof. */
export const proofFields = (response: Response<Contract>): Field[] =>
  FIELDS.filter((field) => response[field] !== undefined);

/** A verification that has no verdict yet. The stage shows the challenge again with this state and these errors. */
interface PendingVerification {
  readonly pending: State<Contract>;
  readonly errors: StageErrors<Contract>;
}

/** An entry that refused the proof. */
interface WrongProof {
  readonly entry: OfferedDevice;
  readonly verdict: WrongVerdict;
  /** Whether the entry judged the proof, and the proof looks like one for this entry. */
  readonly isLikely: boolean;
}

/** The result of verifying the proof in one field against the entries of that field. */
interface FieldResult {
  readonly right?: { readonly entry: OfferedDevice; readonly verdict: RightVerdict };
  readonly waiting?: Extract<ProofVerdict<DeviceClass>, { type: 'waiting' }>;
  readonly wrong: readonly WrongProof[];
  readonly state: State<Contract>;
}

/**
 * A field with a wrong proof. `wrong` contains the entries that refused the proof. It is empty if the challenge showed
 * no entry for the field.
 */
interface FailedField {
  readonly field: Field;
  readonly wrong: FieldResult['wrong'];
}

/** Verifies the proofs of a response. All proofs must be right. Each wrong proof causes an error for its field. */
@Injectable()
export class ProofVerifier {
  constructor(
    @Inject(RememberedProof) private readonly rememberedProof: RememberedProof,
    @Inject(DeviceThrottle) private readonly throttle: DeviceThrottle,
  ) {}

  /** Verifies the proofs of the response against `entries`: the chosen entry, or all shown entries. */
  async verify(input: Input, entries: readonly OfferedDevice[]): Promise<StageOutcome<Contract> | PendingVerification> {
    const [proved, failed]: [NonNullable<FieldResult['right']>[], FailedField[]] = [[], []];
    let pending: PendingVerification | undefined;
    let state = input.state ?? { offers: [], memory: {} };
    for (const field of proofFields(input.response)) {
      const fieldEntries = entries.filter(({ factor }) => factor.field === field);
      // If one proof is already wrong, the response is rejected anyway, so do not send a push.
      if (failed.length > 0 && fieldEntries.some(({ factor }) => factor.contactsUser)) continue;
      const result = await this.verifyField(fieldEntries, { ...input, state }, field);
      state = result.state;
      if (result.waiting) pending = pendingVerification(state, field, result.waiting.message);
      else if (result.right) proved.push(result.right);
      else failed.push({ field, wrong: result.wrong });
    }
    if (failed.length > 0) return rejectOutcome(input, failed, state);
    return pending ?? this.passOutcome(input, proved);
  }

  private async verifyField(
    entries: readonly OfferedDevice[],
    input: Input & { state: State<Contract> },
    field: Field,
  ): Promise<FieldResult> {
    const wrong: WrongProof[] = [];
    let { state } = input;
    const tried: OfferedDevice[] = [];
    for (const offered of entries) {
      const entry = await this.throttle.reserve(input, offered);
      tried.push(entry);
      const answer = answerTo(entry, { ...input, state }, input.response[field]);
      const verdict = await verifyEntry(entry, answer);
      if (verdict.type === 'right') {
        await this.throttle.release(input, tried, verdict.device);
        return { right: { entry, verdict }, wrong, state };
      }
      const memory = withFactorState(state.memory, entry.factor.deviceClass, verdict.memory);
      state = { ...state, memory };
      if (verdict.type === 'waiting') return { waiting: verdict, wrong, state };
      wrong.push({ entry, verdict, isLikely: verdict.guessed && entry.factor.resembles(answer) });
    }
    return { wrong: await this.likelyOf(input, wrong), state };
  }

  /**
   * Returns the entries for which a wrong answer was meant: the entries that judged the answer and whose proofs look
   * like it, or all entries if there are none. Releases the tries of the other entries. A mistyped app code must not
   * count as a wrong recovery code, because the next right app code would not reset that count.
   */
  private async likelyOf(input: Input, wrong: readonly WrongProof[]): Promise<readonly WrongProof[]> {
    const likely = wrong.filter(({ isLikely }) => isLikely);
    if (likely.length === 0) return wrong;
    const others = wrong.filter(({ isLikely }) => !isLikely);
    await this.throttle.release(
      input,
      others.map(({ entry }) => entry),
    );
    return likely;
  }

  private passOutcome(
    input: Input,
    proved: readonly { entry: OfferedDevice; verdict: RightVerdict }[],
  ): StageOutcome<Contract> {
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
      effects: user && last ? this.rememberedProof.cookieEffect(input, user, last.device) : [],
      verified: proved.map(({ entry }) => credentialOf(entry)),
    });
  }
}

const pendingVerification = (
  state: State<Contract>,
  field: Field,
  message: StageMessage<Contract> | undefined,
): PendingVerification => ({
  pending: state,
  errors: message === undefined ? {} : { [field]: [message] },
});

/** Returns the facts about the proofs that other stages and policies read (docs/spec/mfa.md#mfa-context). */
function authenticationFacts({ context }: Input, proved: readonly RightVerdict[]) {
  const earlier = context.auth_method_args?.['mfa_devices'];
  const devices = [
    ...(Array.isArray(earlier) ? earlier : []),
    ...proved.map(({ device, deviceFacts }) => ({ ...deviceReference(device), ...deviceFacts })),
  ];
  const identifying = proved.findLast(({ user }) => user);
  const auth_method_args = { ...context.auth_method_args, mfa_devices: devices, ...identifying?.methodArgs };
  if (!identifying?.user) return { auth_method: context.auth_method ?? 'auth_mfa', auth_method_args };
  return { pending_user: identifying.user, auth_method: 'auth_webauthn_pwl', auth_method_args };
}

const answerTo = ({ factor, offer }: OfferedDevice, input: Input, answer: unknown): FactorAnswer<DeviceClass> => ({
  input,
  user: savedDeviceOwner(input),
  devices: offer.devices,
  memory: factorStateOf(input.state?.memory, factor.deviceClass),
  answer,
  offer,
});

async function verifyEntry(
  { factor, offer }: OfferedDevice,
  answer: FactorAnswer<DeviceClass>,
): Promise<ProofVerdict<DeviceClass>> {
  return factor.field === 'code' && offer.devices.length === 0 ? WAITING : factor.verify(answer);
}

const [APP = '', MODEL = ''] = authenticatorValidateContract.model.split('.');

/**
 * Rejects the response with an error for each failed field. `failed` in the outcome names the credentials whose
 * attempts stay counted. Also requests the events of the failures (docs/spec/mfa.md#mfa-events).
 */
function rejectOutcome(input: Input, failed: readonly FailedField[], state: State<Contract>): StageOutcome<Contract> {
  const attempts = failed.flatMap(({ wrong }) => wrong).filter(({ verdict }) => verdict.guessed);
  const owner = deviceOwner(input);
  const stage = { app: APP, model_name: MODEL, name: input.step.name };
  const events = attempts.map(({ entry, verdict }) => {
    const details = { device_class: entry.factor.deviceClass, ...verdict.eventContext };
    const nested = input.apiVersion === '2024.8' ? {} : { auth_method_args: details };
    const context = { username: owner?.username ?? '', stage, ...details, ...nested };
    return { type: 'event', action: 'login_failed', context } as const;
  });
  const lowersReputation = owner !== undefined && attempts.length > 0;
  const reputation = lowersReputation ? [{ type: 'reputation', identifier: owner.username, delta: -1 } as const] : [];
  return reject<Contract>(Object.fromEntries(failed.map(({ field, wrong }) => [field, [messageOf(wrong)]])), {
    ...(input.state && { state }),
    failed: attempts.map(({ entry }) => credentialOf(entry)),
    effects: [...events, ...reputation],
  });
}

const messageOf = ([first]: FailedField['wrong']): StageMessage<Contract> =>
  first?.verdict.message ?? { code: 'authenticator_validate_class' };
