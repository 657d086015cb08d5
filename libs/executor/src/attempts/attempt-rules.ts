import type { AttemptRule, StageContract } from '@gatehouse/contracts';

type Counting = Pick<StageContract, 'kind' | 'attempts' | 'guesses'>;

/**
 * Limits for guesses at an external stage whose contract declares no attempts. They equal the limits for passwords
 * (docs/adr/0093).
 */
const FREE = 5;
const HARD = 50;

const isAssumed = ({ attempts, guesses }: Counting) => guesses && attempts.length === 0;

/**
 * Returns the rules by which the answers to a stage are counted: the rules of its contract. If the contract has none
 * and every answer is a guess, returns a rule for each response field. These rules all count one credential, which has
 * the stage's kind as its name.
 */
export function attemptRulesOf(contract: Counting & Pick<StageContract, 'response'>): readonly AttemptRule[] {
  if (!isAssumed(contract)) return contract.attempts;
  const fields = Object.keys(contract.response.shape).filter((name) => name !== 'component');
  return fields.map((field) => ({
    ...{ when: field, credential: contract.kind, free: FREE, hard: HARD },
    refuse: { field, code: 'not_accepted' },
  }));
}

/**
 * Returns the credentials that the replies of the stage need not name: they count as failed when it refuses an answer,
 * and as verified when it passes.
 */
export const assumedCredentials = (contract: Counting): readonly string[] =>
  isAssumed(contract) ? [contract.kind] : [];
