import { counterOf, type PlanCommit, type SessionProof } from '@gatehouse/executor';
import { type OutboxMessage, outboxColumns, outboxRow } from '@gatehouse/outbox';
import type { Sealer } from '@gatehouse/platform';
import { type CommitInput, interval, savedEffects } from './commit-effects.js';
import type { CommitParts, StatementValues } from './commit-statement.js';
import { journeyMessages, journeyParts } from './journeys/journey.parts.js';
import { planBodyOf, resumeTokenSealId } from './plan.rows.js';
import { switchMessages, switchValues } from './switch-values.js';

/** Returns the parts of the save statement that a commit needs, with their values. */
export function commitPartsOf(input: CommitInput): CommitParts {
  const { commit, sealer } = input;
  const { reset, released, usedToken, usedLinkStep, links } = commit;
  const { parts, messages: caused } = savedEffects(input);
  const messages = [...caused, ...switchMessages(commit), ...journeyMessages(input)];
  Object.assign(parts, ownSessionParts(input, parts));
  if (usedToken || usedLinkStep) parts.burn = { burnt_hash: usedToken ?? null, burnt_step: usedLinkStep ?? null };
  if (links.length > 0) parts.link = linkValues(commit, sealer);
  if (reset.length + released.length > 0) parts.settle = settlementValues(commit);
  if (messages.length > 0) parts.send = outboxValues(messages, sealer);
  Object.assign(parts, journeyParts(input));
  return parts;
}

/**
 * Returns the parts that change the session and its key, apart from the parts of effects. Leaves out what another part
 * does: a switch to another session replaces the key, and a login or logout sets the lifetime and the proofs.
 */
function ownSessionParts(input: CommitInput, parts: CommitParts): CommitParts {
  const { newKey, userSwitch } = input.commit;
  if (userSwitch?.action === 'switch') return { switch: switchValues(userSwitch, input.commit) };
  if (parts.add) return {};
  const isSet = [parts.login, parts.rejoin, parts.logout, parts.keep].some((part) => part !== undefined);
  return { ...(!isSet && sessionParts(input)), ...(newKey && { key: keyValues(newKey, parts) }) };
}

/** Returns the values of the part `key`. A new user of the session ends its binding to a device. */
function keyValues(newKey: Buffer, { login, rejoin, logout }: CommitParts): StatementValues {
  const values = login ?? rejoin;
  return {
    new_key: newKey,
    keeps_user: !values && !logout,
    user: values?.['user'] ?? null,
    epoch: values?.['epoch'] ?? null,
  };
}

/**
 * Returns the parts that update the session's row. Postgres updates a row only once per statement, so two parts must
 * not update the same session: a login or logout sets lifetime and proofs itself, and a commit that changes the
 * session's epoch adds no proof.
 */
const sessionParts = ({ commit, lifetimes }: CommitInput): CommitParts => ({
  ...(commit.proof && { prove: proofValues(commit.proof) }),
  ...(commit.extendsSession === true && { extend: { full_ttl: interval(lifetimes.anonymousSessionS) } }),
});

const proofValues = ({ user, devices, isVerified }: SessionProof): StatementValues => ({
  proved_user: user,
  proved_devices: JSON.stringify(devices),
  is_verified: isVerified,
});

const outboxValues = (messages: readonly OutboxMessage[], sealer: Sealer): StatementValues =>
  outboxColumns(messages.map((message) => outboxRow(message, sealer)));

/**
 * Returns the parameter values for storing the mailed links of a commit. Encrypts a copy of the saved plan for each
 * link.
 */
const linkValues = ({ links, plan, versionId }: PlanCommit, sealer: Sealer): StatementValues => ({
  link_hashes: links.map(({ hash }) => hash),
  link_steps: links.map(({ step }) => step),
  link_bodies: links.map(({ hash }) => sealer.seal(resumeTokenSealId(hash), planBodyOf(plan))),
  link_ttls: links.map(({ ttlS }) => interval(ttlS)),
  version: versionId,
});

const settlementValues = ({ reset, released }: PlanCommit): StatementValues => ({
  cleared_subjects: reset.map(({ subject }) => subject),
  cleared_credentials: reset.map(counterOf),
  returned_subjects: released.map(({ subject }) => subject),
  returned_credentials: released.map(counterOf),
  returned_times: released.map(({ reservedAt = null }) => reservedAt),
});
