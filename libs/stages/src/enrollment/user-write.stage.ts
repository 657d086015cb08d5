import { deny, pass, REDACTED, type SavedUser, type StageOutcome, UNPRINTABLE, type User } from '@gatehouse/contracts';
import { MAX_NAME_LENGTH, type NewAccount } from '@gatehouse/directory';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { type EnrollmentWriters, Enrolments, InvalidUserDataError } from './enrolments.js';
import { invitationUsedEvent } from './invitation-used.js';
import { PasswordHashClient } from './password-hash-client.js';
import { type UserChanges, userChangesFrom } from './user-changes.js';
import { type userWriteContract, WRITTEN_TYPES } from './user-write.contract.js';

type Contract = typeof userWriteContract;
type Input = ChallengeInput<Contract>;
type Bag = Readonly<Record<string, unknown>>;

const INBUILT = 'authentik.core.auth.InbuiltBackend';
const DEFAULT_PATH = 'users';
/** Milliseconds that are left for the rows when a hash has taken its time. */
const FOR_THE_ROWS_MS = 1000;
/** Characters of a value that an event tells. */
const EVENT_TEXT_LIMIT = 1024;

/** What is written, and to whom: `to` is nobody where a user is made. */
interface UserWrite {
  readonly written: UserChanges;
  readonly hash: string | undefined;
  readonly to: SavedUser | undefined;
}

type ExistingUser = UserWrite & { readonly to: SavedUser };
const isKnown = (work: UserWrite): work is ExistingUser => work.to !== undefined;

/** What whoever is written came by an invitation for does not count any more. */
class InvitationInvalidError extends Error {}

/** Writes users, without asking. */
@Injectable()
export class UserWriteStage implements Stage<Contract> {
  constructor(
    @Inject(Enrolments) private readonly enrolments: Enrolments,
    @Inject(PasswordHashClient) private readonly hashes: PasswordHashClient,
  ) {}

  async challenge(input: Input): Promise<StageOutcome<Contract>> {
    const { prompt_data: data, prompt_locked: locked = [] } = input.context;
    if (!data) return deny({ message: { code: 'user_write_no_data' } });
    const whom = targetUser(input);
    if (whom === 'nobody') return deny({ message: { code: 'user_write_nobody' } });
    const draft = userChangesFrom(data, locked);
    if (draft.fields.username === '') return deny();
    if (!Object.values(draft.fields).every(isName)) return unwritten();
    const asking = draft.password && typeof whom === 'object' && requireProof(input, whom);
    if (asking) return asking;
    const hash = draft.password && (await this.hashes.hash(draft.password, input.timeLeftMs() - FOR_THE_ROWS_MS));
    // Whoever is only pretended takes as long as anybody, and is never written.
    if (whom === 'pretended') return pass({ context: withoutPasswords(input.context) });
    const to = whom === 'new' ? undefined : whom;
    return this.write(input, { written: draft, hash, to });
  }

  respond(input: Input) {
    return this.challenge(input);
  }

  private async write(input: Input, work: UserWrite): Promise<StageOutcome<Contract>> {
    try {
      // Only who was written is noted: what else was typed is nobody's but the plan's.
      const { user } = await this.enrolments.once(input.id, async (writers) => ({
        user: (await writeUser(writers, input, work)) ?? null,
      }));
      return user ? done(input, work, user) : deny();
    } catch (error) {
      if (error instanceof InvalidUserDataError) return unwritten();
      if (error instanceof InvitationInvalidError) return deny({ message: { code: 'user_write_uninvited' } });
      throw error;
    }
  }
}

/**
 * A mailbox does not stand in for a second factor: who has one is asked for it before their password is replaced, whatever
 * the flow has forgotten to ask (docs/security.md#accident-25). Who has none is let by.
 */
function requireProof({ flow, context }: Input, { uuid }: SavedUser): StageOutcome<Contract> | undefined {
  const proved = context.auth_method_args?.['mfa_devices'];
  const isProved = Array.isArray(proved) && proved.length > 0;
  if (flow.designation !== 'recovery' || isProved || context.proof_asked === uuid) return undefined;
  const steps = [{ kind: 'authenticator_validate', config: { not_configured_action: 'skip' } }];
  return pass<Contract>({ context: { proof_asked: uuid }, insert: { where: 'before', steps } });
}

/** Whether somebody can be called so. */
const isName = (text: string) => text.length <= MAX_NAME_LENGTH && !UNPRINTABLE.test(text);

const unwritten = () => deny<Contract>({ message: { code: 'user_write_failed' } });

/** To whom is written: whom the flow is about, else who is logged in, else somebody new; as far as that is allowed. */
function targetUser({ config, context, session }: Input): SavedUser | 'new' | 'pretended' | 'nobody' {
  const mode = config.user_creation_mode;
  if (mode === 'always_create') return 'new';
  const user: User | null = context.pending_user ?? session.user;
  if (user?.kind === 'saved') return user;
  if (user?.kind === 'pretended') return 'pretended';
  return mode === 'never_create' ? 'nobody' : 'new';
}

/** A user and the use of the invitation that brought them here: both, or neither. */
async function writeUser(writers: EnrollmentWriters, input: Input, work: UserWrite): Promise<SavedUser | undefined> {
  const user = await (isKnown(work) ? changed(writers, input, work) : created(writers, input, work));
  const { invitation_due: due } = input.context;
  if (user && due !== undefined && !(await writers.invitations.redeem(due, input.flow.id)))
    throw new InvitationInvalidError();
  return user;
}

async function created(
  { accounts }: EnrollmentWriters,
  input: Input,
  { written, hash }: UserWrite,
): Promise<SavedUser | undefined> {
  const { config, context } = input;
  const known = context.pending_user?.kind === 'unsaved' ? context.pending_user : undefined;
  const username = written.fields.username ?? known?.username ?? '';
  if (username === '') return undefined;
  const draft: NewAccount = {
    ...(known && { name: known.name, email: known.email }),
    ...{
      ...written.fields,
      username,
      type: typeOf(input),
      path: pathOf(input),
      is_active: !config.create_users_as_inactive,
      awaits_flow: config.create_users_as_inactive ? (input.flow.id ?? null) : null,
    },
    ...{ attributes: written.attributes, source: sourceOf(input) },
    ...(hash && { password_hash: hash }),
  };
  const user = await accounts.create(draft);
  const group = config.create_users_group;
  const named = context.groups ?? [];
  await accounts.join(user.uuid, { ids: group ? [group, ...named] : named, names: named });
  return { ...user, backend: INBUILT };
}

async function changed({ accounts }: EnrollmentWriters, input: Input, { written, hash, to }: ExistingUser) {
  const { fields, attributes } = written;
  const user = await accounts.change(to.uuid, {
    ...{ ...fields, source: sourceOf(input) },
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(hash && { password_hash: hash }),
  });
  const named = input.context.groups ?? [];
  if (user) await accounts.join(user.uuid, { ids: named, names: named });
  return user;
}

function typeOf({ config, context }: Input): NewAccount['type'] {
  const type = WRITTEN_TYPES.find((known) => known === context.user_type) ?? config.user_type;
  return type === 'internal_service_account' ? 'service_account' : type;
}

const pathOf = ({ config, context }: Input) => (context.user_path ?? config.user_path_template) || DEFAULT_PATH;

/** The name of the source that somebody comes from. */
const sourceOf = ({ context }: Input) =>
  context['goauthentik.io/sources/connection'] ? context.source?.name : undefined;

function done({ context, session }: Input, { written, hash, to }: UserWrite, user: SavedUser): StageOutcome<Contract> {
  const due = context.invitation_due;
  const isOwn = to !== undefined && session.user?.kind === 'saved' && session.user.uuid === user.uuid;
  return pass<Contract>({
    context: {
      pending_user: user,
      ...(to ? {} : { user_backend: INBUILT, verified_user: user.uuid }),
      ...(due === undefined ? {} : { invitation_due: null }),
      ...withoutPasswords(context),
    },
    ...(to && hash && { verified: ['password'] }),
    effects: [
      ...(isOwn && hash ? [{ type: 'keep_session' as const, user_epoch: user.epoch }] : []),
      ...(to && written.password ? [{ type: 'event' as const, action: 'password_set', context: {} }] : []),
      { type: 'event', action: 'user_write', context: { ...eventData(context), created: !to } },
      ...(due === undefined ? [] : [invitationUsedEvent(due)]),
    ],
  });
}

/** A password is written, and then no part of the plan any more. */
function withoutPasswords({ prompt_data = {}, prompt_secrets = [] }: Input['context']) {
  const secrets = new Set([...prompt_secrets, 'password']);
  const rest = Object.entries(prompt_data).filter(([key]) => !secrets.has(key));
  return { prompt_data: Object.fromEntries(rest), ...(prompt_secrets.length > 0 && { prompt_secrets: null }) };
}

/** What was filled in, as an event tells it. */
function eventData({ prompt_data = {}, prompt_secrets = [] }: Input['context']): Bag {
  const shortened = (value: unknown) => (typeof value === 'string' ? value.slice(0, EVENT_TEXT_LIMIT) : value);
  return Object.fromEntries(
    Object.entries(prompt_data).map(([key, value]) => [
      key,
      prompt_secrets.includes(key) ? REDACTED : shortened(value),
    ]),
  );
}
