import { isExternalKind } from '@gatehouse/contracts';
import { type DirectoryUser } from '@gatehouse/executor';
import type { FlowVersion } from '@gatehouse/plan';
import type { Oracle, Question } from '@gatehouse/simulation';
import type { DataSource } from 'typeorm';
import type { GivenFacts } from './given-facts.js';

/** The data in Postgres about the user of a simulation. */
export interface SimulatedUser {
  readonly id: string;
  readonly is_active: boolean;
  readonly is_superuser: boolean;
  /** Ids of the user's groups, including the groups above them. */
  readonly groups: readonly string[];
  /** Kinds of the user's devices that can give a proof. */
  readonly devices: readonly string[];
}

/** Finds the data about a user that a simulation needs. $1 uuid of the user. */
const FIND = `
  SELECT i.id, i.is_active, i.is_superuser, i.group_ids::text[] AS groups,
    ARRAY(SELECT DISTINCT kind FROM mfa.devices d
      WHERE d.user_id = i.id AND d.confirmed AND coalesce(d.facts ->> 'verified_only', 'false') <> 'true') AS devices
  FROM directory.identities i WHERE i.id = $1`;

/** Returns the data in Postgres about a user. */
export async function findSimulatedUser(
  source: DataSource,
  { uuid }: Pick<DirectoryUser, 'uuid'>,
): Promise<SimulatedUser> {
  const [user] = await source.query<SimulatedUser[]>(FIND, [uuid]);
  return user!;
}

/** Returns an oracle that chooses only answers that are true for a user, if there are any. */
export const asUser =
  (user: SimulatedUser, version: FlowVersion) =>
  (oracle: Oracle): Oracle => ({
    ...oracle,
    choose: (question, history) => {
      const answers = oracle.choose(question, history);
      const true_of = answers.filter((answer) => isTrueOf(user, question, { answer, version }));
      return true_of.length > 0 ? true_of : answers;
    },
  });

function isTrueOf(
  user: SimulatedUser,
  question: Question,
  { answer, version }: { readonly answer: string; readonly version: FlowVersion },
): boolean {
  switch (question.type) {
    case 'visitor':
      return answer !== 'superuser' || user.is_superuser;
    case 'group':
      return question.isNewUser || (answer === 'yes') === user.groups.includes(question.id);
    case 'user':
      return question.isNewUser || (answer === 'yes') === (question.id === user.id);
    case 'stage':
      return mayAnswer(user, question, { answer, version });
    default:
      return true;
  }
}

/** Returns whether an outcome passes a step by its passkey alternative instead of its fields. */
const isAlternative = (outcome: string) => outcome.startsWith('passed by ');

/** The device classes that an embedded alternative accepts. */
const ALTERNATIVE_CLASSES = ['webauthn'];

type StageQuestion = Extract<Question, { type: 'stage' }>;

/** Returns whether a user with these devices, active or not, can cause this outcome of a stage. */
function mayAnswer(
  user: SimulatedUser,
  { step, outcomes }: StageQuestion,
  { answer, version }: { readonly answer: string; readonly version: FlowVersion },
): boolean {
  const outcome = outcomes.find(({ name }) => name === answer);
  if (outcome?.reply.effects?.some(({ type }) => type === 'login') && !user.is_active) return false;
  // Only the service of an external stage knows which users have its credential.
  if (outcome?.reply.type !== 'passed' || isExternalKind(step.kind)) return true;
  const provesDevice = ({ proofs }: StageQuestion['outcomes'][number]) => proofs.includes('further');
  const hasDevice = () => {
    const classes = deviceClasses(outcome.name, step, version);
    return user.devices.some((device) => !classes || classes.includes(device));
  };
  if (provesDevice(outcome)) return hasDevice();
  // A user who has a device must use it if the stage asks for a device. A passkey alternative is optional, because the
  // user may fill in the fields instead.
  return !outcomes.some((other) => !isAlternative(other.name) && provesDevice(other)) || !hasDevice();
}

/** Returns the device classes that lead to an outcome of a stage. `undefined` if all classes do. */
function deviceClasses(
  outcome: string,
  { id, stage }: StageQuestion['step'],
  { steps, attached }: FlowVersion,
): readonly unknown[] | undefined {
  if (isAlternative(outcome)) return ALTERNATIVE_CLASSES;
  const config = steps.find((step) => step.id === id)?.stage.config ?? attached[stage]?.config;
  const classes = config?.['device_classes'];
  return Array.isArray(classes) ? classes : undefined;
}

/**
 * Returns an oracle that answers with the given facts, and otherwise like the wrapped oracle. `groupIds`: ids of the
 * given groups by name.
 */
export const asGiven =
  (given: GivenFacts, groupIds: ReadonlyMap<string, string>) =>
  (oracle: Oracle): Oracle => {
    const groups = new Map(Object.entries(given.groups).map(([name, isMember]) => [groupIds.get(name), isMember]));
    return {
      ...oracle,
      choose: (question, history) => {
        const fixed = givenAnswers(question, given, groups)?.filter((answer) => question.answers.includes(answer));
        return fixed && fixed.length > 0 ? fixed : oracle.choose(question, history);
      },
    };
  };

function givenAnswers(
  question: Question,
  given: GivenFacts,
  groups: ReadonlyMap<string | undefined, boolean>,
): readonly string[] | undefined {
  switch (question.type) {
    case 'visitor':
      return given.visitor && [given.visitor];
    case 'recent_login':
      return yesOrNo(given.recent_login);
    case 'policy':
      return Object.hasOwn(given.policies, question.policy.name) ? [given.policies[question.policy.name]!] : undefined;
    case 'group':
      return yesOrNo(groups.get(question.id));
    case 'user':
      return undefined;
    case 'stage':
      return Object.hasOwn(given.stages, question.step.name) ? given.stages[question.step.name] : undefined;
  }
}

const yesOrNo = (value: boolean | undefined): readonly string[] | undefined =>
  value === undefined ? undefined : [value ? 'yes' : 'no'];
