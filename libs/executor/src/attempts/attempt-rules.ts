import type { AttemptRule, StageContract } from '@gatehouse/contracts';

type Counting = Pick<StageContract, 'kind' | 'attempts' | 'guesses'>;

/** Limits of guesses at an external stage that declares no attempts: those of a password (docs/adr/0093). */
const FREE = 5;
const HARD = 50;

const isAssumed = ({ attempts, guesses }: Counting) => guesses && attempts.length === 0;

/**
 * Returns the rules by which the answers to a stage are counted: those of its contract or, if the contract has none and
 * every answer is a guess, a rule for each response field. These rules count one credential, the stage's kind.
 */
export function attemptRulesOf(contract: Counting & Pick<StageContract, 'response'>): readonly AttemptRule[] {
  if (!isAssumed(contract)) return contract.attempts;
  const fields = Object.keys(contract.response.shape).filter((name) => name !== 'component');
  return fields.map((field) => ({
    ...{ when: field, credential: contract.kind, free: FREE, hard: HARD },
    refuse: { field, code: 'not_accepted' },
  }));
}

/** Returns the credentials that fail with a refusal and are cleared by a pass, although no reply names them. */
export const assumedCredentials = (contract: Counting): readonly string[] =>
  isAssumed(contract) ? [contract.kind] : [];
