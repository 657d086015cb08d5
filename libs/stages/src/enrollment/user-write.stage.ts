import {
  deny,
  firstCharacters,
  MAX_PASSWORD,
  pass,
  REDACTED,
  type SavedUser,
  type StageOutcome,
  UNPRINTABLE,
  type User,
} from '@gatehouse/contracts';
import { type ChangedAccount, MAX_NAME_LENGTH, type NewAccount, prepareUsername } from '@gatehouse/directory';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { EnrollmentTransactions, type EnrollmentWriters, InvalidUserDataError } from './enrollment-transaction.js';
import { invitationUsedEvent } from './invitation.stage.js';
import { PasswordHashClient } from './password-hash.client.js';
import { type UserChanges, userChangesFrom } from './user-changes.js';
import { ASK_SECOND_FACTOR, type userWriteContract, WRITTEN_TYPES } from './user-write.contract.js';

type Contract = typeof userWriteContract;
type Input = ChallengeInput<Contract>;
type Values = Readonly<Record<string, unknown>>;

const INBUILT = 'authentik.core.auth.InbuiltBackend';
const DEFAULT_PATH = 'users';
/**
 * Milliseconds before the request's deadline at which the hashing must have ended, to leave time for the database
 * writes.
 */
const DATABASE_MARGIN_MS = 1000;
/** Largest length of a value in an event, in characters. */
const EVENT_TEXT_LIMIT = 1024;

/** A write that the stage is about to make. `target` is `undefined` if the write creates a user. */
interface UserWrite {
  readonly changes: UserChanges;
  readonly hash: string | undefined;
  readonly target: SavedUser | undefined;
}

type UserUpdate = UserWrite & { readonly target: SavedUser };
const isUpdate = (write: UserWrite): write is UserUpdate => write.target !== undefined;

/** The result of a write. */
interface WriteResult {
  /** Null if the user no longer exists. */
  readonly user: SavedUser | null;
  /** The name of the redeemed invitation. */
  readonly invitation?: string;
  /** Whether the user had all entered data before. */
  readonly isUnchanged?: boolean;
}

/** Thrown when the invitation of the plan is no longer valid. */
class InvitationInvalidError extends Error {}

/** Saves the entered data to a user, without a challenge. */
@Injectable()
export class UserWriteStage implements Stage<Contract> {
  constructor(
    @Inject(EnrollmentTransactions) private readonly transactions: EnrollmentTransactions,
    @Inject(PasswordHashClient) private readonly passwordHashes: PasswordHashClient,
  ) {}

  async challenge(input: Input): Promise<StageOutcome<Contract>> {
    const { prompt_data: data, prompt_locked: locked = [] } = input.context;
    if (!data) return deny({ message: { code: 'user_write_no_data' } });
    const target = targetUser(input);
    if (target === 'none') return deny({ message: { code: 'user_write_nobody' } });
    const changes = withoutUnchangedName(userChangesFrom(data, locked), target);
    const refusal = hasInvalidAttributes(input) ? writeFailed() : refusalOf(changes);
    if (refusal) return refusal;
    const proofStep = changes.password && typeof target === 'object' && requireProof(input, target);
    if (proofStep) return proofStep;
    const hash =
      changes.password && (await this.passwordHashes.hash(changes.password, input.timeLeftMs() - DATABASE_MARGIN_MS));
    // The stage never saves a pretended user, but computes a hash as for a saved user, so that the time does not
    // reveal whether the user exists.
    if (target === 'pretended') return pass({ context: withoutPasswords(input.context) });
    return this.write(input, { changes, hash, target: target === 'new' ? undefined : target });
  }

  respond(input: Input) {
    return this.challenge(input);
  }

  private async write(input: Input, write: UserWrite): Promise<StageOutcome<Contract>> {
    try {
      // Stores only the user and the name of the invitation as the result of the request: other entered data, such as
      // passwords, must stay in the sealed plan.
      const { user, ...result } = await this.transactions.runOnce(input.id, async (writers) =>
        writeUser(writers, input, write),
      );
      return user ? written(input, write, { user, ...result }) : deny();
    } catch (error) {
      if (error instanceof InvalidUserDataError) return writeFailed();
      if (error instanceof InvitationInvalidError) return deny({ message: { code: 'user_write_uninvited' } });
      throw error;
    }
  }
}

/**
 * Returns the outcome that inserts a second-factor step before a recovery flow replaces a password, because access to a
 * mailbox must not replace a second factor (docs/security.md#accident-25). Returns `undefined` if the plan has verified
 * a device. Users without a device skip the inserted step.
 */
function requireProof({ flow, context }: Input, { uuid }: SavedUser): StageOutcome<Contract> | undefined {
  const devices = context.auth_method_args?.['mfa_devices'];
  const hasVerifiedDevice = Array.isArray(devices) && devices.length > 0;
  if (flow.designation !== 'recovery' || hasVerifiedDevice || context.proof_asked === uuid) return undefined;
  return pass<Contract>({ context: { proof_asked: uuid }, insert: ASK_SECOND_FACTOR });
}

/**
 * Removes the username from the changes if the user already has it. An existing user may have a username that is not
 * allowed for new accounts, and can keep it.
 */
function withoutUnchangedName(changes: UserChanges, target: SavedUser | 'new' | 'pretended'): UserChanges {
  const { username, ...fields } = changes.fields;
  return typeof target === 'object' && username === target.username ? { ...changes, fields } : changes;
}

/** Returns a denial if one of the names or the password is invalid, and `undefined` if all are valid. */
function refusalOf({ fields, password = '' }: UserChanges): StageOutcome<Contract> | undefined {
  const { username } = fields;
  if (username === '') return deny();
  if (!Object.values(fields).every(isValidName) || !isValidPassword(password)) return writeFailed();
  const prepared = username === undefined ? undefined : prepareUsername(username);
  return prepared && 'reason' in prepared ? deny({ message: prepared.reason }) : undefined;
}

/** Returns whether `attributes` is not an object of attributes. 2024.8 ignores such a value. */
function hasInvalidAttributes({ apiVersion, context: { prompt_data = {} } }: Input): boolean {
  const { attributes } = prompt_data;
  const isObject = typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes);
  return apiVersion !== '2024.8' && attributes !== undefined && !isObject;
}

/** Returns whether a text is valid as a name: not too long, and without control characters. */
const isValidName = (text: string) => text.length <= MAX_NAME_LENGTH && !UNPRINTABLE.test(text);

/** Returns whether a text is short enough for a password. Form fields of other types accept longer texts. */
const isValidPassword = (text: string) => firstCharacters(text, MAX_PASSWORD) === text;

const writeFailed = () => deny<Contract>({ message: { code: 'user_write_failed' } });

/**
 * Returns the user to write to: the pending user, otherwise the logged-in user, otherwise a new user if the config
 * allows one.
 */
function targetUser({ config, context, session }: Input): SavedUser | 'new' | 'pretended' | 'none' {
  const mode = config.user_creation_mode;
  if (mode === 'always_create') return 'new';
  const user: User | null = context.pending_user ?? session.user;
  if (user?.kind === 'saved') return user;
  if (user?.kind === 'pretended') return 'pretended';
  return mode === 'never_create' ? 'none' : 'new';
}

/**
 * Writes the user and redeems the invitation of the plan. Throws `InvitationInvalidError` if the invitation is no
 * longer valid.
 */
async function writeUser(writers: EnrollmentWriters, input: Input, write: UserWrite): Promise<WriteResult> {
  const result = await (isUpdate(write) ? updateUser(writers, input, write) : createUser(writers, input, write));
  const { invitation_due: due, source_email: verified } = input.context;
  if (!result) return { user: null };
  const { user, isChanged } = result;
  const unchanged = isChanged ? {} : { isUnchanged: true };
  if (verified !== undefined) await writers.accounts.verifyEmail(user.uuid, verified);
  if (due === undefined) return { user, ...unchanged };
  const redeemed = await writers.invitations.redeem(due, input.flow.id);
  if (!redeemed) throw new InvitationInvalidError();
  return { user, invitation: redeemed.name, ...unchanged };
}

async function createUser(
  { accounts }: EnrollmentWriters,
  input: Input,
  { changes, hash }: UserWrite,
): Promise<ChangedAccount | undefined> {
  const { config, context } = input;
  const unsaved = context.pending_user?.kind === 'unsaved' ? context.pending_user : undefined;
  const username = changes.fields.username ?? unsaved?.username ?? '';
  if (username === '') return undefined;
  const account: NewAccount = {
    ...(unsaved && { name: unsaved.name, email: unsaved.email }),
    ...{
      ...changes.fields,
      username,
      type: typeOf(input),
      path: pathOf(input),
      is_active: !config.create_users_as_inactive,
      awaits_flow: config.create_users_as_inactive ? (input.flow.id ?? null) : null,
    },
    ...{ attributes: changes.attributes, source: sourceOf(input) },
    ...(hash && { password_hash: hash }),
  };
  const user = await accounts.create(account);
  const group = config.create_users_group;
  const groups = context.groups ?? [];
  await accounts.join(user.uuid, { ids: group ? [group, ...groups] : groups, names: groups });
  return { user: { ...user, backend: INBUILT }, isChanged: true };
}

async function updateUser({ accounts }: EnrollmentWriters, input: Input, { changes, hash, target }: UserUpdate) {
  const { fields, attributes } = changes;
  const change = {
    ...{ ...fields, source: sourceOf(input) },
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(hash && { password_hash: hash }),
  };
  // Compare-and-set: if two requests set a password at the same time, the second must not replace the password of the
  // first.
  const changed = await accounts.change(target.uuid, change, hash === undefined ? undefined : target.epoch);
  const groups = input.context.groups ?? [];
  if (changed) await accounts.join(target.uuid, { ids: groups, names: groups });
  return changed;
}

function typeOf({ config, context }: Input): NewAccount['type'] {
  const type = WRITTEN_TYPES.find((userType) => userType === context.user_type) ?? config.user_type;
  return type === 'internal_service_account' ? 'service_account' : type;
}

const pathOf = ({ config, context }: Input) => (context.user_path ?? config.user_path_template) || DEFAULT_PATH;

/** Returns the name of the source (such as a social login) through which the user logs in. */
const sourceOf = ({ context }: Input) =>
  context['goauthentik.io/sources/connection'] ? context.source?.name : undefined;

type SavedResult = WriteResult & { readonly user: SavedUser };

function written(input: Input, write: UserWrite, result: SavedResult): StageOutcome<Contract> {
  const { context, session } = input;
  const { hash, target } = write;
  const { user } = result;
  const due = context.invitation_due;
  const isLoggedInUser = target !== undefined && session.user?.kind === 'saved' && session.user.uuid === user.uuid;
  return pass<Contract>({
    context: {
      pending_user: user,
      ...(target ? {} : { user_backend: INBUILT, verified_user: user.uuid }),
      ...(due === undefined ? {} : { invitation_due: null }),
      ...withoutPasswords(context),
    },
    ...(target && hash && { verified: ['password'] }),
    effects: [
      ...(isLoggedInUser && hash ? [{ type: 'keep_session' as const, user_epoch: user.epoch }] : []),
      ...writeEvents(input, write, result),
      ...(due === undefined ? [] : [invitationUsedEvent(due, { name: result.invitation ?? '' })]),
    ],
  });
}

/** Returns the events of a write. In 2024.8, a write that changes nothing has an event too. */
function writeEvents({ context, apiVersion }: Input, { changes, target }: UserWrite, { isUnchanged }: SavedResult) {
  const isRecorded = isUnchanged !== true || apiVersion === '2024.8';
  return [
    ...(target && changes.password ? [{ type: 'event', action: 'password_set', context: {} } as const] : []),
    ...(isRecorded
      ? [{ type: 'event', action: 'user_write', context: { ...eventData(context), created: !target } } as const]
      : []),
  ];
}

/** Returns the context changes that remove all passwords from `prompt_data`. */
function withoutPasswords({ prompt_data = {}, prompt_secrets = [] }: Input['context']) {
  const secrets = new Set([...prompt_secrets, 'password']);
  const rest = Object.entries(prompt_data).filter(([key]) => !secrets.has(key));
  return { prompt_data: Object.fromEntries(rest), ...(prompt_secrets.length > 0 && { prompt_secrets: null }) };
}

/** Returns the entered data for the event: passwords redacted, long texts shortened. */
function eventData({ prompt_data = {}, prompt_secrets = [] }: Input['context']): Values {
  const shortened = (value: unknown) => (typeof value === 'string' ? firstCharacters(value, EVENT_TEXT_LIMIT) : value);
  return Object.fromEntries(
    Object.entries(prompt_data).map(([key, value]) => [
      key,
      prompt_secrets.includes(key) ? REDACTED : shortened(value),
    ]),
  );
}
